"""Rows of a table under mapped columns: the header, the trailer, and what each cell means.

Rules: a mapped column that is missing, one that is there twice, and one that the rules neither map
nor ignore refuse the file, because it may carry money; so do a row of another length, a trailer
that does not agree with the rows, and a trailer that was declared and is not there.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from evidence.reconcile.amounts import MINOR, Style, parse
from evidence.reconcile.currencies import EXPONENTS
from evidence.reconcile.errors import FileRefusedError, RowError
from evidence.reconcile.reading import Reading, Row
from evidence.reconcile.rules import ISO_DATES, FileRule, Trailer

Cells = Sequence[str | datetime | date]


def style_of(rule: FileRule) -> Style:
    """Return how the numbers of a table are written."""
    return MINOR if rule.unit == "minor" else Style(rule.decimal, rule.thousands)


def rows(numbered: Iterable[tuple[int, Cells]], reading: Reading) -> Iterator[Row]:
    """Yield the rows of a table whose first line is its header."""
    rule = reading.rule
    reading.style = style_of(rule)
    lines = iter(numbered)
    first = next(lines, None)
    if first is None:
        raise FileRefusedError("the file has no header")
    header = check_header(first[1], rule)
    count, total = 0, 0
    trailed = False
    for line, cells in lines:
        if trailed:
            raise FileRefusedError("a row follows the row of totals", line)
        if len(cells) != len(header):
            reason = f"the row has {len(cells)} cells, the header {len(header)}"
            raise FileRefusedError(reason, line)
        named = dict(zip(header, cells, strict=True))
        if rule.trailer and str(named[rule.trailer.column]).strip() == rule.trailer.value:
            _compare(rule.trailer, named, (count, total), line, reading)
            trailed = True
            continue
        row = _row(line, named, rule)
        count += 1
        if rule.trailer and rule.trailer.amount:
            total += amount_of(row, reading)
        yield row
    if rule.trailer and not trailed:
        raise FileRefusedError("the row of totals is missing: the file was cut off")


def amount_of(row: Row, reading: Reading) -> int:
    """Return the amount of a row in minor units, as its file signs it."""
    currency = row.fields.get("currency") or reading.rule.fixed.get("currency", "")
    exponent = EXPONENTS.get(currency)
    if exponent is None:
        raise FileRefusedError(f"{currency!r} is no currency of ISO 4217", row.line)
    try:
        if "amount" in row.fields:
            return parse(row.fields["amount"], exponent, reading.style)
        return _difference(row, exponent, reading.style)
    except RowError as error:
        raise FileRefusedError(str(error), row.line) from error


def _difference(row: Row, exponent: int, style: Style) -> int:
    if "debit" not in row.fields and "credit" not in row.fields:
        raise RowError("the amount is empty")
    debit, credit = row.fields.get("debit", ""), row.fields.get("credit", "")
    if bool(debit) == bool(credit):
        raise RowError("exactly one of debit and credit must hold an amount")
    amount = parse(debit or credit, exponent, style)
    return -amount if debit else amount


def check_header(cells: Cells, rule: FileRule) -> list[str]:
    """Return the names of the columns; raises FileRefusedError where they are not as mapped."""
    header = [str(cell).strip() for cell in cells]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise FileRefusedError(f"the column {twice[0]!r} is there twice", 1)
    trailer = rule.trailer
    extra = (trailer.column, trailer.count, trailer.amount) if trailer else ()
    wanted = [*rule.columns.values(), *(name for name in extra if name)]
    missing = [name for name in wanted if name not in header]
    if missing:
        raise FileRefusedError(f"the column {missing[0]!r} is missing", 1)
    unknown = [name for name in header if name not in {*wanted, *rule.ignore}]
    if unknown:
        reason = f"the column {unknown[0]!r} is new; map it or name it under ignore"
        raise FileRefusedError(reason, 1)
    return header


def _row(line: int, named: dict[str, str | datetime | date], rule: FileRule) -> Row:
    fields: dict[str, str] = {
        field: str(named[column]).strip()
        for field, column in rule.columns.items()
        if field != "occurred_at"
    }
    stated = named[rule.columns["occurred_at"]]
    return Row(line, fields, stated if isinstance(stated, date) else _moment(stated, rule, line))


def _moment(text: str, rule: FileRule, line: int) -> datetime | date:
    try:
        if rule.dates == ISO_DATES:
            return _iso_moment(text.strip())
        found = datetime.strptime(text.strip(), rule.dates)  # noqa: DTZ007  The zone comes later.
    except ValueError as error:
        raise FileRefusedError(f"{text[:40]!r} is no time like {rule.dates}", line) from error
    return found if "%H" in rule.dates or "%I" in rule.dates else found.date()


def _iso_moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None or text[10:11] != "T":
        raise ValueError
    return found


def check_trailer(
    cells: Sequence[str],
    counted: tuple[int, int],
    line: int,
    of: tuple[Sequence[str], Reading],
) -> None:
    """Hold the last row against what was counted; raises FileRefusedError."""
    header, reading = of
    trailer = reading.rule.trailer
    if trailer is None or len(cells) != len(header):
        raise FileRefusedError("the row of totals is missing", line)
    named: dict[str, str | datetime | date] = dict(zip(header, cells, strict=True))
    if named[trailer.column] != trailer.value:
        raise FileRefusedError("a row follows the row of totals", line)
    reading.style = style_of(reading.rule)
    _compare(trailer, named, counted, line, reading)


def _compare(
    trailer: Trailer,
    named: dict[str, str | datetime | date],
    counted: tuple[int, int],
    line: int,
    reading: Reading,
) -> None:
    count, total = counted
    if trailer.count:
        stated = str(named[trailer.count]).strip()
        if stated != str(count):
            raise FileRefusedError(f"the totals state {stated} rows, and {count} are there", line)
    if trailer.amount:
        # A total over several currencies is a mere check sum, so that it is read as it stands.
        currency = reading.rule.fixed.get("currency")
        exponent = EXPONENTS[currency] if currency else 0
        style = reading.style if currency else MINOR
        try:
            stated_total = parse(str(named[trailer.amount]), exponent, style)
        except RowError as error:
            raise FileRefusedError(str(error), line) from error
        if stated_total != total:
            reason = f"the totals state {stated_total} minor units, and the rows make {total}"
            raise FileRefusedError(reason, line)
