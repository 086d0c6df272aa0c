"""Populations to seal and to draw from: changes of the summer, one row each."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from accounts.models import User
from audits import draws, engagements, populations
from audits.days import today
from audits.models import Draw, Engagement, SealedPopulation
from audits.populations import Definition
from audits.sampling import Method
from audits.worksheets import SampledDeviation
from evidence.models import Evidence
from evidence.population import Cell, Column, PopulationFacts, write_csv
from tests.audits.world import World, hand_in, ipe, submission

COLUMNS = (
    Column("change_id", "text"),
    Column("merged_on", "date"),
    Column("author", "text"),
    Column("amount", "integer"),
)
NONCE = "harbour lantern 47"
MONTHS = ((date(2026, 6, 1), 20), (date(2026, 7, 1), 21), (date(2026, 8, 1), 19))
"""The first day of each month of the summer, and how many changes it has."""
DEFINITION = Definition(
    "One row is one change that was merged into the main branch; drafts are out.",
    date_column="merged_on",
    id_column="change_id",
    gap_note="",
)


def changes(count: int, *, start: date = date(2026, 6, 1)) -> list[tuple[Cell, ...]]:
    """So many changes, spread over the three months."""
    return [
        (f"CHG-{number:04d}", start + timedelta(days=(number - 1) * 92 // count), "ann", number)
        for number in range(1, count + 1)
    ]


def table(
    rows: Sequence[Sequence[Cell]], columns: Sequence[Column] = COLUMNS, **making: Any
) -> tuple[bytes, PopulationFacts]:
    file = BytesIO()
    facts = write_csv(rows, columns, file)
    asked = datetime.combine(date(2026, 9, 2), time(8), UTC)
    told = {"source_count": len(rows), "started_at": asked, "finished_at": asked, **making}
    return file.getvalue(), PopulationFacts(tuple(columns), replace(ipe(), **told), facts)


def item(
    world: World,
    rows: Sequence[Sequence[Cell]] | None = None,
    columns: Sequence[Column] = COLUMNS,
    *,
    supersedes: Evidence | None = None,
    last: date | None = None,
    collected: date = date(2026, 9, 2),
    **making: Any,
) -> Evidence:
    """The list of changes as evidence of the access control's event expectation."""
    content, facts = table(changes(60) if rows is None else rows, columns, **making)
    return hand_in(
        submission(
            content,
            world.start,
            last or world.end,
            world.leavers,
            collected=collected,
            filename="changes.csv",
            population=facts,
            supersedes=supersedes,
        )
    )


def month(
    world: World,
    place: int,
    *,
    start: date | None = None,
    last: date | None = None,
    columns: Sequence[Column] = COLUMNS,
    **making: Any,
) -> Evidence:
    """The changes of one month of the summer, numbered on from the month before."""
    first, count = MONTHS[place]
    before = sum(many for _, many in MONTHS[:place])
    rows = changes(60)[before : before + count]
    content, facts = table(rows, columns, **making)
    end = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return hand_in(
        submission(
            content,
            start or first,
            last or end,
            world.leavers,
            collected=date(2026, 9, 2),
            filename=f"changes-{place}.csv",
            population=facts,
        )
    )


def sealed(
    world: World,
    engagement: Engagement,
    evidence: Evidence | None = None,
    definition: Definition = DEFINITION,
    **more: Any,
) -> SealedPopulation:
    return populations.seal_population(
        engagement,
        control=world.access,
        evidence=evidence or item(world),
        definition=definition,
        by=world.alice,
        **more,
    )


def admit(engagement: Engagement, bob: User, *, by: User) -> None:
    until = today() + timedelta(days=30)
    engagements.add_member(engagement, user=bob, access_until=until, by=by)


def drawn(
    population: SealedPopulation,
    bob: User,
    *,
    size: int = 10,
    method: Method = Method.RANDOM,
    nonce: str = NONCE,
    reason: str = "",
) -> Draw:
    return draws.draw_sample(
        population, nonce=nonce, method=method, size=size, by=bob, reason=reason
    )


class Findings:
    """Stands in for whoever keeps the findings, and remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[SampledDeviation] = []

    def __call__(self, deviation: SampledDeviation) -> None:
        self.told.append(deviation)
