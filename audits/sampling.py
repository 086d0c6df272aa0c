"""Draws a sample that anybody can draw again: `countersign-draw/v1`, explained in docs/sampling.md.

Rules:
- The seed is SHA-256 over six lines of UTF-8, joined by LF and without one at the end: the name of
  the algorithm; the SHA-256 (hex) of the population's canonical table; the control's reference;
  the period's first and last day (ISO 8601); the auditor's nonce. No line can hold an LF, so no
  two sets of inputs share their bytes.
- Rows are numbered from 1; the header of the table is none. The key of a row is SHA-256 over the
  seed in lower-case hex, a colon, and the row's number in decimal. Keys are compared as hex text.
- random: the rows with the smallest keys. A larger size with the same nonce keeps all of them.
- systematic: start = the row with the smallest key, less 1; the i-th row chosen, i from 0, is
  (start + i * count) // size + 1. Every row is as likely as any other.
- stratified: each month (first seven letters of the row's date cell; rows without a date are a
  month of their own, first in order) gets size * items // count places; places left go to the
  largest remainders, the earlier month first. While a month has no place and the size reaches
  the number of months, the earliest such month takes one from the month that has most (the
  earliest of these). Within a month, the rows with the smallest keys are chosen.
- all: every row.
- What is drawn is a list of row numbers in ascending order. Its digest is SHA-256 over these
  numbers in decimal, each followed by LF.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from hashlib import sha256
from heapq import nsmallest

ALGORITHM = "countersign-draw/v1"
SHORTEST_NONCE, LONGEST_NONCE = 8, 100
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Method(StrEnum):
    """How rows are chosen."""

    RANDOM = "random"
    SYSTEMATIC = "systematic"
    STRATIFIED = "stratified"
    ALL = "all"

    @property
    def words(self) -> str:
        """The method as people say it."""
        return _WORDS[self]


_WORDS = {
    Method.RANDOM: "Random",
    Method.SYSTEMATIC: "Systematic with a random start",
    Method.STRATIFIED: "Stratified by month",
    Method.ALL: "All items",
}


def seed_of(*, table_sha256: str, control: str, start: date, end: date, nonce: str) -> str:
    """Return the seed (hex) of a draw; ValueError for a part that could be read in two ways."""
    if not _DIGEST.fullmatch(table_sha256):
        raise ValueError("The digest of the table is no SHA-256 in lower-case hex.")
    if not control.isprintable() or not control:
        raise ValueError("The control's reference is empty or has invisible characters.")
    fault = fault_of(nonce)
    if fault:
        raise ValueError(fault)
    lines = (ALGORITHM, table_sha256, control, start.isoformat(), end.isoformat(), nonce)
    return sha256("\n".join(lines).encode()).hexdigest()


def fault_of(nonce: str) -> str:
    """Say what is wrong with a nonce; nothing for a good one."""
    if not SHORTEST_NONCE <= len(nonce) <= LONGEST_NONCE:
        return f"A nonce has {SHORTEST_NONCE} to {LONGEST_NONCE} characters."
    if not nonce.isprintable() or nonce != nonce.strip():
        return "A nonce is one line of visible characters, with no space at its ends."
    return ""


def draw(
    seed: str, *, method: Method, size: int, count: int, months: Sequence[str] = ()
) -> list[int]:
    """Return the row numbers drawn from a population of `count` rows, in ascending order.

    `months` has the month of each row in order; it is read for a stratified draw only.
    Raises ValueError for a size outside 1 to `count`, or where `months` has another length.
    """
    if not 1 <= size <= count:
        raise ValueError(f"A sample of {size} cannot be drawn from {count} items.")
    if method is Method.ALL:
        if size != count:
            raise ValueError(f"All items are {count}, not {size}.")
        return list(range(1, count + 1))
    if method is Method.SYSTEMATIC:
        start = _smallest(seed, range(1, count + 1), 1)[0] - 1
        return [(start + place * count) // size + 1 for place in range(size)]
    if method is Method.STRATIFIED:
        return _stratified(seed, size, count, months)
    return sorted(_smallest(seed, range(1, count + 1), size))


def allocated(items: Mapping[str, int], size: int) -> dict[str, int]:
    """Return how many places each month of a stratified draw gets; `items` counts its rows."""
    count = sum(items.values())
    months = sorted(items)
    places = {month: size * items[month] // count for month in months}
    # Sorting keeps the order of equals, so that of equal remainders the earlier month comes first.
    by_remainder = sorted(months, key=lambda month: -(size * items[month] % count))
    for month in by_remainder[: size - sum(places.values())]:
        places[month] += 1
    while size >= len(months) and 0 in places.values():
        empty = next(month for month in months if not places[month])
        fullest = max(months, key=lambda month: places[month])
        places[empty] += 1
        places[fullest] -= 1
    return places


def digest_of(rows: Iterable[int]) -> str:
    """Return the digest (hex) of a list of row numbers."""
    return sha256("".join(f"{row}\n" for row in rows).encode()).hexdigest()


def month_of(cell: str) -> str:
    """Return the month (2026-01) of a date or moment as the canonical table writes it."""
    return cell[:7]


def _stratified(seed: str, size: int, count: int, months: Sequence[str]) -> list[int]:
    if len(months) != count:
        raise ValueError(f"There are {count} rows, and the months of {len(months)}.")
    chosen: list[int] = []
    for month, places in allocated(Counter(months), size).items():
        rows = (row for row, its_month in enumerate(months, 1) if its_month == month)
        chosen += _smallest(seed, rows, places)
    return sorted(chosen)


def _smallest(seed: str, rows: Iterable[int], most: int) -> list[int]:
    prefix = f"{seed}:".encode()
    return nsmallest(most, rows, key=lambda row: sha256(prefix + b"%d" % row).digest())
