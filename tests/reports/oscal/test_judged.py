"""How a control stands: satisfied only where somebody looked and nothing speaks against it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.coverage import SHORTFALL, State
from reports.oscal.judged import Outcome, judged
from tests.reports.oscal.plain import control, deviation, draw

counts = st.integers(0, 3)
states = st.fixed_dictionaries({state.value: counts for state in State})


def test_evidence_that_was_met_and_accepted_satisfies() -> None:
    said = judged(control(met=3, upcoming=1))
    assert said.outcome is Outcome.SATISFIED
    assert said.words == (
        "Occurrences of its evidence that were met: 3, none fell short. Items that a reviewer "
        "accepted: 1. Occurrences that are not due yet: 1."
    )


def test_evidence_that_nobody_accepted_tests_nothing() -> None:
    said = judged(control(met=3, accepted=0))
    assert said.outcome is Outcome.NOT_TESTED
    assert "no reviewer accepted it yet" in said.words


@pytest.mark.parametrize("state", sorted(SHORTFALL), ids=str)
def test_any_shortfall_speaks_against_it(state: State) -> None:
    said = judged(replace(control(), states={"met": 9, state.value: 1}))
    assert said.outcome is Outcome.NOT_SATISFIED
    assert said.words == f"Occurrences of its evidence that were {state}: 1."


@pytest.mark.parametrize("state", ["open", "closed", "risk_accepted"])
def test_a_deviation_speaks_against_it_even_when_it_was_remedied(state: str) -> None:
    said = judged(control(met=9), deviations=[deviation(state=state)])
    assert said.outcome is Outcome.NOT_SATISFIED
    assert "ENG-2026-1-F1 is a deviation" in said.words


def test_a_check_that_could_not_run_is_no_deviation() -> None:
    said = judged(control(), deviations=[deviation(kind="could_not_run")])
    assert said.outcome is Outcome.SATISFIED


def test_what_is_about_another_control_is_passed_over() -> None:
    other = judged(
        control("AV-09"),
        deviations=[deviation()],
        draws=[draw(results={"A": {"deviation": 1}})],
    )
    assert other.outcome is Outcome.SATISFIED


def test_a_sample_that_passed_satisfies_and_one_deviation_does_not() -> None:
    plain = control("CM-01", accepted=0, met=0)
    assert judged(plain, draws=[draw()]).outcome is Outcome.SATISFIED
    bad = draw(results={"A": {"pass": 9, "deviation": 1}})
    assert judged(plain, draws=[bad]).outcome is Outcome.NOT_SATISFIED


def test_a_sample_without_results_is_not_tested() -> None:
    plain = control("CM-01", accepted=0, met=0)
    assert judged(plain, draws=[draw(results={})]).outcome is Outcome.NOT_TESTED
    idle = draw(results={"A": {"not tested": 2, "not applicable": 1}})
    assert judged(plain, draws=[idle]).outcome is Outcome.NOT_TESTED


def test_nothing_expected_is_no_occurrence() -> None:
    assert judged(control(exempt=2)).outcome is Outcome.NO_OCCURRENCE
    assert judged(control(met=0)).outcome is Outcome.NO_OCCURRENCE


def test_what_is_only_due_later_is_not_tested() -> None:
    assert judged(control(upcoming=2, accepted=0)).outcome is Outcome.NOT_TESTED


@given(states, counts)
def test_never_satisfied_without_something_met_or_with_something_short(
    found: dict[str, int], accepted: int
) -> None:
    said = judged(replace(control(accepted=accepted), states=found))
    short = any(found[state.value] for state in SHORTFALL)
    assert (said.outcome is Outcome.NOT_SATISFIED) == short
    if said.outcome is Outcome.SATISFIED:
        assert found["met"]
        assert accepted
    assert said.words
