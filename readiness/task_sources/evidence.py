"""Evidence that is expected: for each expectation the first expected time that is still open.

What a machine collects is a task only once it is overdue or came wrong. An expected time stays a
task for three months after its due day, and the last one that is over for as long as it is open:
older gaps stand in the coverage map, and nobody can hand in today how things were then. Nor is a
task what was due before this installation kept anything: a first day does not begin in arrears.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from django.db.models import Q
from django.utils import timezone

from audits import changes, claim_facts, days
from audits.coverage import Occurrence, State
from audits.facts import expected_of
from audits.summed import Clock, cover_summed
from controls.cadence import Cadence
from controls.models import Expectation
from evidence.models import LedgerEntry
from readiness import programme
from readiness.task import Asked, Task

WORDS = "Evidence"
IS_KEPT = True
LOOKED_BACK = timedelta(days=92)
_FREQUENT = frozenset({Cadence.DAILY, Cadence.BUSINESS_DAILY, Cadence.CONTINUOUS, Cadence.WEEKLY})
_FREQUENT_BACK = timedelta(days=35)
"""So many days of what comes daily are enough to say that it is open: one task stands for all."""
_SHORT = frozenset({State.MISSED, State.PARTIAL, State.FAILING})


def tasks(_asked: Asked) -> Iterator[Task]:
    today = days.today()
    still = Q(active_to__isnull=True) | Q(active_to__gte=today - LOOKED_BACK)
    found = Expectation.objects.filter(still, active_from__lte=today).select_related("control")
    by_key = {one.pk: one for one in found.order_by("control__ref", "slug")}
    weights = programme.weights()
    for key, open_ones in _open(list(by_key.values()), today).items():
        expectation = by_key[key]
        yield _task(expectation, open_ones, weights.get(expectation.control.ref, 2), today)


def _open(expectations: Sequence[Expectation], today: date) -> dict[int, list[Occurrence]]:
    """Return what is open by expectation, the earliest due day first."""
    frequent = [one for one in expectations if one.cadence in _FREQUENT]
    seldom = [one for one in expectations if one.cadence not in _FREQUENT]
    begun = _begun(today)
    monday = today - _FREQUENT_BACK - timedelta(days=today.weekday())
    sunday = today + timedelta(days=6 - today.weekday())
    # Whole years, so that no window of half a year or a year is cut at the edge.
    spans = [
        (frequent, monday, sunday),
        (seldom, date(today.year - 1, 1, 1), date(today.year, 12, 31)),
    ]
    machines = {one.pk for one in expectations if one.collector}
    found: dict[int, list[Occurrence]] = {}
    for some, start, end in spans:
        for key, occurrences in _judged(some, start, end).items():
            still = _still_open(occurrences, today, is_machine=key in machines)
            if mine := [one for one in still if one.due >= begun]:
                found[key] = sorted(mine, key=lambda one: one.due)
    return found


def _begun(today: date) -> date:
    """Return the day of the first leaf of the log."""
    first = LedgerEntry.objects.order_by("index").first()
    return days.day_of(first.recorded_at) if first else today


def _judged(
    expectations: Sequence[Expectation], start: date, end: date
) -> dict[int, list[Occurrence]]:
    """Return the occurrences of expectations that are not simply met."""
    if not expectations:
        return {}
    now = timezone.now()
    expected = [expected_of(one) for one in expectations]
    known = claim_facts.read(expected, start, end, now, Clock(days.zone()))
    question = changes.question(expected, start, end, now)
    found: dict[int, list[Occurrence]] = defaultdict(list)
    for block in cover_summed(expected, question, known.sums, known.claims):
        found[block.expected.expectation].extend(block.listed or ())
    return found


def _still_open(
    occurrences: Sequence[Occurrence], today: date, *, is_machine: bool
) -> Iterator[Occurrence]:
    begun = [one for one in occurrences if one.start <= today]
    last_over = next((one for one in reversed(begun) if one.due < today), None)
    for one in begun:
        waits = one.state is State.UPCOMING and not is_machine
        recent = one.due >= today - LOOKED_BACK or one is last_over
        if recent and (waits or one.state in _SHORT):
            yield one


def _task(expectation: Expectation, found: Sequence[Occurrence], weight: int, today: date) -> Task:
    first, more = found[0], len(found) - 1
    said = [f"{_STATES.get(first.state, 'Expected')} for {_period(first)}."]
    if more:
        noun = "time is" if more == 1 else "times are"
        said.append(f"{more} later {noun} open too.")
    is_over = first.due < today
    return Task(
        source="evidence",
        key=f"{expectation.slug}.{first.start.isoformat()}",
        name=expectation.control.ref,
        title=expectation.title,
        due=first.due,
        weight=min(weight + is_over, 5),
        page="hand_in",
        args=(expectation.pk, expectation.control_id),
        note=" ".join(said),
        role=expectation.owner_role.replace("_", "-"),
        owner=expectation.get_owner_role_display(),
        matter=expectation.slug,
        is_of_catalogue=True,
    )


_STATES = {
    State.PARTIAL: "Only a part has come",
    State.FAILING: "What came does not pass its checks",
    State.MISSED: "Nothing has come",
}


def _period(one: Occurrence) -> str:
    if one.start == one.end:
        return _day(one.start)
    return f"{_day(one.start)} to {_day(one.end)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
