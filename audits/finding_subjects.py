"""What a finding is about: an occurrence of an expectation, or one item of a sample."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from audits import days
from audits.errors import WindowError
from audits.models import Engagement
from controls.cadence import Window, windows
from controls.models import Expectation


@dataclass(frozen=True)
class Subject:
    """An occurrence or a sample item; `ref` names it for ever within its engagement.

    `start` and `end` are the first and the last day that the deviation concerns.
    """

    kind: Literal["occurrence", "sample_item"]
    ref: str
    control_ref: str
    expectation_slug: str
    start: date
    end: date


def occurrence(expectation: Expectation, window: Window) -> Subject:
    """Return the subject that one occurrence of an expectation is; `control` is fetched along."""
    return Subject(
        kind="occurrence",
        ref=f"{expectation.slug}/{window.start.isoformat()}",
        control_ref=expectation.control.ref,
        expectation_slug=expectation.slug,
        start=window.start,
        end=window.end,
    )


def occurrence_on(engagement: Engagement, expectation: Expectation, day: date) -> Subject:
    """Return the occurrence in which a day lies; WindowError where nothing is expected then."""
    for window in windows_of(engagement, expectation):
        if window.start <= day <= window.end:
            return occurrence(expectation, window)
    raise WindowError(
        f"{engagement.ref} expects nothing of {expectation.slug} on {day}. Choose a day from "
        f"{engagement.window_from} to {engagement.window_to} on which it is expected."
    )


def windows_of(engagement: Engagement, expectation: Expectation) -> list[Window]:
    """Return the expected times of an expectation in an engagement, as coverage counts them."""
    first = max(engagement.window_from, expectation.active_from)
    last = min(engagement.window_to, expectation.active_to or engagement.window_to)
    if first > last:
        return []
    return windows(
        expectation.cadence,
        first,
        last,
        days_allowed=expectation.days_allowed,
        holidays=days.off(first, last),
    )
