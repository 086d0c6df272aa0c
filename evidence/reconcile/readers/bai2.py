"""Reads BAI2 with all of its control totals: of each account, each group and the file.

Rules: amounts are in minor units; types 100 to 399 are credits and 400 to 699 debits, any other
type of a detail refuses the file; where opening (010) and closing (015) ledger balances are stated,
the details must lead from one to the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from evidence.reconcile.amounts import MINOR, parse
from evidence.reconcile.currencies import EXPONENTS
from evidence.reconcile.errors import FileRefusedError, RowError
from evidence.reconcile.reading import Reading, Row, Statement

_FUNDS = {"V": 2, "S": 3}
"""How many fields follow a type of funds; D states their number itself."""


@dataclass(frozen=True)
class _Record:
    line: int
    count: int
    fields: list[str]

    @property
    def code(self) -> str:
        return self.fields[0]

    def get(self, place: int) -> str:
        return self.fields[place].strip() if place < len(self.fields) else ""


@dataclass
class _Account:
    number: str
    currency: str
    total: int = 0
    records: int = 0
    moved: int = 0
    balances: dict[str, int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)


@dataclass
class _State:
    day: date = date.min
    currency: str = "USD"
    account: _Account | None = None
    sums: dict[str, list[int]] = field(default_factory=dict)
    """Control total, parts and records of the group and of the file."""
    is_open: bool = False
    is_closed: bool = False


def read(reading: Reading) -> Iterator[Row]:
    """Yield the details of all accounts of a file."""
    reading.style = MINOR
    state = _State(currency=reading.rule.currency or "USD")
    for record in _records(reading):
        if state.is_closed:
            raise FileRefusedError("a record follows the trailer of the file", record.line)
        if (record.code == "01") == state.is_open:
            raise FileRefusedError("a file begins with one record 01", record.line)
        yield from _take(state, record, reading)
    if not state.is_closed:
        raise FileRefusedError("the trailer 99 is missing: the file was cut off")


def _records(reading: Reading) -> Iterator[_Record]:
    """Yield logical records: each with its continuations (88), which count as records too."""
    held: _Record | None = None
    encoding = "utf-8-sig" if reading.rule.encoding == "utf-8" else reading.rule.encoding
    with reading.path.open(encoding=encoding, newline=None) as file:
        try:
            for number, raw in enumerate(file, 1):
                bare = raw.strip()
                if not bare:
                    continue
                fields = bare.removesuffix("/").split(",")
                if fields[0] == "88" and held:
                    held = _Record(held.line, held.count + 1, [*held.fields, *fields[1:]])
                    continue
                if held:
                    yield held
                held = _Record(number, 1, fields)
        except UnicodeError as error:
            raise FileRefusedError(f"this is not {reading.rule.encoding}") from error
    if held:
        yield held


def _take(state: _State, record: _Record, reading: Reading) -> Iterator[Row]:
    for name in ("group", "file"):
        state.sums.setdefault(name, [0, 0, 0])[2] += record.count
    if record.code == "01":
        state.is_open = True
    elif record.code == "02":
        state.sums["group"] = [0, 0, record.count]
        state.day = _day(record.get(4), record.line)
        state.currency = record.get(6) or state.currency
    elif record.code == "03":
        state.account = _account(record, state)
    elif record.code == "16":
        _detail(_open_account(state, record), record, state.day)
    elif record.code == "49":
        account = _open_account(state, record)
        yield from _close_account(state, account, record, reading)
    elif record.code == "98":
        _compare(record, state.sums["group"], "group")
        state.sums["file"][0] += state.sums["group"][0]
        state.sums["file"][1] += 1
    elif record.code == "99":
        _compare(record, state.sums["file"], "file")
        state.is_closed = True
    else:
        raise FileRefusedError(f"there is no record {record.code[:10]!r} in BAI2", record.line)


def _open_account(state: _State, record: _Record) -> _Account:
    if state.account is None:
        raise FileRefusedError(f"a record {record.code} stands outside an account", record.line)
    state.account.records += record.count
    return state.account


def _account(record: _Record, state: _State) -> _Account:
    if state.account is not None:
        raise FileRefusedError("an account has no trailer 49", record.line)
    currency = record.get(2) or state.currency
    if currency not in EXPONENTS:
        raise FileRefusedError(f"{currency!r} is no currency of ISO 4217", record.line)
    account = _Account(record.get(1), currency, records=record.count)
    place = 3
    while place < len(record.fields):
        code, stated = record.get(place), record.get(place + 1)
        amount = _amount(stated, record.line) if stated else 0
        account.total += amount
        if code and stated:
            account.balances[code] = amount
        place = _after_funds(record, place + 3)
    return account


def _after_funds(record: _Record, place: int) -> int:
    """Return the place behind the type of funds that stands at a place."""
    kind = record.get(place)
    if kind == "D":
        number = record.get(place + 1)
        return place + 2 + 2 * (int(number) if number.isdigit() else 0)
    return place + 1 + _FUNDS.get(kind, 0)


def _detail(account: _Account, record: _Record, day: date) -> None:
    code = record.get(1)
    is_credit = "100" <= code <= "399"
    if len(code) != 3 or not (is_credit or "400" <= code <= "699"):
        raise FileRefusedError(f"the type {code!r} is neither credit nor debit", record.line)
    amount = _amount(record.get(2), record.line)
    account.total += amount
    account.moved += amount if is_credit else -amount
    place = _after_funds(record, 3)
    text = " ".join(part.strip() for part in record.fields[place + 2 :])
    said = [record.get(place + 1), text.strip()]
    account.rows.append(
        Row(
            record.line,
            {
                "account": account.number,
                "currency": account.currency,
                "status": "BOOK",
                "kind": code,
                "amount": str(amount if is_credit else -amount),
                "processor_id": record.get(place),
                "reference": " ".join(filter(None, said))[:500],
            },
            day,
        )
    )


def _close_account(
    state: _State, account: _Account, record: _Record, reading: Reading
) -> Iterator[Row]:
    _compare_numbers(record, (account.total, account.records), "account")
    opening, closing = account.balances.get("010"), account.balances.get("015")
    if opening is not None and closing is not None:
        if opening + account.moved != closing:
            reason = f"opening {opening} and details {account.moved} do not make closing {closing}"
            raise FileRefusedError(reason, record.line)
        reading.statements.append(
            Statement(account.number, account.currency, None, opening, closing, state.day)
        )
    state.sums["group"][0] += account.total
    state.sums["group"][1] += 1
    state.account = None
    yield from account.rows


def _compare(record: _Record, sums: list[int], what: str) -> None:
    total, parts, records = sums
    if record.get(2) != str(parts):
        reason = f"the trailer of the {what} states {record.get(2)} parts, and {parts} are there"
        raise FileRefusedError(reason, record.line)
    _compare_numbers(record, (total, records), what, last=3)


def _compare_numbers(
    record: _Record, counted: tuple[int, int], what: str, *, last: int = 2
) -> None:
    total, records = counted
    stated = _amount(record.get(1), record.line)
    if stated != total:
        reason = f"the trailer of the {what} states {stated}, and its amounts make {total}"
        raise FileRefusedError(reason, record.line)
    if record.get(last) != str(records):
        reason = f"the trailer of the {what} states {record.get(last)} records, not {records}"
        raise FileRefusedError(reason, record.line)


def _amount(text: str, line: int) -> int:
    try:
        return parse(text, 0, MINOR)
    except RowError as error:
        raise FileRefusedError(str(error), line) from error


def _day(text: str, line: int) -> date:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError as error:
        raise FileRefusedError(f"{text[:20]!r} is no day", line) from error
