"""The risk register: every risk with its rating, treatment and controls, and how many rate so."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from audits.days import day_of
from controls.models import Control, Risk
from registers.base import Values
from registers.models import Entry
from reports.written import of_registers, values
from reports.written.document import (
    Column,
    Document,
    Figure,
    Figures,
    Mark,
    Row,
    Section,
    Table,
    Tone,
    Words,
)
from reports.written.registry import Asked, Kind

_HIGH, _MIDDLE = 15, 8
_STEPS = range(1, 6)
_RISKS = (
    Column("Reference", 11),
    Column("Risk", 32, wraps=True),
    Column("Likelihood", 9, is_number=True),
    Column("Impact", 8, is_number=True),
    Column("Rating", 8, is_number=True),
    Column("Level", 9),
    Column("Treatment", 11),
    Column("Plan", 34, wraps=True),
    Column("Owner", 22, wraps=True),
    Column("Accepted until", 11),
    Column("Next review", 11),
    Column("Controls", 14, wraps=True),
)
_MAP = (
    Column("Likelihood", 20),
    *(Column(f"Impact {step}", 14, is_number=True) for step in _STEPS),
)
_CATALOGUE = (
    Column("Risk", 10),
    Column("Title", 60, wraps=True),
    Column("Area", 22),
    Column("Controls against it", 36, wraps=True),
)
_NOTES = (
    (
        "The rating is likelihood times impact, each from 1 to 5: 15 and more is high, 8 to "
        "14 middle, below 8 low."
    ),
    "The second table counts how many risks stand at each pair of likelihood and impact.",
)

_Risks = Sequence[tuple[Entry, Values]]


def build(asked: Asked) -> Document:
    found = sorted(of_registers.entries("risks"), key=lambda one: (-rating(one[1]), one[0].number))
    today = day_of(asked.at)
    return Document(
        title="Risk register",
        subtitle="Risks with rating, treatment and controls",
        sections=[
            Section("In numbers", [Words(_sentence(found)), Figures(_figures(found, today))]),
            Section("Likelihood and impact", [_map(found)]),
            Section("Risks", [_table(found, today)]),
            Section("Risks of the catalogue", [_catalogue()]),
        ],
        as_of=asked.at,
        notes=_NOTES,
    )


def rating(said: Values) -> int:
    """Return likelihood times impact."""
    return _whole(said, "likelihood") * _whole(said, "impact")


def level(points: int) -> Mark:
    """Return a rating as a word."""
    if points >= _HIGH:
        return Mark("high", Tone.BAD)
    return Mark("middle", Tone.WARN) if points >= _MIDDLE else Mark("low", Tone.GOOD)


def is_high(said: Values) -> bool:
    """Say whether a risk of the register rates high."""
    return rating(said) >= _HIGH


def _whole(said: Values, name: str) -> int:
    value = said[name]
    return value if isinstance(value, int) else 0


def _sentence(found: _Risks) -> str:
    if not found:
        return "The register of risks is empty. A programme without risks has not looked for them."
    said = values.counted(len(found), "risk is", "risks are")
    return f"{said} in the register, the highest rating first."


def _figures(found: _Risks, today: date) -> list[Figure]:
    levels = Counter(level(rating(said)).text for _, said in found)
    late = sum(_is_late(said, "next_review", today) for _, said in found)
    ended = sum(_is_late(said, "accepted_until", today) for _, said in found)
    return [
        *(Figure(name.capitalize(), levels[name], "risks") for name in ("high", "middle", "low")),
        Figure("Review overdue", late, "their next review lies in the past"),
        Figure("Acceptance over", ended, "accepted until a day that is over"),
    ]


def _is_late(said: Values, name: str, today: date) -> bool:
    day = said[name]
    return isinstance(day, date) and day < today


def _map(found: _Risks) -> Table:
    pairs = Counter((_whole(said, "likelihood"), _whole(said, "impact")) for _, said in found)
    rows: list[Row] = [
        [f"Likelihood {likely}", *(pairs[likely, impact] for impact in _STEPS)]
        for likely in reversed(_STEPS)
    ]
    return Table("Likelihood and impact", _MAP, rows if found else [], empty="No risk is rated.")


def _table(found: _Risks, today: date) -> Table:
    def rows() -> Iterator[Row]:
        for entry, said in found:
            points, review = rating(said), said["next_review"]
            yield [
                entry.ref,
                said["title"],
                said["likelihood"],
                said["impact"],
                points,
                level(points),
                said["treatment"],
                said["plan"],
                said["owner"],
                said["accepted_until"],
                Mark(f"{review}", Tone.BAD) if _is_late(said, "next_review", today) else review,
                said["controls"],
            ]

    return Table("Risks", _RISKS, rows, empty="The register of risks has no entry.")


def _catalogue() -> Table:
    def rows() -> Iterator[Row]:
        against: dict[str, list[str]] = defaultdict(list)
        named = Control.objects.filter(risks__isnull=False).order_by("ref")
        for risk_ref, ref in named.values_list("risks__ref", "ref"):
            against[risk_ref].append(ref)
        for risk in Risk.objects.order_by("ref"):
            refs = ", ".join(against[risk.ref])
            yield [risk.ref, risk.title, risk.get_area_display(), refs or None]

    return Table("Risks of the catalogue", _CATALOGUE, rows, empty="The catalogue names no risk.")


KIND = Kind(
    title="Risk register",
    sentence="Every risk with rating, treatment, owner and controls, the highest first.",
    build=build,
)
