"""Moving the dates of an engagement: only until its freeze date, with a reason, and for ever seen.

The freeze date is the last day on which scope, dates and auditors may change. It can be moved like
the other dates while it lies ahead; once it is over, nothing moves it.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import transaction

from accounts import journal
from accounts.access import actor
from accounts.models import User
from audits import days, gates
from audits.engagements import Fieldwork
from audits.errors import WindowError
from audits.models import Engagement, EngagementChange, SubPeriod
from audits.parts import Part, divided
from evidence import ledger

What = EngagementChange.What


class _Span(NamedTuple):
    start: date | None
    end: date | None


def change_window(
    engagement: Engagement, *, window_from: date, window_to: date, reason: str, by: User
) -> EngagementChange:
    """Move the observation window; packs that were built before keep theirs.

    Raises WindowError for days out of order, for a period where a date is judged, and where a part
    of the window would no longer end inside it; FrozenError after the freeze date.
    """
    moved = Engagement(type=engagement.type, window_from=window_from, window_to=window_to)
    gates.refuse_wrong_dates(moved)
    with transaction.atomic():
        now = _locked(engagement, reason, by)
        parts = [Part(one.title, one.ends_on) for one in now.sub_periods.all()]
        divided(window_from, window_to, parts)
        return _move(
            now,
            What.WINDOW,
            before=_Span(now.window_from, now.window_to),
            after=_Span(window_from, window_to),
            reason=reason,
            by=by,
        )


def change_fieldwork(
    engagement: Engagement, *, fieldwork: Fieldwork | None, reason: str, by: User
) -> EngagementChange:
    """Move the days of the fieldwork, or take them away."""
    if fieldwork:
        gates.refuse_disorder("fieldwork", fieldwork.start, fieldwork.end)
    after = _Span(fieldwork.start, fieldwork.end) if fieldwork else _Span(None, None)
    with transaction.atomic():
        now = _locked(engagement, reason, by)
        before = _Span(now.fieldwork_from, now.fieldwork_to)
        return _move(now, What.FIELDWORK, before=before, after=after, reason=reason, by=by)


def change_freeze(
    engagement: Engagement, *, freeze_on: date | None, reason: str, by: User
) -> EngagementChange:
    """Set, move or lift the freeze date while it lies ahead; it never begins in the past."""
    if freeze_on and freeze_on < days.today():
        raise WindowError(f"The freeze date {freeze_on} is over already. Choose a later day.")
    with transaction.atomic():
        now = _locked(engagement, reason, by)
        before, after = _Span(None, now.freeze_on), _Span(None, freeze_on)
        return _move(now, What.FREEZE, before=before, after=after, reason=reason, by=by)


def divide_window(engagement: Engagement, *, parts: Sequence[Part], by: User) -> None:
    """Say which parts of the window are tested apart, such as interim and year end; none is whole.

    Each part ends on a day; the next begins on the day after, and the last ends with the window.
    """
    gates.refuse_stranger(by)
    with transaction.atomic():
        ledger.lock()
        gates.refuse_frozen(engagement)
        now = Engagement.objects.get(pk=engagement.pk)
        divided(now.window_from, now.window_to, parts)
        now.sub_periods.all().delete()
        SubPeriod.objects.bulk_create(
            SubPeriod(engagement=now, title=part.title.strip(), ends_on=part.ends_on)
            for part in parts
        )
        ledger.append(
            "engagement.divided",
            subject=now.ref,
            body={
                "parts": [
                    {
                        "title_sha256": journal.digest(part.title.strip()),
                        "ends_on": part.ends_on.isoformat(),
                    }
                    for part in parts
                ]
            },
            actor=actor(by),
        )


def _locked(engagement: Engagement, reason: str, by: User) -> Engagement:
    """Check who acts and why, lock the log, and return the engagement as it now stands."""
    gates.refuse_stranger(by)
    if not reason.strip():
        raise WindowError("Say why the date moves; the reason stays with the engagement.")
    ledger.lock()
    gates.refuse_frozen(engagement)
    return Engagement.objects.get(pk=engagement.pk)


_FIELDS = {
    What.WINDOW: ("window_from", "window_to"),
    What.FIELDWORK: ("fieldwork_from", "fieldwork_to"),
    What.FREEZE: (None, "freeze_on"),
}


def _move(
    now: Engagement, what: What, *, before: _Span, after: _Span, reason: str, by: User
) -> EngagementChange:
    if before == after:
        raise WindowError("These are the days that it has already. Nothing was changed.")
    named = zip(_FIELDS[what], after, strict=True)
    Engagement.objects.filter(pk=now.pk).update(**{name: day for name, day in named if name})
    entry = ledger.append(
        f"engagement.{what}_changed",
        subject=now.ref,
        body={
            "before": [_written(day) for day in before],
            "after": [_written(day) for day in after],
            "reason_sha256": journal.digest(reason.strip()),
        },
        actor=actor(by),
    )
    return EngagementChange.objects.create(
        engagement=now,
        what=what,
        before_from=before.start,
        before_to=before.end,
        after_from=after.start,
        after_to=after.end,
        reason=reason.strip(),
        changed_by=by,
        changed_at=entry.recorded_at,
        ledger_entry=entry,
    )


def _written(day: date | None) -> str:
    return day.isoformat() if day else ""
