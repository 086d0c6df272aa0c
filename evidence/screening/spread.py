"""Finds card numbers whose parts lie apart: down a column of a table, over the values of JSON.

Rules:
- Only in text whose first window (1 MiB) says what its parts are: a heading or a name that speaks
  of cards. Four digits alone say nothing.
- Such a number has no single place, so it is told by its column or names and cannot be masked here.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from evidence.screening import cards
from evidence.screening.finding import Hit

_MOST_COLUMNS = 200
_MOST_DEPTH = 60
_PART = re.compile(rb"[0-9]{3,6}")
_PART_OF_JSON = re.compile(rb"[:\[,]\s{0,24}\"?[0-9]{4}\"?\s{0,24}[,}\]]")
_LONGEST_NAME = 40

Scalar = str | int


def hits(window: bytes, *, headed: bool) -> Iterator[Hit]:
    """Yield the spread card numbers of the first window of a text."""
    if window[:1] in {b"{", b"["} or window[:16].lstrip()[:1] in {b"{", b"["}:
        if _PART_OF_JSON.search(window) and cards.speaks_of_cards(window):
            yield from _in_json(window)
    elif headed:
        yield from _in_columns(window)


def _in_columns(window: bytes) -> Iterator[Hit]:
    """Read the columns whose heading speaks of cards from top to bottom."""
    header = window.partition(b"\n")[0]
    delimiter = max((b",", b";", b"\t", b"|"), key=header.count)
    if delimiter not in header:
        return
    lines = window.decode(errors="replace").splitlines()
    try:
        rows = list(csv.reader(lines, delimiter=delimiter.decode()))
    except csv.Error:
        return
    for place, name in enumerate(rows[0][:_MOST_COLUMNS] if rows else ()):
        if cards.speaks_of_cards(name.encode()):
            cells = (row[place].strip().encode() for row in rows[1:] if len(row) > place)
            yield from _apart(list(cells), f"down the column {name[:_LONGEST_NAME]}")


def _in_json(window: bytes) -> Iterator[Hit]:
    found: dict[str, list[bytes]] = {}
    for value in _documents(window):
        yield from _in_value(value, "", found, 0)
    for name, parts in found.items():
        yield from _apart(parts, f"over the values of {name}")


def _documents(window: bytes) -> Iterator[object]:
    """Parse one document, or one for each line."""
    try:
        yield json.loads(window)
    except (ValueError, RecursionError):
        for line in window.splitlines():
            if _PART_OF_JSON.search(line):
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError):
                    continue


def _in_value(value: object, name: str, found: dict[str, list[bytes]], depth: int) -> Iterator[Hit]:
    if depth > _MOST_DEPTH:
        return
    if isinstance(value, Mapping):
        yield from _in_object(value, name)
        for key, inner in value.items():
            yield from _in_value(inner, str(key), found, depth + 1)
    elif isinstance(value, list):
        if cards.speaks_of_cards(name.encode(errors="replace")):
            yield from _apart(_scalars(value), f"over the values of {name[:_LONGEST_NAME]}")
        for inner in value:
            yield from _in_value(inner, name, found, depth + 1)
    elif cards.speaks_of_cards(name.encode(errors="replace")):
        found.setdefault(name[:_LONGEST_NAME], []).extend(_scalars([value]))


def _in_object(value: Mapping[str, object], name: str) -> Iterator[Hit]:
    names = [name, *value]
    if any(cards.speaks_of_cards(one.encode(errors="replace")) for one in names):
        parts = _scalars(list(value.values()))
        yield from _apart(parts, f"over the values of {name[:_LONGEST_NAME] or 'one object'}")


def _scalars(values: Sequence[object]) -> list[bytes]:
    return [
        str(value).strip().encode(errors="replace")
        for value in values
        if isinstance(value, Scalar) and not isinstance(value, bool)
    ]


def _apart(parts: Sequence[bytes], words: str) -> Iterator[Hit]:
    """Look at runs of parts that are groups of digits as cards print them."""
    run: list[bytes] = []
    for part in [*parts, b""]:
        if _PART.fullmatch(part):
            run.append(part)
            continue
        if len(run) >= 3:
            for hit in cards.find(b"\t".join(run), headed=True):
                yield replace(hit, start=0, end=0, spread=words)
        run = []
