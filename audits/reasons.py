"""Says of each item that speaks of an occurrence why it counts, or why it does not: pure."""

from collections.abc import Collection
from datetime import date

from audits.claims import Claimed, Decision, Kind, moment_shown
from audits.coverage import Expected
from controls import settling
from controls.cadence import Window


def counts(claim: Claimed, expected: Expected, window: Window, deciding: Collection[str]) -> bool:
    """Whether the item is one of those that cover the window."""
    return claim.evidence in deciding and not refusal(claim, expected, window)


def why(claim: Claimed, expected: Expected, window: Window, deciding: Collection[str]) -> str:
    """Return the reason as one sentence."""
    if refused := refusal(claim, expected, window):
        return refused
    if claim.evidence not in deciding:
        return "A later item speaks for these days."
    if expected.kind is Kind.STATE:
        return f"It shows the state of {moment_shown(claim)}, which lies in this time."
    first, last = max(claim.covers_from, window.start), min(claim.covers_to, window.end)
    if expected.kind is Kind.DOCUMENT:
        return f"It was in force on {_listed(first, last)}."
    usable = min(last, _usable(claim, expected))
    if usable < last:
        return (
            f"It covers {_listed(first, usable)} only, because it was retrieved on "
            f"{claim.collected_on}. Retrieve the later days again."
        )
    return f"It covers {_listed(first, last)}, and was retrieved after these days were over."


def refusal(claim: Claimed, expected: Expected, window: Window) -> str:
    """Return why an item does not count for a window; empty where it does."""
    if claim.decision == Decision.RETURNED:
        return "It was returned, so it covers nothing."
    if claim.is_superseded:
        return "A newer version replaced it. It only shows that something had come."
    if claim.is_partial:
        return "It is incomplete, because its source could not give all of it."
    if expected.kind is Kind.STATE:
        return _refused_state(claim, window)
    if claim.covers_to < window.start or claim.covers_from > window.end:
        return "Its days lie outside this time."
    usable = _usable(claim, expected)
    if expected.kind is Kind.EVENT and usable < max(claim.covers_from, window.start):
        settled = settling.passed(expected.lag_days)
        return (
            f"It was retrieved on {claim.collected_on}, before its days were over{settled}. "
            "Retrieve them again."
        )
    return ""


def _usable(claim: Claimed, expected: Expected) -> date:
    """Return the last day of which all events were there when the item was retrieved."""
    return settling.known_until(claim.collected_on, expected.lag_days)


def _listed(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} to {last}"


def _refused_state(claim: Claimed, window: Window) -> str:
    shown = moment_shown(claim)
    if shown is None:
        return (
            f"A state counts for the day of its retrieval, {claim.collected_on}, "
            "which is none of the days that it claims."
        )
    if not window.start <= shown <= window.end:
        return f"It counts for {shown} only, which lies outside this time."
    return ""
