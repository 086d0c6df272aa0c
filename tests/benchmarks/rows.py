"""Fills an installation with many evidence rows that share one file, through intake itself."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from controls.models import Area, Expectation
from evidence import intake, store
from evidence.models import Evidence
from tests.evidence import items

BATCH = 1_000
START = date(2025, 11, 1)


def fill(total: int) -> None:
    """Record evidence until there are `total` rows; their content is one small sealed file."""
    stored = store.put(io.BytesIO(b"day,result\n2026-10-05,ok\n"))
    expectations = list(Expectation.objects.order_by("pk")) or [items.expectation()]
    areas = list(Area)
    count = Evidence.objects.count()
    while count < total:
        step = min(BATCH, total - count)
        intake.record(
            [
                intake.Prepared(
                    _submission(count + n, areas, expectations), "restore.csv", {}, stored
                )
                for n in range(step)
            ],
            actor="system",
        )
        count += step


def _submission(
    number: int, areas: list[Area], expectations: list[Expectation]
) -> intake.Submission:
    day = START + timedelta(days=number % 365)
    return replace(
        items.PLAIN,
        title=f"Restore test {number}",
        area=areas[number % len(areas)],
        covers_from=day,
        covers_to=day,
        collected_at=datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=30),
        claims=(expectations[number % len(expectations)],),
    )
