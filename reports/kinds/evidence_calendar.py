"""The calendar of evidence: what falls due in a period, whose it is, and how it comes."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from audits import changes
from audits.coverage import Exemption
from audits.facts import expected_of
from controls.cadence import Cadence
from controls.models import Expectation
from reports.written import looking_back
from reports.written.document import (
    Column,
    Document,
    Figure,
    Figures,
    Row,
    Section,
    Table,
    Words,
)
from reports.written.registry import Asked, Kind, Need

_OFTEN = frozenset({Cadence.DAILY, Cadence.BUSINESS_DAILY, Cadence.CONTINUOUS})
_LONGEST = timedelta(days=366 + 366)
"""The longest rhythm and the most days that are allowed after it."""
_MONTHS = (
    Column("Month", 20),
    Column("Due", 14, is_number=True),
    Column("Of them by hand", 18, is_number=True),
)
_RHYTHMS = (
    Column("Control", 9),
    Column("Expectation", 40, wraps=True),
    Column("Rhythm", 20),
    Column("Days allowed", 8, is_number=True),
    Column("Owner", 18, wraps=True),
    Column("How it comes", 22, wraps=True),
    Column("Times due", 8, is_number=True),
    Column("First due", 11),
    Column("Last due", 11),
)
_DAYS = (
    Column("Due", 11),
    Column("Control", 9),
    Column("Expectation", 42, wraps=True),
    Column("Covers from", 11),
    Column("Covers to", 11),
    Column("Owner", 18, wraps=True),
    Column("How it comes", 22, wraps=True),
)
_NOTES = (
    (
        "Due days follow the rhythm of each expectation, with the moves and skips that were "
        "recorded by the moment of making. What is skipped is not listed."
    ),
    "What is due every day stands in the list of rhythms only, not in the list of due days.",
)


@dataclass(frozen=True)
class _Due:
    day: date
    start: date
    end: date
    of: Expectation

    @property
    def is_by_hand(self) -> bool:
        return not self.of.collector


def build(asked: Asked) -> Document:
    first, last = asked.period
    wanted = list(Expectation.objects.select_related("control").order_by("control__ref", "slug"))
    due = _due(wanted, asked, first, last)
    return Document(
        title="Evidence calendar",
        subtitle="What falls due, whose it is, and how it comes",
        sections=[
            Section("In numbers", [Words(_sentence(wanted, due)), Figures(_figures(wanted, due))]),
            Section("By month", [_months(due)]),
            Section("Due days", [_table(due)]),
            Section("Rhythms", [_rhythms(wanted, due)]),
        ],
        period=(first, last),
        as_of=asked.at,
        notes=looking_back.noted(asked, _NOTES),
    )


def _due(wanted: Sequence[Expectation], asked: Asked, first: date, last: date) -> list[_Due]:
    expected = [expected_of(one) for one in wanted]
    question = changes.question(expected, first - _LONGEST, last, asked.at)
    found = []
    for one, known in zip(wanted, expected, strict=True):
        skipped = question.exemptions.get(one.pk, ())
        for window in question.windows(known):
            move = question.move_of(known, window)
            day = move.due if move else window.due
            if first <= day <= last and not _is_skipped(window.start, window.end, skipped):
                found.append(_Due(day, window.start, window.end, one))
    return sorted(found, key=lambda each: (each.day, each.of.control.ref, each.of.slug))


def _is_skipped(start: date, end: date, skipped: Sequence[Exemption]) -> bool:
    return any(each.start <= start and end <= each.end for each in skipped)


def _sentence(wanted: Sequence[Expectation], due: Sequence[_Due]) -> str:
    if not wanted:
        return "The catalogue expects no evidence yet. Load it with manage.py load_catalogue."
    concerned = len({each.of.pk for each in due})
    return (
        f"{len(due):,} times are due in the period, for {concerned:,} of {len(wanted):,} "
        "expectations."
    )


def _figures(wanted: Sequence[Expectation], due: Sequence[_Due]) -> list[Figure]:
    by_hand = sum(each.is_by_hand for each in due)
    return [
        Figure("Expectations", len(wanted), "in the catalogue"),
        Figure("Times due", len(due), "in the period"),
        Figure("By hand", by_hand, "of these times"),
        Figure("By a collector or register", len(due) - by_hand, "of these times"),
    ]


def _months(due: Sequence[_Due]) -> Table:
    every = Counter(f"{each.day:%Y-%m}" for each in due)
    by_hand = Counter(f"{each.day:%Y-%m}" for each in due if each.is_by_hand)
    rows: list[Row] = [[month, count, by_hand[month]] for month, count in sorted(every.items())]
    return Table("By month", _MONTHS, rows, empty="Nothing is due in the period.")


def _table(due: Sequence[_Due]) -> Table:
    def rows() -> Iterator[Row]:
        for each in due:
            if Cadence(each.of.cadence) not in _OFTEN:
                one = each.of
                known = (one.control.ref, one.title, each.start, each.end)
                yield [each.day, *known, one.get_owner_role_display(), _way(one)]

    empty = "Nothing is due in the period but what is due every day."
    return Table("Due days", _DAYS, rows, empty=empty)


def _rhythms(wanted: Sequence[Expectation], due: Sequence[_Due]) -> Table:
    days: dict[int, list[date]] = {}
    for each in due:
        days.setdefault(each.of.pk, []).append(each.day)

    def rows() -> Iterator[Row]:
        for one in wanted:
            found = days.get(one.pk, [])
            yield [
                one.control.ref,
                one.title,
                one.get_cadence_display(),
                one.days_allowed,
                one.get_owner_role_display(),
                _way(one),
                len(found),
                min(found, default=None),
                max(found, default=None),
            ]

    return Table("Rhythms", _RHYTHMS, rows, empty="The catalogue expects nothing.")


def _way(one: Expectation) -> str:
    return one.collector.replace("_", " ") if one.collector else "by hand"


KIND = Kind(
    title="Evidence calendar",
    sentence="What evidence falls due in a period, day by day, whose it is and how it comes.",
    build=build,
    needs=(Need.PERIOD,),
    goes_back=True,
)
