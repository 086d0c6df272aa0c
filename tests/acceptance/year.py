"""A year of a small programme, kept in good order but for gaps that are known by date and cause.

Everything enters by the rooms' own deeds, at the moment at which it would have happened.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from accounts.models import User
from audits import changes
from audits.changes import Span
from audits.models import Engagement
from controls.cadence import windows
from controls.models import Expectation
from evidence import checks, review
from evidence.models import Evidence
from evidence.population import Cell, PopulationFacts
from tests.audits.world import SECURITY, World, clock, hand_in, moment, staff_table, submission
from tests.portal.house import table

START, END = date(2025, 10, 1), date(2026, 9, 30)
DAY = timedelta(days=1)

EARLY = date(2026, 2, 1)
FAILING = date(2026, 3, 1)
FIXED_ON = date(2026, 4, 14)
MISSED = date(2026, 4, 1)
EMPTY = date(2026, 5, 1)
LATE = date(2026, 7, 1)
LATE_ON = date(2026, 8, 25)
SKIPPED = date(2026, 1, 1)
SKIPPED_ON = date(2026, 2, 3)
WHY_SKIPPED = "The database moved to another provider, whose own restore test covers the quarter."

FAILED = ("staff-mfa-state", FAILING, "failing")
PULLED_EARLY = ("leavers", EARLY, "partial")
NOT_DONE = ("access-review", MISSED, "missed")
CAME_LATE = ("leavers", LATE, "late")
NOT_YET_THERE = ("leavers", LATE, "missed")

KNOWN = [
    # In April nobody knows yet what the year will lack.
    (datetime(2026, 4, 10, 12, tzinfo=UTC), {PULLED_EARLY, FAILED}),
    # In August the quarter is missed, and July's leavers have not come.
    (datetime(2026, 8, 10, 12, tzinfo=UTC), {PULLED_EARLY, FAILED, NOT_DONE, NOT_YET_THERE}),
    (datetime(2026, 11, 1, 12, tzinfo=UTC), {PULLED_EARLY, FAILED, NOT_DONE, CAME_LATE}),
]
"""What each of three days shows as lacking: expectation, first day and state of a window."""


@dataclass(frozen=True)
class Delivery:
    """One item: what it is for, the days that it shows, and the day on which it comes."""

    expectation: Expectation
    first: date
    last: date
    on: date
    without_mfa: int = 0
    rows: int = 3


@dataclass
class Year:
    """The programme, its engagement, and every item by what it is for and its first day."""

    alice: User
    ruth: User
    world: World = field(init=False)
    engagement: Engagement = field(init=False)
    items: dict[tuple[str, date], Evidence] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world = World(self.alice, start=START, end=END)
        access, backup = self.world.access, self.world.backup
        self.world.expect(access, "access-review", kind="document")
        self.world.expect(access, "incidents", kind="event", cadence="monthly")
        self.world.expect(backup, "backup-jobs", kind="state", cadence="weekly")
        with clock(moment(START)):
            self.engagement = self.world.engagement(SECURITY, "Availability")
        for delivery in sorted(self._deliveries(), key=lambda each: each.on):
            self._deliver(delivery)
        with clock(moment(SKIPPED_ON)):
            span = Span(SKIPPED, date(2026, 3, 31), date(2026, 4, 5))
            changes.skip(self.world.restore, span=span, reason=WHY_SKIPPED, by=self.alice)

    def item(self, slug: str, first: date) -> Evidence:
        """What came for an expectation and the window that begins on a day."""
        return self.items[slug, first]

    def _deliveries(self) -> Iterator[Delivery]:
        for expectation in Expectation.objects.order_by("slug"):
            for window in windows(expectation.cadence, START, END, days_allowed=0):
                yield from _delivered(expectation, window.start, window.end)

    def _deliver(self, delivery: Delivery) -> None:
        content, population = _content(delivery)
        sent = submission(
            content,
            delivery.first,
            delivery.last,
            delivery.expectation,
            collected=delivery.on,
            filename=f"{delivery.expectation.slug}.csv",
            population=population,
        )
        item = hand_in(sent)
        with clock(item.received_at + timedelta(hours=1)):
            checks.run(item, actor="system")
            review.accept(item, reviewer=self.ruth, note="Read and found right.")
        start = max(START, _window_start(delivery))
        self.items[delivery.expectation.slug, start] = item


def _delivered(expectation: Expectation, start: date, end: date) -> Iterator[Delivery]:
    """What comes for one window; but for the gaps, all of it and in time."""
    gap = (expectation.slug, start)
    if gap in {("access-review", MISSED), ("restore-report", SKIPPED)}:
        return
    if expectation.kind == Expectation.Kind.EVENT:
        on = {("leavers", EARLY): start + 19 * DAY, ("leavers", LATE): LATE_ON}.get(gap, end + DAY)
        yield Delivery(expectation, start, end, on, rows=0 if gap == ("incidents", EMPTY) else 3)
    elif expectation.kind == Expectation.Kind.DOCUMENT:
        yield Delivery(expectation, start, end, end)
    else:
        failing = gap == ("staff-mfa-state", FAILING)
        on = FIXED_ON if gap == ("staff-mfa-state", MISSED) else max(start, end - DAY)
        yield Delivery(expectation, on, on, on, without_mfa=2 if failing else 0)


def _window_start(delivery: Delivery) -> date:
    due = windows(delivery.expectation.cadence, START, END, days_allowed=0)
    return next(one.start for one in due if one.start <= delivery.first <= one.end)


def _content(delivery: Delivery) -> tuple[bytes, PopulationFacts]:
    if delivery.expectation.slug == "staff-mfa-state":
        return staff_table(without_mfa=delivery.without_mfa)
    rows: list[tuple[Cell, ...]] = [
        (f"{delivery.expectation.slug}-{number}", delivery.first.isoformat())
        for number in range(delivery.rows)
    ]
    return table(rows, "item_id", "day")
