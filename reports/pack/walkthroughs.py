"""Walkthroughs in the index: step by step, each with what was inspected."""

from datetime import date

from audits.selection import SampleKind
from reports.pack.samples import Recorded, person
from reports.pack.workbook import Book, Cell, Column

_STEPS = (
    Column("Walkthrough", 18),
    Column("Control", 10),
    Column("Wording", 9),
    Column("Item", 40, wraps=True),
    Column("On", 12),
    Column("People asked", 30, wraps=True),
    Column("Step", 6),
    Column("What happens", 50, wraps=True),
    Column("What was inspected", 50, wraps=True),
    Column("Evidence", 24, wraps=True),
    Column("Result", 20),
    Column("Note", 40, wraps=True),
    Column("Recorded by", 22),
    Column("Recorded (UTC)", 20),
    Column("Log entry", 10),
)


def write_sheet(book: Book, records: list[Recorded], people: dict[str, str]) -> None:
    """Add the list of walkthroughs; none where there was none."""
    ours = [one for one in records if one.sample.kind is SampleKind.WALKTHROUGH]
    if not ours:
        return
    sheet = book.table("Walkthroughs", _STEPS)
    for one in ours:
        for number, step in enumerate(one.said["steps"], 1):
            told: list[Cell] = [number, step["text"], step["inspected"], " ".join(step["evidence"])]
            sheet.row([*_about(one), *told, *_concluded(one, people)])
    sheet.filtered()


def _about(one: Recorded) -> list[Cell]:
    said = one.said
    day, asked = date.fromisoformat(said["walked_on"]), ", ".join(said["asked"])
    return [one.sample.ref, said["control"], said["wording"], said["item"], day, asked]


def _concluded(one: Recorded, people: dict[str, str]) -> list[Cell]:
    said, leaf = one.said, one.leaf
    return [
        said["result"],
        said["note"],
        person(said["made_by"], people),
        leaf.recorded_at,
        leaf.index,
    ]
