"""Reads SWIFT MT940 statements and checks what common parsers do not: the balances.

Rules: opening + lines must be closing; a statement without its closing balance was cut off; the
marks C and RD raise the balance, D and RC lower it; an entry day without a year lies nearest to the
value day.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from evidence.reconcile.amounts import Style, parse
from evidence.reconcile.currencies import EXPONENTS
from evidence.reconcile.errors import FileRefusedError, RowError
from evidence.reconcile.reading import Reading, Row, Statement

_STYLE = Style(",")
_FIELD = re.compile(r":(\d{2}[A-Z]?):(.*)", re.DOTALL)
_BALANCE = re.compile(r"([CD])(\d{6})([A-Z]{3})(\d{1,15},\d{0,4})")
_LINE = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4})?(?P<mark>R?[CD])[A-Z]?(?P<amount>\d{1,15},\d{0,4})"
    r"(?P<type>[A-Z][A-Z0-9]{3})(?P<rest>[^\n]*)(?P<more>\n.*)?",
    re.DOTALL,
)
_ENVELOPE = re.compile(r"\{[1235]:[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|\{4:|^-\}?$")
_RAISES = {"C", "RD"}
_HALF_YEAR = timedelta(days=183)


@dataclass
class _Open:
    """One statement while it is read."""

    account: str = ""
    number: int | None = None
    part: int = 0
    currency: str = ""
    opening: int | None = None
    moved: int = 0
    rows: list[Row] = field(default_factory=list)


def read(reading: Reading) -> Iterator[Row]:
    """Yield the statement lines of a file, after the balance of each statement is proved."""
    reading.style = _STYLE
    current, closed = _Open(), 0
    for line, tag, text in _fields(reading):
        if tag == "25":
            current.account = text.strip()
        elif tag == "28C":
            number, _, part = text.strip().partition("/")
            current.number = int(number) if number.isdigit() else None
            current.part = int(part) if part.isdigit() else 0
        elif tag in {"60F", "60M"}:
            current.opening, current.currency, _ = _balance(text, line)
        elif tag == "61":
            _add(current, text, line)
        elif tag == "86" and current.rows:
            _tell(current, text)
        elif tag in {"62F", "62M"}:
            reading.statements.append(_closed(current, text, line))
            yield from current.rows
            current, closed = _Open(account=current.account), closed + 1
    if current.rows or current.opening is not None:
        raise FileRefusedError("the closing balance is missing: the file was cut off")
    if not closed:
        raise FileRefusedError("the file holds no statement")


def _fields(reading: Reading) -> Iterator[tuple[int, str, str]]:
    begin, tag, parts = 0, "", list[str]()
    with reading.path.open(encoding=_encoding(reading), newline=None) as file:
        try:
            for number, raw in enumerate(file, 1):
                bare = _ENVELOPE.sub("", raw.rstrip("\n")).rstrip()
                found = _FIELD.match(bare)
                if found:
                    if tag:
                        yield begin, tag, "\n".join(parts)
                    begin, tag, parts = number, found[1], [found[2]]
                elif bare and tag:
                    parts.append(bare)
                elif bare:
                    raise FileRefusedError("the file does not begin with a field of MT940", number)
        except UnicodeError as error:
            raise FileRefusedError(f"this is not {reading.rule.encoding}", begin) from error
    if tag:
        yield begin, tag, "\n".join(parts)


def _encoding(reading: Reading) -> str:
    return "utf-8-sig" if reading.rule.encoding == "utf-8" else reading.rule.encoding


def _balance(text: str, line: int) -> tuple[int, str, date]:
    found = _BALANCE.fullmatch(text.strip())
    if found is None:
        raise FileRefusedError(f"{text[:40]!r} is no balance", line)
    amount = _amount(found[4], found[3], line)
    return (amount if found[1] == "C" else -amount), found[3], _day(found[2], line)


def _amount(text: str, currency: str, line: int) -> int:
    if currency not in EXPONENTS:
        raise FileRefusedError(f"{currency!r} is no currency of ISO 4217", line)
    try:
        return parse(text, EXPONENTS[currency], _STYLE)
    except RowError as error:
        raise FileRefusedError(str(error), line) from error


def _day(text: str, line: int) -> date:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError as error:
        raise FileRefusedError(f"{text!r} is no day", line) from error


def _entry_day(value: date, month_day: str | None, line: int) -> date:
    if not month_day:
        return value
    days = []
    for year in (value.year - 1, value.year, value.year + 1):
        try:
            days.append(date(year, int(month_day[:2]), int(month_day[2:])))
        except ValueError:
            continue
    near = [day for day in days if abs(day - value) <= _HALF_YEAR]
    if not near:
        raise FileRefusedError(f"{month_day!r} is no day", line)
    return min(near, key=lambda day: abs(day - value))


def _add(current: _Open, text: str, line: int) -> None:
    found = _LINE.fullmatch(text)
    if found is None:
        raise FileRefusedError(f"{text[:40]!r} is no statement line", line)
    if current.opening is None:
        raise FileRefusedError("a line stands before the opening balance", line)
    amount = _amount(found["amount"], current.currency, line)
    raises = found["mark"] in _RAISES
    current.moved += amount if raises else -amount
    customer, _, bank = found["rest"].partition("//")
    current.rows.append(
        Row(
            line,
            {
                "account": current.account,
                "currency": current.currency,
                "status": "BOOK",
                "kind": found["type"],
                "amount": ("" if raises else "-") + found["amount"],
                "processor_id": bank.strip(),
                "reference": "" if customer.strip() == "NONREF" else customer.strip(),
            },
            _entry_day(_day(found["value"], line), found["entry"], line),
        )
    )


def _tell(current: _Open, text: str) -> None:
    """Add the free text of a line to its reference, where the rules may look for an id."""
    last = current.rows[-1]
    said = " ".join(filter(None, (last.fields["reference"], " ".join(text.split()))))[:500]
    current.rows[-1] = Row(last.line, {**last.fields, "reference": said}, last.moment)


def _closed(current: _Open, text: str, line: int) -> Statement:
    closing, currency, day = _balance(text, line)
    if current.opening is None or not current.account:
        raise FileRefusedError("the statement has no account or no opening balance", line)
    if currency != current.currency or current.opening + current.moved != closing:
        reason = (
            f"opening {current.opening} and lines {current.moved} do not make closing {closing}"
        )
        raise FileRefusedError(reason, line)
    return Statement(
        current.account, currency, current.number, current.opening, closing, day, current.part
    )
