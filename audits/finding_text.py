"""Drafts the report text of a finding from its record, in the words that auditors use.

The draft says only what the record says; where something is not recorded, it is left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from audits.finding_record import (
    AGREE,
    PASSED,
    Action,
    Kind,
    Part,
    Record,
    Side,
    Source,
    State,
)

_FOUND_BY = {
    Source.CHECK: "a check of the evidence",
    Source.AUDITOR: "the auditor",
    Source.OWN_TEST: "management's own test",
}


@dataclass(frozen=True)
class About:
    """What never changes about a finding, and the zone in which its days are counted."""

    control: str
    start: date
    end: date
    source: Source
    is_sample: bool
    zone: tzinfo

    def day_of(self, instant: datetime) -> str:
        return day(instant.astimezone(self.zone).date())


def draft(known: About, record: Record) -> str:
    """Return the report text that the record gives, one paragraph for each side of the matter."""
    paragraphs = (
        _deviation(known, record),
        _assessment(record),
        _answer(known, record),
        _outcome(known, record),
    )
    joined = (" ".join(sentences) for sentences in paragraphs)
    return "\n\n".join(paragraph for paragraph in joined if paragraph)


def day(value: date) -> str:
    """5 October 2026"""
    return f"{value.day} {value:%B %Y}"


def _deviation(known: About, record: Record) -> Iterator[str]:
    condition = record.current(Part.CONDITION)
    words = _sentence(condition.text if condition else "")
    extent = record.current(Part.EXTENT)
    if extent and extent.population:
        counted = extent.value or ("items sampled" if known.is_sample else "items")
        yield f"For {extent.exceptions:,} of {extent.population:,} {counted}: {words}"
    else:
        yield words
    span = f"on {day(known.start)}"
    if known.end != known.start:
        span = f"in the time from {day(known.start)} to {day(known.end)}"
    seen = len(record.observations)
    again = f", and it was observed {seen} times" if seen > 1 else ""
    yield f"This concerns control {known.control} {span}."
    yield f"Found by {_FOUND_BY[known.source]}{again}."
    if record.kind is Kind.COULD_NOT_RUN:
        yield "The test could not be run, so that operation was neither shown nor disproved."


def _assessment(record: Record) -> Iterator[str]:
    for part, lead in ((Part.CAUSE, "Cause"), (Part.EFFECT, "Effect")):
        if said := record.current(part):
            yield f"{lead}: {_sentence(said.text)}"
    if (extent := record.current(Part.EXTENT)) and extent.text:
        yield f"Extent: {_sentence(extent.text)}"
    if nature := record.current(Part.NATURE):
        yield _sentence(f"The deviation is judged {nature.value}")
        if nature.text:
            yield _sentence(nature.text)
    if control := record.current(Part.COMPENSATING):
        named = f" ({control.value})" if control.value else ""
        yield f"Compensating control{named}: {_sentence(control.text)}"


def _answer(known: About, record: Record) -> Iterator[str]:
    if response := record.current(Part.RESPONSE):
        verb = "agrees" if response.value == AGREE else "disagrees"
        yield f"Management {verb}: {_sentence(response.text)}"
    for action in record.actions:
        yield _action(known, action)


def _action(known: About, action: Action) -> str:
    planned = action.planned
    due = f", due {day(planned.due)}" if planned.due else ""
    if action.ended is None:
        standing = "open"
    elif action.is_done:
        shown = f", shown by {action.ended.evidence}" if action.ended.evidence else ""
        standing = f"done on {known.day_of(action.ended.at)}{shown}"
    else:
        standing = f"withdrawn on {known.day_of(action.ended.at)}"
    text = _sentence(planned.text).rstrip(".")
    return f"Corrective action {action.number} ({planned.owner}{due}): {text}; {standing}."


def _outcome(known: About, record: Record) -> Iterator[str]:
    for one in record.retests:
        whose = "the auditor" if one.side is Side.AUDITOR else "management"
        result = "passed" if one.value == PASSED else "failed"
        shown = f" ({one.evidence})" if one.evidence else ""
        yield f"Retest by {whose} on {known.day_of(one.at)}{shown}: {result}. {_sentence(one.text)}"
    last = record.entries[-1]
    if record.state is State.RISK_ACCEPTED:
        accepted = next(one for one in reversed(record.entries) if one.state is last.state)
        yield f"The remaining risk was accepted on {known.day_of(accepted.at)}."


def _sentence(text: str) -> str:
    """Return words as one sentence at least: with a full stop, if they end without a mark."""
    words = " ".join(text.split())
    return words if not words or words[-1] in ".!?" else f"{words}."
