"""How a control stands in the documents: pure functions.

OSCAL knows two results, satisfied and not-satisfied. Rules:

1. A deviation in a finding makes a control not satisfied, whatever was done about it since:
   remediation takes no deviation out of its period.
2. So does a deviation in the latest results of a sample.
3. So does an occurrence of its evidence that was missed, late, partial or failing.
4. A control of which nothing was expected, and nothing was sampled, had no occurrence: no result.
5. A control is satisfied only where evidence was accepted by a reviewer for an occurrence that was
   met, or where a sampled row passed. Evidence that nobody looked at tests nothing: no result.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reports.oscal.facts import Control, Deviation, Draw

_SHORT = ("missed", "late", "partial", "failing")


class Outcome(StrEnum):
    """The first two are results in OSCAL; the others are told in a property."""

    SATISFIED = "satisfied"
    NOT_SATISFIED = "not-satisfied"
    NOT_TESTED = "not-tested"
    NO_OCCURRENCE = "no-occurrence"

    @property
    def is_result(self) -> bool:
        return self in {Outcome.SATISFIED, Outcome.NOT_SATISFIED}


@dataclass(frozen=True)
class Judgement:
    """A control's outcome and the reasons, one sentence each."""

    control: Control
    outcome: Outcome
    reasons: tuple[str, ...]

    @property
    def words(self) -> str:
        return " ".join(self.reasons)


def judged(
    control: Control, *, deviations: Iterable[Deviation] = (), draws: Iterable[Draw] = ()
) -> Judgement:
    """Judge a control by everything that is about it; what is about others is passed over."""
    drawn = [one for one in draws if one.control == control.ref]
    against = _against(control, deviations, drawn)
    if against:
        return Judgement(control, Outcome.NOT_SATISFIED, tuple(against))
    passed = sum(one.count("pass") for one in drawn)
    met = control.states.get("met", 0)
    if (met and control.accepted) or passed:
        return Judgement(control, Outcome.SATISFIED, tuple(_for(control, met, passed)))
    expected = sum(count for state, count in control.states.items() if state != "exempt")
    if not expected and not drawn:
        reason = "No occurrence of its evidence was expected in the window."
        return Judgement(control, Outcome.NO_OCCURRENCE, (reason,))
    return Judgement(control, Outcome.NOT_TESTED, tuple(_untested(control, met, drawn)))


def _against(control: Control, deviations: Iterable[Deviation], drawn: Sequence[Draw]) -> list[str]:
    found = [
        f"Finding {one.ref} is a deviation; it is {one.state.replace('_', ' ')}."
        for one in deviations
        if one.control == control.ref and one.kind == "deviation"
    ]
    found += [
        f"The sample {one.ref} has {count} results that deviate."
        for one in drawn
        if (count := one.count("deviation"))
    ]
    found += [
        f"Occurrences of its evidence that were {state}: {count}."
        for state in _SHORT
        if (count := control.states.get(state, 0))
    ]
    return found


def _for(control: Control, met: int, passed: int) -> list[str]:
    found = []
    if met:
        found.append(f"Occurrences of its evidence that were met: {met}, none fell short.")
    if control.accepted:
        found.append(f"Items that a reviewer accepted: {control.accepted}.")
    if passed:
        found.append(f"Results of samples that passed: {passed}, none deviates.")
    if upcoming := control.states.get("upcoming", 0):
        found.append(f"Occurrences that are not due yet: {upcoming}.")
    return found


def _untested(control: Control, met: int, drawn: Sequence[Draw]) -> list[str]:
    found = []
    if met:
        found.append("Its evidence came in time, and no reviewer accepted it yet.")
    if upcoming := control.states.get("upcoming", 0):
        found.append(f"Occurrences that are not due yet: {upcoming}.")
    if drawn:
        found.append("A sample was drawn and has no result yet.")
    return found
