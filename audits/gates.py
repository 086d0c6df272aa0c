"""What deeds about an engagement check first: who acts, and whether it may still change."""

from datetime import date, datetime

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from audits import days
from audits.errors import ClosedError, FrozenError, NotAllowedError, WindowError
from audits.models import Engagement


def refuse_stranger(by: User) -> None:
    """Raise NotAllowedError where the person may not manage engagements."""
    if not can(by, Capability.MANAGE_ENGAGEMENTS):
        raise NotAllowedError(f"{by} may not manage engagements. Ask an administrator.")


def refuse_closed(engagement: Engagement) -> None:
    """Raise ClosedError for a closed engagement; call it under the log's lock."""
    if Engagement.objects.filter(pk=engagement.pk, closed_at__isnull=False).exists():
        raise ClosedError(_closed(engagement))


def refuse_frozen(engagement: Engagement) -> None:
    """Raise ClosedError, or FrozenError once the freeze date is over; under the log's lock."""
    refuse_closed(engagement)
    frozen_on = Engagement.objects.values_list("freeze_on", flat=True).get(pk=engagement.pk)
    if frozen_on and frozen_on < days.today():
        raise FrozenError(_frozen(engagement, frozen_on))


def obstacle_to_changing(engagement: Engagement) -> str:
    """Say why scope, dates and auditors may no longer change; nothing where they may.

    It asks what a page was given; the deeds ask again, under the log's lock.
    """
    if engagement.closed_at is not None:
        return _closed(engagement)
    return _frozen(engagement, engagement.freeze_on) if is_frozen(engagement) else ""


def refuse_disorder(what: str, start: date, end: date) -> None:
    """Raise WindowError for days that end before they start."""
    if end < start:
        message = f"The {what} ends on {end}, before it starts on {start}. Swap or correct them."
        raise WindowError(message)


def refuse_wrong_dates(engagement: Engagement) -> None:
    """Raise WindowError for a window out of order, one that does not fit the type of the report,
    and a freeze date in the past; the engagement need not be stored."""
    refuse_disorder("observation window", engagement.window_from, engagement.window_to)
    if engagement.is_at_a_date and engagement.window_from != engagement.window_to:
        message = (
            "A Type 1 report judges the design as of one date, so its window is one day: give "
            "the same day twice, or choose Type 2 for a period."
        )
        raise WindowError(message)
    if engagement.freeze_on and engagement.freeze_on < days.today():
        message = f"The freeze date {engagement.freeze_on} is over already. Choose a later day."
        raise WindowError(message)


def is_frozen(engagement: Engagement) -> bool:
    """Say whether the freeze date is over; the day itself still allows changes."""
    return engagement.freeze_on is not None and engagement.freeze_on < days.today()


def came_after_freeze(engagement: Engagement, received_at: datetime) -> bool:
    """Say whether evidence came after the freeze date, by the organisation's own days."""
    return engagement.freeze_on is not None and days.day_of(received_at) > engagement.freeze_on


def _closed(engagement: Engagement) -> str:
    return f"{engagement.ref} is closed. Open a new engagement."


def _frozen(engagement: Engagement, frozen_on: date | None) -> str:
    return (
        f"{engagement.ref} was frozen after {frozen_on}, and nothing unfreezes it: its scope, "
        "its dates and its auditors stay as they are. Open a new engagement for what changed, "
        "or roll this one forward to the next period."
    )
