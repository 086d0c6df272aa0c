"""Turns the rows of a source into items: kinds, statuses, currencies, signs, ids and days."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from evidence.reconcile.amounts import parse, rate
from evidence.reconcile.calendars import business_day, in_zone
from evidence.reconcile.currencies import EXPONENTS
from evidence.reconcile.errors import FileRefusedError, RowError
from evidence.reconcile.items import OUTGOING, Item, Kind, Status
from evidence.reconcile.readers.tables import amount_of
from evidence.reconcile.reading import Reading, Row
from evidence.reconcile.rules import RuleSet

_ID_FIELDS = ("own_id", "processor_id", "settlement_id", "parent_id", "entry_id")
_LONGEST = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Mapper:
    """Knows the rules of one leg and makes items of its rows."""

    def __init__(self, rules: RuleSet, leg: str, number: int) -> None:
        self._rules, self._name, self._number = rules, leg, number
        self._leg = rules.legs[leg]
        self._zone = ZoneInfo(self._leg.zone)
        self._cut_off = self._leg.cut_off_time

    def item(self, row: Row, reading: Reading) -> Item:
        """Return the item of a row; raises FileRefusedError with the line."""
        fields: dict[str, str] = dict(reading.rule.fixed.items())
        fields |= {name: word for name, word in row.fields.items() if word}
        self._refuse_strangers(fields, row.line)
        try:
            return self._item(row, fields, reading)
        except RowError as error:
            raise FileRefusedError(str(error), row.line) from error

    def _refuse_strangers(self, fields: Mapping[str, str], line: int) -> None:
        environment = fields.get("environment", self._rules.environment)
        if environment != self._rules.environment:
            reason = f"a row of {environment!r} stands in a file of {self._rules.environment!r}"
            raise FileRefusedError(reason, line)
        currency = fields.get("currency", "")
        if currency not in EXPONENTS:
            raise FileRefusedError(f"{currency!r} is no currency of ISO 4217", line)
        if currency not in self._rules.currencies:
            raise FileRefusedError(f"the rules know no {currency} here", line)

    def _item(self, row: Row, fields: Mapping[str, str], reading: Reading) -> Item:
        currency = fields["currency"]
        kind, status, fault = self._words(fields, dict(reading.rule.fixed.items()))
        moment = self._moment(row)
        day = business_day(moment, self._zone, self._cut_off)
        if not isinstance(row.moment, datetime):
            day = row.moment
        ids = {name: self._id(fields.get(name)) for name in _ID_FIELDS}
        fee = fields.get("fee")
        settled_in = fields.get("settled_currency")
        if settled_in and settled_in not in self._rules.currencies:
            raise RowError(f"the rules know no {settled_in} here")
        settled = fields.get("settled_amount")
        charged_in = EXPONENTS[settled_in or currency]
        sign = self._sign(kind, reading)
        return Item(
            leg=self._name,
            file=self._number,
            line=row.line,
            **ids,
            reference=self._reference(fields.get("reference"), reading),
            kind=kind,
            status=status,
            amount=sign * amount_of(Row(row.line, fields, row.moment), reading),
            currency=currency,
            fee=parse(fee, charged_in, reading.style) if fee else None,
            settled_amount=sign * parse(settled, charged_in, reading.style) if settled else None,
            settled_currency=settled_in,
            rate_e9=rate(fields["rate"]) if "rate" in fields else None,
            occurred_at=moment,
            day=day,
            merchant=self._text(fields.get("merchant")),
            last_four=self._text(fields.get("last_four")),
            account=self._text(fields.get("account")),
            fault=fault,
        )

    def _words(
        self, fields: Mapping[str, str], fixed: Mapping[str, str]
    ) -> tuple[str, str, str | None]:
        """Return kind and status in our words; what has no word here is a fault of the row."""
        known: dict[str, Mapping[str, str]] = {
            "kind": self._leg.kinds,
            "status": self._leg.statuses,
        }
        # What the rules fix for a whole file is said in our words already.
        found = {name: known[name].get(fields.get(name, ""), fixed.get(name)) for name in known}
        faults = [f"{name} {fields.get(name, '')[:60]!r}" for name in known if found[name] is None]
        kind, status = found["kind"] or Kind.OTHER, found["status"] or Status.PENDING
        return str(kind), str(status), ", ".join(faults) or None

    def _sign(self, kind: str, reading: Reading) -> int:
        if reading.rule.sign == "by_kind":
            return -1 if kind in OUTGOING else 1
        return -1 if reading.rule.sign == "inverted" else 1

    def _moment(self, row: Row) -> datetime:
        if not isinstance(row.moment, datetime):
            return datetime.combine(row.moment, time(0), tzinfo=UTC)
        if row.moment.tzinfo is None:
            return in_zone(row.moment, self._zone)
        return row.moment.astimezone(UTC)

    def _id(self, text: str | None) -> str | None:
        found = self._text(text)
        if found is None or self._leg.ids == "keep":
            return found
        return found.upper() if self._leg.ids == "upper" else found.lower()

    def _text(self, text: str | None) -> str | None:
        bare = text.strip() if text else ""
        if len(bare) > _LONGEST:
            raise RowError(f"a text is longer than {_LONGEST} characters")
        if _CONTROL.search(bare):
            raise RowError("a text holds a control character")
        return bare or None

    def _reference(self, text: str | None, reading: Reading) -> str | None:
        pattern = reading.rule.reference_pattern
        if text is None or pattern is None:
            return self._id(text)
        found = re.search(pattern, text)
        pattern_groups = found.re.groups if found else 0
        return self._id(found[1] if pattern_groups else found[0]) if found else None
