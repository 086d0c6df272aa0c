"""Reverse tests in the index: every line of them, with all that was ever said of it."""

from collections.abc import Iterator
from typing import Any

from audits.models import ReverseTest
from audits.selection import SampleKind
from reports.pack.samples import Recorded, person
from reports.pack.workbook import Book, Cell, Column

_LINES = (
    Column("Test", 24),
    Column("Control", 10),
    Column("Direction", 26),
    Column("Id or row", 26),
    Column("Seen elsewhere, or chosen by", 36, wraps=True),
    Column("Outcome", 20),
    Column("Rows that have it", 20),
    Column("Differs in", 50, wraps=True),
    Column("Note", 40, wraps=True),
    Column("Evidence", 12),
    Column("Latest", 8),
    Column("Recorded by", 22),
    Column("Recorded (UTC)", 20),
    Column("Log entry", 10),
)


def write_sheet(book: Book, records: list[Recorded], people: dict[str, str]) -> None:
    """Add the list of what was looked up and taken back; none where no test was made."""
    kinds = {SampleKind.REVERSE_TEST, SampleKind.REVERSE_ENTRY}
    ours = [one for one in records if one.sample.kind in kinds]
    if not ours:
        return
    sheet = book.table("Reverse tests", _LINES)
    for row in _rows(ours, people):
        sheet.row(row)
    sheet.filtered()


def _rows(records: list[Recorded], people: dict[str, str]) -> Iterator[list[Cell]]:
    tests = {one.sample.ref: one for one in records if one.sample.kind is SampleKind.REVERSE_TEST}
    entries = [one for one in records if one.sample.kind is SampleKind.REVERSE_ENTRY]
    latest = {
        (one.said["test"], result["row"]): one.sample.ref
        for one in entries
        for result in one.said["results"]
    }
    for one in tests.values():
        yield from _looked_up(one, people)
        yield from _chosen(one, people, latest)
    for one in entries:
        for result in one.said["results"]:
            is_latest = latest[one.said["test"], result["row"]] == one.sample.ref
            yield _result(one, tests[one.said["test"]], result, people, is_latest=is_latest)


def _looked_up(one: Recorded, people: dict[str, str]) -> Iterator[list[Cell]]:
    for found in one.said.get("looked_up", ()):
        rows = ", ".join(map(str, found["rows"]))
        seen = f"{found['seen']}; looked for in column {one.said['column']}"
        told: list[Cell] = [found["id"], seen, found["outcome"], rows, None, None, None, "yes"]
        yield [*_about(one, one), *told, *_made(one, people)]


def _chosen(
    one: Recorded, people: dict[str, str], latest: dict[tuple[str, int], str]
) -> Iterator[list[Cell]]:
    """Yield the rows that were chosen and of which nothing was said yet."""
    for row in one.said.get("rows", ()):
        if (one.sample.ref, row) not in latest:
            told: list[Cell] = [str(row), _by(one), "not recorded yet", str(row), None, None, None]
            yield [*_about(one, one), *told, "yes", *_made(one, people)]


def _result(
    entry: Recorded,
    test: Recorded,
    result: dict[str, Any],
    people: dict[str, str],
    *,
    is_latest: bool,
) -> list[Cell]:
    differs = "; ".join(
        f"{one['column']}: list {one['listed']}, source {one['seen']}" for one in result["differs"]
    )
    row = str(result["row"])
    told: list[Cell] = [row, _by(test), result["outcome"], row, differs]
    more: list[Cell] = [result["note"], result["evidence"], "yes" if is_latest else "no"]
    return [*_about(entry, test), *told, *more, *_made(entry, people)]


def _about(one: Recorded, test: Recorded) -> list[Cell]:
    direction = ReverseTest.Direction(test.said["direction"])
    return [one.sample.ref, test.said["control"], str(direction.label)]


def _by(test: Recorded) -> str:
    selection = test.said["selection"]
    return f"nonce {selection['nonce']}" if selection["by"] == "nonce" else "number"


def _made(one: Recorded, people: dict[str, str]) -> list[Cell]:
    return [person(one.said["made_by"], people), one.leaf.recorded_at, one.leaf.index]
