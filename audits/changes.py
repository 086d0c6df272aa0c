"""Skipping an expected occurrence, moving its due day, and taking either back, with a reason."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import NamedTuple

from django.db import transaction
from django.db.models import DateField, IntegerField, QuerySet, Value
from django.utils import timezone

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from audits import days, rests
from audits.coverage import Exemption, Expected, Move, Question, moment_of
from audits.errors import ChangeError, NotAllowedError
from audits.models import HolidayCalendar, OccurrenceChange
from audits.rests import Calendar, days_of
from controls.models import Expectation
from evidence import ledger

LONGEST_REASON = 2000


@dataclass(frozen=True)
class Span:
    """The days of an occurrence, both included, and its due day as it now stands."""

    start: date
    end: date
    due: date


def skip(expectation: Expectation, *, span: Span, reason: str, by: User) -> OccurrenceChange:
    """Exempt the occurrences within some days; raises NotAllowedError, ChangeError."""
    _refuse(by, reason)
    return _record(
        OccurrenceChange(
            expectation=expectation,
            kind=OccurrenceChange.Kind.SKIP,
            start=span.start,
            end=span.end,
            reason=reason.strip(),
            recorded_by=by,
        )
    )


def move(
    expectation: Expectation, *, span: Span, due: date, reason: str, by: User
) -> OccurrenceChange:
    """Give an occurrence a later due day; raises NotAllowedError, ChangeError."""
    _refuse(by, reason)
    if due <= span.due:
        raise ChangeError(f"It is due on {span.due}. Choose a later day, or leave it as it is.")
    return _record(
        OccurrenceChange(
            expectation=expectation,
            kind=OccurrenceChange.Kind.MOVE,
            start=span.start,
            end=span.end,
            due=due,
            reason=reason.strip(),
            recorded_by=by,
        )
    )


def withdraw(change: OccurrenceChange, *, reason: str, by: User) -> OccurrenceChange:
    """Take a skip or a move back from now on; raises NotAllowedError, ChangeError."""
    _refuse(by, reason)
    return _record(
        OccurrenceChange(
            expectation=change.expectation,
            kind=OccurrenceChange.Kind.WITHDRAWAL,
            start=change.start,
            end=change.end,
            withdraws=change,
            reason=reason.strip(),
            recorded_by=by,
        )
    )


def known(
    expectations: Sequence[int], start: date, end: date, as_of: datetime
) -> QuerySet[OccurrenceChange]:
    """Return all that was recorded by a moment about days from `start` to `end`, in its order."""
    return OccurrenceChange.objects.filter(
        expectation__in=expectations, end__gte=start, start__lte=end, recorded_at__lte=as_of
    ).order_by("id")


def question(
    expected: Sequence[Expected],
    start: date,
    end: date,
    as_of: datetime,
    *,
    is_at_a_date: bool = False,
) -> Question:
    """Return what coverage is asked, with the skips and moves in force and the holidays.

    Where the last day alone is judged, `start` is the first day that may matter.
    """
    exemptions: dict[int, list[Exemption]] = defaultdict(list)
    moves: dict[int, list[Move]] = defaultdict(list)
    rows, calendars = _told([one.expectation for one in expected], start, end, as_of)
    withdrawn = {row.withdraws for row in rows}
    for row in rows:
        if row.pk in withdrawn:
            continue
        key = row.expectation
        if row.kind == OccurrenceChange.Kind.SKIP:
            exemptions[key].append(Exemption(key, row.start, row.end, row.text))
        elif row.due:
            recorded = days.day_of(row.recorded_at)
            moves[key].append(Move(key, row.start, row.end, row.due, recorded, row.text))
    moment = moment_of(as_of, days.zone())
    resting = rests.off(calendars, start - days.REACH if is_at_a_date else start, end, as_of)
    return Question(start, end, moment, exemptions, moves, resting, is_at_a_date)


class _Told(NamedTuple):
    """A change of occurrences, or a calendar, which has no expectation, due day or withdrawal."""

    pk: int
    kind: str
    start: date
    end: date
    text: str
    recorded_at: datetime
    expectation: int
    due: date | None
    withdraws: int | None


_CALENDAR = "calendar"


def _told(
    expectations: Sequence[int], start: date, end: date, as_of: datetime
) -> tuple[list[_Told], list[Calendar]]:
    """Return changes and calendars by one query, in the order in which they were recorded."""
    changed = known(expectations, start, end, as_of).order_by()
    nothing = {name: Value(None, IntegerField()) for name in ("no_one", "no_change")}
    calendars = HolidayCalendar.objects.order_by().annotate(
        what=Value(_CALENDAR), no_day=Value(None, DateField()), **nothing
    )
    rows = changed.values_list(
        "pk",
        "kind",
        "start",
        "end",
        "reason",
        "recorded_at",
        "expectation",
        "due",
        "withdraws",
    ).union(
        calendars.values_list(
            "pk",
            "what",
            "first",
            "last",
            "days",
            "recorded_at",
            "no_one",
            "no_day",
            "no_change",
        ),
        all=True,
    )
    told = sorted(map(_Told._make, rows), key=attrgetter("pk"))
    return [one for one in told if one.kind != _CALENDAR], [
        Calendar(one.recorded_at, one.start, one.end, days_of(one.text))
        for one in told
        if one.kind == _CALENDAR
    ]


def _refuse(by: User, reason: str) -> None:
    if not can(by, Capability.CHANGE_OCCURRENCES):
        raise NotAllowedError(f"{by} may not skip or move what is expected. Ask an administrator.")
    if not reason.strip():
        raise ChangeError("Say why; auditors read the reason beside the occurrence.")
    if len(reason) > LONGEST_REASON:
        raise ChangeError(f"Say why in at most {LONGEST_REASON} letters.")


@transaction.atomic
def _record(change: OccurrenceChange) -> OccurrenceChange:
    # The log's lock also keeps two people from deciding about the same days at once.
    ledger.lock()
    _refuse_doubled(change)
    change.recorded_at = timezone.now()
    change.ledger_entry = ledger.append(
        f"occurrence.{change.kind}",
        subject=change.expectation.slug,
        body={
            "start": change.start.isoformat(),
            "end": change.end.isoformat(),
            "due": change.due.isoformat() if change.due else "",
            "withdraws": change.withdraws.ledger_entry_id if change.withdraws else -1,
            "reason_sha256": journal.digest(change.reason),
        },
        actor=actor(change.recorded_by),
    )
    change.save(force_insert=True)
    return change


def _refuse_doubled(change: OccurrenceChange) -> None:
    earlier = change.withdraws
    if earlier:
        if earlier.kind == OccurrenceChange.Kind.WITHDRAWAL:
            raise ChangeError("A withdrawal stays. Skip or move the occurrence anew.")
        if OccurrenceChange.objects.filter(withdraws=earlier).exists():
            raise ChangeError("This was withdrawn already.")
        return
    standing = OccurrenceChange.objects.filter(
        expectation=change.expectation,
        kind=OccurrenceChange.Kind.SKIP,
        start__lte=change.start,
        end__gte=change.end,
        withdrawal__isnull=True,
    )
    if standing.exists():
        raise ChangeError("It is skipped already. Withdraw that first to change it.")
