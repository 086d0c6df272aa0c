"""Uptime of a period, day by day and address by address, from the series that were collected."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from audits import tables
from evidence.models import Claim
from reports.written import looking_back, of_items, values
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
from reports.written.registry import Asked, Kind, Need

SERIES = "uptime-per-day"
PROMISED = Decimal("99.9")
_PLACES = Decimal("0.001")
_WANTED = ("day", "url", "samples", "successes")
_TARGETS = (
    Column("Address", 56, wraps=True),
    Column("Days", 9, is_number=True),
    Column("Samples", 12, is_number=True),
    Column("Answered", 12, is_number=True),
    Column("Uptime in percent", 12, is_number=True),
    Column("Worst day", 12),
    Column("Days below 99.9", 11, is_number=True),
)
_DAYS = (
    Column("Day", 12),
    Column("Address", 56, wraps=True),
    Column("Samples", 12, is_number=True),
    Column("Answered", 12, is_number=True),
    Column("Uptime in percent", 12, is_number=True),
    Column("State", 14),
    Column("Item", 12),
)
_NOTES = (
    (
        "Uptime is the share of samples that were answered, cut after the third digit and never "
        "rounded up. A day without samples is not a day without failures: it is listed as missing."
    ),
    "Where two items speak of the same day and address, the one that came in last counts.",
)


@dataclass(frozen=True)
class Sample:
    """What one item says of one day of one address."""

    day: date
    url: str
    samples: int
    answered: int
    item: str

    @property
    def percent(self) -> Decimal | None:
        return uptime(self.answered, self.samples)


def build(asked: Asked) -> Document:
    first, last = asked.period
    claims = of_items.claims([SERIES], first, last, asked.at)
    samples = read(claims, first, last)
    missing = _missing(samples, first, last, asked.at.date())
    return Document(
        title="Uptime and availability",
        subtitle="Day by day, from the series that were collected",
        sections=[
            Section("In numbers", [Words(_sentence(samples)), Figures(_figures(samples, missing))]),
            Section("By address", [_targets(samples)]),
            Section("By day", [_days(samples)]),
            Section("Days without a series", [_gaps(missing)]),
            Section(
                "Items",
                [of_items.table("Items", claims, asked.at, empty="No series was collected.")],
            ),
        ],
        period=(first, last),
        as_of=asked.at,
        notes=looking_back.noted(asked, _NOTES),
    )


def uptime(answered: int, samples: int) -> Decimal | None:
    """Return the share of answered samples in percent, cut after the third digit."""
    if not samples:
        return None
    return (Decimal(answered * 100_000 // samples) / 1000).quantize(_PLACES)


def read(claims: Sequence[Claim], first: date, last: date) -> list[Sample]:
    """Return the days of a period out of the tables of some items, the latest item of each day."""
    found: dict[tuple[date, str], Sample] = {}
    for claim in sorted(claims, key=lambda one: one.number):
        population = getattr(claim.evidence, "population", None)
        if population is None:
            continue
        names = tables.column_names(population)
        if not {*_WANTED} <= {*names}:
            continue
        places = [names.index(name) for name in _WANTED]
        for row in tables.rows_of(population):
            day, url, samples, answered = (row.cells[place] for place in places)
            when = date.fromisoformat(day)
            if first <= when <= last:
                one = Sample(when, url, int(samples or 0), int(answered or 0), claim.evidence.ref)
                found[when, url] = one
    return [found[key] for key in sorted(found)]


def _sentence(samples: Sequence[Sample]) -> str:
    if not samples:
        return "No series of the period says anything of uptime. Connect an uptime probe as source."
    targets = len({one.url for one in samples})
    watched = values.counted(targets, "address was", "addresses were")
    days = values.counted(len(samples), "day", "days")
    return f"{watched} watched in the period; the series have {days} of them."


def _figures(samples: Sequence[Sample], missing: Sequence[date]) -> list[Figure]:
    answered, every = sum(one.answered for one in samples), sum(one.samples for one in samples)
    below = sum(_is_below(one) for one in samples)
    return [
        Figure("Uptime in percent", uptime(answered, every), "of all samples of all addresses"),
        Figure("Samples", every, f"of which {every - answered:,} were not answered"),
        Figure("Days below 99.9 percent", below, "of an address"),
        Figure("Days without any series", len(missing), "of the period so far"),
    ]


def _is_below(one: Sample) -> bool:
    return one.percent is None or one.percent < PROMISED


def _by_target(samples: Sequence[Sample]) -> Mapping[str, Sequence[Sample]]:
    found: dict[str, list[Sample]] = defaultdict(list)
    for one in samples:
        found[one.url].append(one)
    return found


def _targets(samples: Sequence[Sample]) -> Table:
    def rows() -> Iterator[Row]:
        for url, own in sorted(_by_target(samples).items()):
            every, answered = sum(one.samples for one in own), sum(one.answered for one in own)
            worst = min(own, key=lambda one: (one.percent or Decimal(0), one.day))
            below = sum(_is_below(one) for one in own)
            yield [url, len(own), every, answered, uptime(answered, every), worst.day, below]

    return Table("By address", _TARGETS, rows, empty="No address was watched.")


def _days(samples: Sequence[Sample]) -> Table:
    def rows() -> Iterator[Row]:
        for one in samples:
            mark = Mark("below", Tone.BAD) if _is_below(one) else Mark("kept", Tone.GOOD)
            counts = one.samples, one.answered, one.percent
            yield [one.day, one.url, *counts, mark, one.item]

    return Table("By day", _DAYS, rows, empty="No day has a series.")


def _missing(samples: Sequence[Sample], first: date, last: date, today: date) -> list[date]:
    known = {one.day for one in samples}
    end = min(last, today)
    span = range(first.toordinal(), end.toordinal() + 1)
    return [day for number in span if (day := date.fromordinal(number)) not in known]


def _gaps(missing: Sequence[date]) -> Table:
    rows: list[Row] = [[first, last, (last - first).days + 1] for first, last in stretches(missing)]
    columns = (Column("First day", 20), Column("Last day", 20), Column("Days", 12, is_number=True))
    return Table("Days without a series", columns, rows, empty="Every day so far has a series.")


def stretches(days: Sequence[date]) -> list[tuple[date, date]]:
    """Return days in their order as stretches without a gap, both ends included."""
    found: list[tuple[date, date]] = []
    for day in days:
        if found and (day - found[-1][1]).days == 1:
            found[-1] = found[-1][0], day
        else:
            found.append((day, day))
    return found


KIND = Kind(
    title="Uptime and availability",
    sentence="Uptime of a period by address and day, and the days of which nothing is known.",
    build=build,
    needs=(Need.PERIOD,),
    goes_back=True,
)
