"""What a finding is about: an occurrence of an expectation, or one item of a sample."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from audits import days, rests
from audits.at_a_date import window_at
from audits.claims import Kind
from audits.errors import WindowError
from audits.models import Engagement
from controls.cadence import Cadence, Window, windows
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
    if engagement.is_at_a_date:
        return _at_the_date(engagement.window_to, expectation)
    first = max(engagement.window_from, expectation.active_from)
    last = min(engagement.window_to, expectation.active_to or engagement.window_to)
    if first > last:
        return []
    return windows(
        expectation.cadence,
        first,
        last,
        days_allowed=expectation.days_allowed,
        holidays=_resting(expectation, first, last),
    )


def _at_the_date(day: date, expectation: Expectation) -> list[Window]:
    found = window_at(
        day,
        kind=Kind(expectation.kind),
        cadence=expectation.cadence,
        days_allowed=expectation.days_allowed,
        active_from=expectation.active_from,
        active_to=expectation.active_to,
        holidays=_resting(expectation, day - days.REACH, day),
    )
    return [found] if found else []


def _resting(expectation: Expectation, first: date, last: date) -> frozenset[date]:
    """Return the days without business, where they matter."""
    if expectation.cadence != Cadence.BUSINESS_DAILY:
        return frozenset()
    return rests.between(first, last)
