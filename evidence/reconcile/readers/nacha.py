"""Reads NACHA files of the ACH network: entries, returns (99) and corrections (98).

Rules: lines of 94 characters; counts, hashes and totals of each batch and of the file must agree; a
return carries the trace number of its original and lowers what a debit had brought; a correction
moves no money.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from evidence.reconcile.amounts import MINOR
from evidence.reconcile.errors import FileRefusedError
from evidence.reconcile.reading import Reading, Row

_WIDTH = 94
_HASH = 10**10
_RETURN, _CORRECTION = "99", "98"


@dataclass
class _Control:
    """What the control record of a batch or of the file must state."""

    count: int = 0
    hash: int = 0
    debit: int = 0
    credit: int = 0

    def add(self, other: "_Control") -> None:
        """Add what a batch held to the file."""
        self.count += other.count
        self.hash += other.hash
        self.debit += other.debit
        self.credit += other.credit


@dataclass
class _State:
    currency: str
    day: date = date.min
    company: str = ""
    batch: _Control | None = None
    batches: int = 0
    lines: int = 0
    total: _Control = field(default_factory=_Control)
    entry: Row | None = None
    is_closed: bool = False


def read(reading: Reading) -> Iterator[Row]:
    """Yield the entries of a file in the order in which they stand."""
    reading.style = MINOR
    state = _State(reading.rule.currency or "USD")
    with reading.path.open(encoding="ascii", newline=None) as file:
        try:
            for number, raw in enumerate(file, 1):
                text = raw.rstrip("\n")
                if not text.strip():
                    continue
                if len(text) != _WIDTH:
                    reason = f"the line has {len(text)} characters instead of {_WIDTH}"
                    raise FileRefusedError(reason, number)
                yield from _take(state, number, text)
        except UnicodeError as error:
            raise FileRefusedError("the file holds characters beyond ASCII") from error
    if not state.is_closed:
        raise FileRefusedError("the control record 9 is missing: the file was cut off")
    if state.lines % 10:
        raise FileRefusedError("the last block of ten lines is not filled: the file was cut off")


def _take(state: _State, line: int, text: str) -> Iterator[Row]:
    state.lines += 1
    kind = text[0]
    if kind == "9" and state.is_closed and text == "9" * _WIDTH:
        return
    if state.is_closed or (state.lines == 1) != (kind == "1"):
        raise FileRefusedError("a file begins with one header 1 and ends with its control 9", line)
    if kind == "1":
        state.day = _day(text[23:29], line)
    elif kind == "5":
        _open_batch(state, line, text)
    elif kind in "67":
        if state.batch is None:
            raise FileRefusedError("an entry stands outside a batch", line)
        yield from _entry(state, line, text)
    elif kind == "8":
        yield from _close_batch(state, line, text)
    elif kind == "9":
        stated = (_number(text[13:21], line), text[21:31], text[31:43], text[43:55])
        _compare(state.total, stated, line, "file")
        if _number(text[1:7], line) != state.batches:
            raise FileRefusedError(f"the file states other than {state.batches} batches", line)
        state.is_closed = True
    else:
        raise FileRefusedError(f"there is no record {kind!r} in NACHA", line)


def _open_batch(state: _State, line: int, text: str) -> None:
    if state.batch is not None:
        raise FileRefusedError("a batch has no control record 8", line)
    state.batch = _Control()
    state.batches += 1
    state.company = text[40:50].strip()
    if text[69:75].strip():
        state.day = _day(text[69:75], line)


def _entry(state: _State, line: int, text: str) -> Iterator[Row]:
    batch = state.batch or _Control()
    batch.count += 1
    if text[0] == "7":
        state.entry = _with_addenda(state.entry, line, text)
        return
    if state.entry:
        yield state.entry
    code, amount = text[1:3], _number(text[29:39], line)
    batch.hash += _number(text[3:11], line)
    is_debit = code[1] in "6789"
    if code[1] not in "12346789" or code[0] not in "2345":
        raise FileRefusedError(f"the transaction code {code!r} is unknown", line)
    batch.debit += amount if is_debit else 0
    batch.credit += 0 if is_debit else amount
    state.entry = Row(
        line,
        {
            "account": state.company,
            "currency": state.currency,
            "kind": "DEBIT" if is_debit else "CREDIT",
            "status": "POSTED",
            # What is pulled from a customer is income; what is pushed to one leaves the balance.
            "amount": str(amount if is_debit else -amount),
            "own_id": text[39:54].strip(),
            "processor_id": text[79:94].strip(),
        },
        state.day,
    )


def _with_addenda(entry: Row | None, line: int, text: str) -> Row | None:
    if entry is None:
        raise FileRefusedError("an addenda record stands before any entry", line)
    kind = text[1:3]
    if kind not in {_RETURN, _CORRECTION}:
        said = f"{entry.fields.get('reference', '')} {text[3:83].strip()}".strip()[:500]
        return Row(entry.line, {**entry.fields, "reference": said}, entry.moment)
    amount = int(entry.fields["amount"])
    changed = {
        "kind": "RETURN" if kind == _RETURN else "CORRECTION",
        "reference": text[3:6],
        "parent_id": text[6:21].strip(),
        "amount": str(-amount if kind == _RETURN else 0),
    }
    return Row(entry.line, {**entry.fields, **changed}, entry.moment)


def _close_batch(state: _State, line: int, text: str) -> Iterator[Row]:
    if state.batch is None:
        raise FileRefusedError("a control record 8 stands outside a batch", line)
    if state.entry:
        yield state.entry
        state.entry = None
    stated = (_number(text[4:10], line), text[10:20], text[20:32], text[32:44])
    _compare(state.batch, stated, line, "batch")
    state.total.add(state.batch)
    state.batch = None


def _compare(found: _Control, stated: tuple[int, str, str, str], line: int, what: str) -> None:
    names = ("count of entries", "hash of entries", "debit total", "credit total")
    held = (found.count, found.hash % _HASH, found.debit, found.credit)
    said = (stated[0], *(_number(text, line) for text in stated[1:]))
    for name, one, other in zip(names, said, held, strict=True):
        if one != other:
            reason = f"the {name} of the {what} is stated as {one}, and the lines make {other}"
            raise FileRefusedError(reason, line)


def _number(text: str, line: int) -> int:
    bare = text.strip()
    if not bare.isdigit():
        raise FileRefusedError(f"{text!r} is no number", line)
    return int(bare)


def _day(text: str, line: int) -> date:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError as error:
        raise FileRefusedError(f"{text!r} is no day", line) from error
