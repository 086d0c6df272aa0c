"""Reads ISO 20022 camt.053 bank statements, versions .02 to .14, streaming and hardened.

Rules: entities, document types and other messages are refused; the sign is that of the entry's own
indicator, for a reversal too; only booked entries move the balance, and opening + entries must be
closing; of an entry with several details that state amounts each becomes a row, if they make it up.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from evidence.reconcile.amounts import Style, parse, written
from evidence.reconcile.currencies import EXPONENTS
from evidence.reconcile.errors import FileRefusedError, RowError
from evidence.reconcile.reading import Reading, Row, Statement

_BLOCK = 65536
_SPACE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(0[2-9]|1[0-4])\}(\w+)$")
_DEEPEST = 40
_MOST_DETAILS = 100_000
_OPENING = ("OPBD", "PRCD")
_CLOSING = ("CLBD",)
_STYLE = Style()


class _Collector:
    """Builds the small parts of a statement, and puts each entry out as soon as it ends."""

    def __init__(self) -> None:
        self.parser: DefusedXMLParser | None = None
        self.ready: list[tuple[str, int, Element]] = []
        self._stack: list[Element] = []
        self._lines: list[int] = []
        self._text: list[str] = []

    @property
    def line(self) -> int:
        """The line that the parser stands at."""
        return int(self.parser.parser.CurrentLineNumber) if self.parser else 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        found = _SPACE.fullmatch(tag)
        if found is None or len(self._stack) >= _DEEPEST:
            raise FileRefusedError(f"{tag[:80]} is no part of camt.053.001.02 to .14", self.line)
        element = Element(found[2], attributes)
        if self._stack:
            self._stack[-1].append(element)
        self._stack.append(element)
        self._lines.append(self.line)
        self._text = []

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, _tag: str) -> None:
        element, line = self._stack.pop(), self._lines.pop()
        if not len(element):
            element.text = "".join(self._text)
        self._text = []
        if element.tag in {"Ntry", "Stmt"}:
            self.ready.append((element.tag, line, element))
            if self._stack:
                self._stack[-1].remove(element)
        elif element.tag == "Bal" and self._stack:
            # Balances stand before the entries, so that what they say is known in time.
            self.ready.append(("Bal", line, element))

    def close(self) -> None:
        if self._stack:
            raise FileRefusedError("the file ends within a statement", self.line)


def read(reading: Reading) -> Iterator[Row]:
    """Yield the entries of all statements of a file."""
    reading.style = _STYLE
    statements = 0
    entries: list[tuple[int, Element]] = []
    for tag, line, element in _parts(reading):
        if tag == "Ntry":
            entries.append((line, element))
        elif tag == "Stmt":
            statements += 1
            yield from _statement(reading, line, element, entries)
            entries = []
    if not statements:
        raise FileRefusedError("the file holds no statement")


def _parts(reading: Reading) -> Iterator[tuple[str, int, Element]]:
    collector = _Collector()
    parser = DefusedXMLParser(target=collector, forbid_dtd=True)
    collector.parser = parser
    try:
        with reading.path.open("rb") as file:
            while block := file.read(_BLOCK):
                parser.feed(block)
                yield from collector.ready
                collector.ready = []
        parser.close()
    except DefusedXmlException as error:
        reason = f"the file defines entities or a document type ({type(error).__name__})"
        raise FileRefusedError(reason, collector.line) from error
    except (ParseError, ValueError) as error:
        raise FileRefusedError(f"this is no whole XML: {error}", collector.line) from error
    yield from collector.ready


def _statement(
    reading: Reading, line: int, element: Element, entries: list[tuple[int, Element]]
) -> Iterator[Row]:
    account = _text(element, "Acct/Id/IBAN") or _text(element, "Acct/Id/Othr/Id")
    if not account:
        raise FileRefusedError("the statement names no account", line)
    opening, currency, _ = _balance(element, _OPENING, line, place=0)
    closing, other, day = _balance(element, _CLOSING, line, place=-1)
    moved = 0
    for at, entry in entries:
        rows, amount = _entry(at, entry, account)
        if rows[0].fields["currency"] != currency or other != currency:
            raise FileRefusedError(f"the entry is not in {currency}, as the balance is", at)
        if rows[0].fields["status"] == "BOOK":
            moved += amount
        yield from rows
    _compare_summary(element, entries, line)
    if opening + moved != closing:
        reason = f"opening {opening} and entries {moved} do not make closing {closing}"
        raise FileRefusedError(reason, line)
    number = _text(element, "ElctrncSeqNb") or _text(element, "LglSeqNb")
    page = _text(element, "StmtPgntn/PgNb")
    reading.statements.append(
        Statement(
            account,
            currency,
            int(number) if number.isdigit() else None,
            opening,
            closing,
            day,
            int(page) if page.isdigit() else 0,
        )
    )


def _balance(
    element: Element, codes: tuple[str, ...], line: int, *, place: int
) -> tuple[int, str, date]:
    found = [each for each in element.findall("Bal") if _text(each, "Tp/CdOrPrtry/Cd") in codes]
    interim = [each for each in element.findall("Bal") if _text(each, "Tp/CdOrPrtry/Cd") == "ITBD"]
    balances = found or interim[place:][:1]
    if not balances:
        raise FileRefusedError(f"the statement has no balance {codes[0]}", line)
    amount, currency = _amount(balances[0].find("Amt"), line)
    sign = _sign(balances[0], line)
    moment = _moment(balances[0].find("Dt"), line)
    day = moment.date() if isinstance(moment, datetime) else moment
    return sign * amount, currency, day


def _entry(line: int, entry: Element, account: str) -> tuple[list[Row], int]:
    amount, currency = _amount(entry.find("Amt"), line)
    signed = _sign(entry, line) * amount
    details = entry.findall("NtryDtls/TxDtls")[: _MOST_DETAILS + 1]
    if len(details) > _MOST_DETAILS:
        raise FileRefusedError(f"an entry has more than {_MOST_DETAILS:,} details", line)
    moment = _moment(entry.find("BookgDt"), line, entry.find("ValDt"))
    status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
    shared = {
        "account": account,
        "currency": currency,
        "status": status.strip(),
        "processor_id": _text(entry, "AcctSvcrRef"),
    }
    parts = [_detail_amount(detail, line) for detail in details]
    if len(details) < 2 or not all(parts):
        words = _words(entry, details[0] if details else None)
        return [
            Row(line, {**shared, **words, "amount": written(signed, EXPONENTS[currency])}, moment)
        ], signed
    if any(part[1] != currency for part in parts if part) or (
        sum(part[0] for part in parts if part) != signed
    ):
        raise FileRefusedError("the details of an entry do not make its amount", line)
    rows = []
    for number, (detail, part) in enumerate(zip(details, parts, strict=True), 1):
        words = _words(entry, detail)
        own = _text(detail, "Refs/AcctSvcrRef")
        words["processor_id"] = own or f"{shared['processor_id']}/{number}"
        words["amount"] = written(part[0] if part else 0, EXPONENTS[currency])
        rows.append(Row(line, {**shared, **words}, moment))
    return rows, signed


def _detail_amount(detail: Element, line: int) -> tuple[int, str] | None:
    stated = detail.find("Amt")
    if stated is None:
        stated = detail.find("AmtDtls/TxAmt/Amt")
    if stated is None or detail.find("CdtDbtInd") is None:
        return None
    amount, currency = _amount(stated, line)
    return _sign(detail, line) * amount, currency


def _words(entry: Element, detail: Element | None) -> dict[str, str]:
    """Return kind and references: what the payer and the payee called it, then free text."""
    kind = _text(entry, "BkTxCd/Prtry/Cd") or "-".join(
        filter(None, (_text(entry, f"BkTxCd/Domn/{part}") for part in ("Cd", "Fmly/SubFmlyCd")))
    )
    if detail is None:
        return {"kind": kind, "reference": _text(entry, "NtryRef")}
    if detail.find("RtrInf") is not None:
        kind = "RETURN"
    named = [_text(detail, f"Refs/{name}") for name in ("EndToEndId", "PmtInfId", "MsgId", "TxId")]
    free = [_flat(each.text) for each in detail.findall("RmtInf/Ustrd")]
    said = [*named, *free, _text(detail, "AddtlTxInf"), _text(entry, "AddtlNtryInf")]
    known = [word for word in said if word and word != "NOTPROVIDED"]
    return {"kind": kind, "reference": " ".join(known)[:500]}


def _amount(stated: Element | None, line: int) -> tuple[int, str]:
    if stated is None:
        raise FileRefusedError("an amount is missing", line)
    currency = stated.get("Ccy", "")
    if currency not in EXPONENTS:
        raise FileRefusedError(f"{currency!r} is no currency of ISO 4217", line)
    try:
        amount = parse(_flat(stated.text), EXPONENTS[currency], _STYLE)
    except RowError as error:
        raise FileRefusedError(str(error), line) from error
    if amount < 0:
        raise FileRefusedError("an amount has a sign of its own", line)
    return amount, currency


def _sign(element: Element, line: int) -> int:
    indicator = _text(element, "CdtDbtInd")
    if indicator not in {"CRDT", "DBIT"}:
        raise FileRefusedError(f"{indicator!r} is neither CRDT nor DBIT", line)
    return 1 if indicator == "CRDT" else -1


def _moment(first: Element | None, line: int, second: Element | None = None) -> date | datetime:
    for element in (first, second):
        if element is not None:
            text = _text(element, "DtTm") or _text(element, "Dt")
            try:
                found = datetime.fromisoformat(text)
            except ValueError as error:
                raise FileRefusedError(f"{text[:40]!r} is no date", line) from error
            return found if "T" in text else found.date()
    raise FileRefusedError("a date is missing", line)


def _compare_summary(element: Element, entries: list[tuple[int, Element]], line: int) -> None:
    stated = _text(element, "TxsSummry/TtlNtries/NbOfNtries")
    if stated and stated != str(len(entries)):
        reason = f"the summary states {stated} entries, and {len(entries)} are there"
        raise FileRefusedError(reason, line)


def _text(element: Element, path: str) -> str:
    found = element.find(path)
    return _flat(found.text) if found is not None else ""


def _flat(text: str | None) -> str:
    return " ".join((text or "").split())
