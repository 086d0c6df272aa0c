"""What an answer must say, what the whole comes to, and what last year's answers are worth."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merchants import answers
from merchants.answers import WORKSHEET, Answer, Asked, Given, Overall

TODAY = date(2026, 11, 22)
MERCHANT = Asked([one.value for one in Answer if one != Answer.NOT_TESTED])
PROVIDER = Asked([one.value for one in Answer], tells_results=True)
SHEET = dict.fromkeys(WORKSHEET, "Said.")
GOOD = {
    Answer.IN_PLACE: Given(Answer.IN_PLACE),
    Answer.IN_PLACE_WITH_CCW: Given(Answer.IN_PLACE_WITH_CCW, worksheet=SHEET),
    Answer.NOT_APPLICABLE: Given(Answer.NOT_APPLICABLE, "No paper is kept."),
    Answer.NOT_IN_PLACE: Given(
        Answer.NOT_IN_PLACE, due_on=TODAY + timedelta(days=30), actions="We buy a lock."
    ),
}
LEGAL = Given(Answer.NOT_IN_PLACE, "The law on records forbids it.", is_legal=True)
TEXTS = st.text(max_size=20)
ANY = st.builds(
    Given,
    answer=st.sampled_from([*Answer, "perhaps"]),
    note=TEXTS,
    worksheet=st.dictionaries(st.sampled_from(list(WORKSHEET)), TEXTS),
    due_on=st.none() | st.dates(),
    actions=TEXTS,
    is_legal=st.booleans(),
    is_carried=st.booleans(),
)


@pytest.mark.parametrize("answer", list(GOOD))
def test_a_whole_answer_is_taken(answer: Answer) -> None:
    assert answers.problem(GOOD[answer], MERCHANT, today=TODAY) == ""


def test_a_legal_exception_needs_the_law_and_no_day() -> None:
    assert answers.problem(LEGAL, MERCHANT, today=TODAY) == ""
    assert "which law" in answers.problem(replace(LEGAL, note=""), MERCHANT, today=TODAY)


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        (Given("perhaps"), "choose one"),
        (Given(Answer.NOT_TESTED, "Later."), "does not take"),
        (Given(Answer.IN_PLACE_WITH_CCW), "worksheet"),
        (Given(Answer.IN_PLACE_WITH_CCW, worksheet={**SHEET, "risk": " "}), "risk"),
        (Given(Answer.NOT_APPLICABLE), "say why"),
        (Given(Answer.NOT_IN_PLACE), "by when"),
        (Given(Answer.NOT_IN_PLACE, due_on=TODAY), "what will be done"),
        (replace(GOOD[Answer.NOT_IN_PLACE], due_on=TODAY - timedelta(days=1)), "has passed"),
        (Given(Answer.IN_PLACE, "x" * 4001), "longer"),
    ],
)
def test_an_answer_that_lacks_something_is_refused(given_: Given, said: str) -> None:
    assert said in answers.problem(given_, MERCHANT, today=TODAY)


def test_a_provider_tells_the_results_and_may_leave_lines_untested() -> None:
    assert "results" in answers.problem(Given(Answer.IN_PLACE), PROVIDER, today=TODAY)
    assert answers.problem(Given(Answer.IN_PLACE, "Looked at."), PROVIDER, today=TODAY) == ""
    assert answers.problem(Given(Answer.NOT_TESTED, "Later."), PROVIDER, today=TODAY) == ""


@given(ANY)
def test_an_answer_is_the_same_after_it_was_kept(one: Given) -> None:
    neat = answers.only_what_counts(one)
    assert answers.of_json(neat.answer, neat.to_json()) == neat
    assert answers.only_what_counts(neat) == neat


@given(st.dictionaries(st.sampled_from("abcdef"), ANY), st.permutations("abcdef"))
def test_the_whole_is_compliant_only_where_every_line_is(
    said: dict[str, Given], lines: list[str]
) -> None:
    found = answers.standing(lines, said)
    assert set(found.missing) == set(lines) - set(said)
    open_ones = [one for one in said.values() if one.answer == Answer.NOT_IN_PLACE]
    if found.missing or any(not one.is_legal for one in open_ones):
        assert found.overall == Overall.NON_COMPLIANT
    elif open_ones:
        assert found.overall == Overall.LEGAL_EXCEPTION
    else:
        assert found.overall == Overall.COMPLIANT
    assert found.is_partial == any(one.answer == Answer.NOT_TESTED for one in said.values())


def test_the_target_is_the_last_day_that_was_promised() -> None:
    late = replace(GOOD[Answer.NOT_IN_PLACE], due_on=TODAY + timedelta(days=60))
    said = {"a": GOOD[Answer.NOT_IN_PLACE], "b": late, "c": LEGAL}
    assert answers.standing("abc", said).target == late.due_on
    undated = {**said, "a": Given(Answer.NOT_IN_PLACE)}
    assert answers.standing("abc", undated).target is None
    assert answers.standing("c", {"c": LEGAL}).target is None


def test_last_years_answer_is_proposed_where_the_line_is_the_same() -> None:
    before = {"a": GOOD[Answer.IN_PLACE], "b": GOOD[Answer.NOT_APPLICABLE], "c": LEGAL}
    old = {"a": "One", "b": "Two", "c": "Three"}
    found = answers.proposed(before, old, {"a": "One", "b": "Changed"}, MERCHANT, today=TODAY)
    assert found == {"a": Given(Answer.IN_PLACE, is_carried=True)}


def test_an_answer_whose_day_has_passed_is_not_proposed() -> None:
    before = {"a": GOOD[Answer.NOT_IN_PLACE]}
    titles = {"a": "One"}
    year_later = TODAY + timedelta(days=365)
    assert answers.proposed(before, titles, titles, MERCHANT, today=TODAY)
    assert not answers.proposed(before, titles, titles, MERCHANT, today=year_later)


@given(st.dictionaries(st.sampled_from("abcdef"), ANY))
def test_nothing_is_proposed_that_the_form_would_refuse(before: dict[str, Given]) -> None:
    titles = dict.fromkeys("abcdef", "The same")
    found = answers.proposed(before, titles, titles, MERCHANT, today=TODAY)
    assert all(one.is_carried for one in found.values())
    assert not [one for one in found.values() if answers.problem(one, MERCHANT, today=TODAY)]
