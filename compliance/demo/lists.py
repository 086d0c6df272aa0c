"""The lists that come in week by week: files in the folders of sources, taken in by their jobs."""

import csv
import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from django.utils import timezone

from accounts.access import actor
from collectors import connections, due
from collectors.connections import Wishes
from collectors.files import inbox
from collectors.models import Source
from compliance.demo import clock, programme
from compliance.demo.asked import Asked, Cell, Row
from compliance.demo.calendar import DAY, Span
from compliance.demo.tables import TABLES
from compliance.demo.world import World
from controls.cadence import windows
from controls.models import Expectation

_QUIET = timedelta(minutes=2)
_ON_MONDAYS = "0 7 * * 1"


def connect(world: World) -> None:
    """Connect a source for every list, and the one that asks this installation itself."""
    by = actor(world.company.edda)
    for slug in TABLES:
        expectation = Expectation.objects.get(slug=slug)
        wishes = Wishes(
            title=expectation.title,
            values={"columns": programme.columns()[slug]},
            expectations=[expectation],
        )
        connections.connect("csv_import", slug=slug, wishes=wishes, by=by)
    own = Expectation.objects.get(slug="staff-mfa-state")
    wishes = Wishes(
        title="Second factors of this installation", schedule=_ON_MONDAYS, expectations=[own]
    )
    connections.connect("staff_mfa", slug="staff_mfa", wishes=wishes, by=by)


def plan(world: World) -> None:
    """Put every delivery into the diary: states before a window ends, events after it."""
    for slug in TABLES:
        for span, at in _deliveries(world, Expectation.objects.get(slug=slug)):
            world.diary.put(at, partial(deliver, world, slug, span))
    for week in world.calendar.weeks():
        day = max(week.first, world.calendar.window.first)
        world.diary.put(clock.on(day, 7), lambda: _ask(world))


def deliver(world: World, slug: str, span: Span) -> None:
    """Put the list of some days into the folder of its source, and have it taken in."""
    source = Source.objects.get(slug=slug)
    now = timezone.now()
    asked = Asked(span, now, world.calendar, world.dice(slug, span.first))
    days = f"{span.first}" if span.first == span.last else f"{span.first}_{span.last}"
    path = inbox.folder_of(source) / f"{slug}__{days}.csv"
    _write(path, list(programme.columns()[slug]), TABLES[slug](asked))
    settled = (now - _QUIET).timestamp()
    os.utime(path, (settled, settled))
    due.enqueue_arrivals(now)


def _deliveries(world: World, expectation: Expectation) -> Iterator[tuple[Span, datetime]]:
    """Yield what a list shows and when it comes, by the rhythm that its expectation asks for."""
    window = world.calendar.window
    after = Span(window.last + DAY, (window.last + 95 * DAY).replace(day=1) - DAY)
    for part in (window, after):
        for each in windows(expectation.cadence, part.first, part.last, days_allowed=0):
            if expectation.kind == Expectation.Kind.EVENT:
                yield Span(each.start, each.end), clock.on(each.end + 2 * DAY, 7)
            else:
                day = _before_its_end(each.start, each.end)
                yield Span(day, day), clock.on(day, 7)


def _before_its_end(first: date, last: date) -> date:
    """Return the day of a state: some days before the end, so that a hand can still follow."""
    length = (last - first).days + 1
    return max(first, last - min(9, length // 3) * DAY)


def _ask(world: World) -> None:
    source = Source.objects.get(slug="staff_mfa")
    connections.ask_now(source, by=actor(world.company.edda))


def _write(path: Path, names: list[str], rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        written = csv.writer(file)
        written.writerow(names)
        written.writerows([_cell(cell) for cell in row] for row in rows)


def _cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell.isoformat() if isinstance(cell, date | datetime) else str(cell)
