"""What a form will cover and what its checks will find, before it is handed in."""

from dataclasses import dataclass

from django.utils import timezone

from audits import coverage, days
from audits.claims import Claimed
from audits.coverage import Occurrence, State
from audits.facts import expected_of
from controls.cadence import calendar_span
from controls.models import Expectation
from registers.forms.base import Answers

MOST = 40
_NAME = "This form"
_MARKS = {
    State.MET: ("met", "Covers it"),
    State.LATE: ("late", "Covers it, after its due day"),
    State.PARTIAL: ("partial", "Covers a part of it"),
    State.UPCOMING: ("upcoming", "Not yet: its days are not over"),
    State.MISSED: ("missed", "Does not cover it"),
}


@dataclass(frozen=True)
class Seen:
    """One expected time, and what the form would do for it were it the only item."""

    expectation: Expectation
    occurrence: Occurrence
    mark: str
    words: str


def of(answers: Answers, expectations: list[Expectation]) -> list[Seen]:
    """Return every expected time that the days of a form meet; asks no database."""
    now, zone = timezone.now(), days.zone()
    found = []
    for expectation in expectations:
        first, last = calendar_span(expectation.cadence, answers.covers_from, answers.covers_to)
        claim = Claimed(
            expectation.pk,
            _NAME,
            answers.covers_from,
            answers.covers_to,
            now.astimezone(zone).date(),
            now,
        )
        occurrences = coverage.cover(
            [expected_of(expectation)],
            [claim],
            start=first,
            end=last,
            as_of=now,
            zone=zone,
            holidays=days.off(first, last),
        )
        found += [Seen(expectation, one, *_MARKS[State(one.state)]) for one in occurrences]
    return found
