"""The weekly hours of the reviewers, and the rounds that the house makes by itself.

Of the periodic work the demo lets run what leaves a trace in a year, once a week instead of every
few minutes: the day would be the same, and the year would take an hour.
"""

from datetime import date

from django.utils import timezone

from audits import tasks as audits_tasks
from compliance.demo import clock
from compliance.demo.calendar import DAY
from compliance.demo.world import World
from evidence import checkpoint, review, verification
from evidence.models import CheckResult, Evidence
from merchants import tasks as merchants_tasks
from registers import tasks as registers_tasks
from reports import tasks as reports_tasks

_LAST_LEFT_OPEN = 2
"""Days before today in which the queue was not emptied: a real one never is."""
_LEFT = 9
"""So many items still wait today, and what came this morning."""


def plan(world: World) -> None:
    """Review on Tuesdays and Fridays; let what is periodic run once a day in the small hours."""
    end = world.calendar.today
    day = world.calendar.begins
    while day <= end:
        if day.weekday() in {1, 4} and day <= end - _LAST_LEFT_OPEN * DAY:
            world.diary.put(clock.on(day, 15), lambda: go_through(world))
        if day == end - DAY:
            world.diary.put(clock.on(day, 15), lambda: go_through(world, leave=_LEFT))
        if day.weekday() == 3 or day in _ends(world):
            world.diary.put(clock.on(day, 3), rounds)
        if day.day == 5 or day == world.calendar.today:
            world.diary.put(clock.on(day, 4), _monthly)
        day += DAY
    world.diary.put(clock.on(end, 5), verification.ask)


def rounds() -> None:
    """Look for findings, and sign the log."""
    now = timezone.now()
    audits_tasks.ask_for_findings(now)
    checkpoint.sign()


def _monthly() -> None:
    """Ask for lists of registers and merchants, next forms, and papers of what is reconciled."""
    now = timezone.now()
    registers_tasks.weekly(now)
    merchants_tasks.ask_for_sweep(now)
    reports_tasks.ask_for_days(now)
    reports_tasks.ask_for_months(now)
    merchants_tasks.ask_for_attestations(now)
    merchants_tasks.ask_for_renewal(now)


def _ends(world: World) -> set[date]:
    return {world.calendar.window.last + DAY, world.calendar.today}


def go_through(world: World, *, leave: int = 0) -> int:
    """Accept what waits, but for the newest; Rosa reviews, and Lena what Rosa prepared herself."""
    rosa, lena = world.company.rosa, world.company.lena
    waiting = Evidence.objects.filter(reviews=None, superseded_by=None).order_by("pk")
    found = list(waiting)[: -leave or None]
    failing = set(
        CheckResult.objects.filter(evidence__in=found, state=CheckResult.State.FAILED).values_list(
            "evidence_id", flat=True
        )
    )
    for item in found:
        reviewer = lena if item.prepared_by_id == rosa.pk else rosa
        note = "The list is whole; its exceptions are in a finding." if item.pk in failing else ""
        review.accept(item, reviewer=reviewer, note=note)
    return len(found)
