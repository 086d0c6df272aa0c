"""The interview: which form fits, why, and what another answer changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merchants import questionnaire, questions
from merchants.questions import CHANNELS, D_MERCHANT, D_PROVIDER, NO, YES, choose

NOTHING = {"provider": NO, "stores": NO, "e-commerce": NO, "moto": NO, "card-present": NO}
_ALL = (questions.PROVIDER, questions.STORES, *questions.TAKES.values(), *questions.HOW.values())
ANSWERS = st.fixed_dictionaries(
    {one.id: st.sampled_from([choice.word for choice in one.choices]) for one in _ALL}
)


def with_(**changes: str) -> dict[str, str]:
    return {**NOTHING, **{name.replace("_", "-"): word for name, word in changes.items()}}


@pytest.mark.parametrize(
    ("answers", "form_type"),
    [
        (with_(provider=YES), D_PROVIDER),
        (with_(stores=YES, moto=YES), D_MERCHANT),
        (with_(e_commerce=YES, e_commerce_how="outsourced"), "A"),
        (with_(e_commerce=YES, e_commerce_how="own_page"), "A-EP"),
        (with_(e_commerce=YES, e_commerce_how="received"), D_MERCHANT),
        (with_(moto=YES, moto_how="outsourced"), "A"),
        (with_(moto=YES, moto_how="virtual_terminal"), "C-VT"),
        (with_(card_present=YES, card_present_how="dial_out"), "B"),
        (with_(card_present=YES, card_present_how="ip_terminal"), "B-IP"),
        (with_(card_present=YES, card_present_how="p2pe"), "P2PE"),
        (with_(card_present=YES, card_present_how="spoc"), "SPoC"),
        (with_(card_present=YES, card_present_how="application"), "C"),
        (with_(card_present=YES, card_present_how="other"), D_MERCHANT),
    ],
)
def test_a_business_gets_the_form_of_its_way_of_payment(
    answers: dict[str, str], form_type: str
) -> None:
    outcome = choose(answers)
    assert outcome.form_type == form_type
    assert outcome.reasons
    assert not outcome.open_questions


def test_two_ways_with_one_form_need_it_once() -> None:
    both = with_(e_commerce=YES, e_commerce_how="outsourced", moto=YES, moto_how="outsourced")
    assert choose(both).form_type == "A"
    assert choose(both).alternatives == ()


def test_ways_with_different_forms_have_d_or_one_each() -> None:
    mixed = with_(e_commerce=YES, e_commerce_how="outsourced", card_present=YES,
                  card_present_how="p2pe")  # fmt: skip
    outcome = choose(mixed)
    assert outcome.form_type == D_MERCHANT
    assert outcome.alternatives == ("A", "P2PE")
    assert "ask your acquirer" in outcome.reasons[-1]


def test_a_statement_that_is_not_true_blocks_the_form_and_is_named() -> None:
    answers = with_(e_commerce=YES, e_commerce_how="outsourced")
    outcome = choose(answers, failed={"A": ["Each provider is compliant."]})
    assert outcome.form_type == D_MERCHANT
    assert any("Each provider is compliant." in reason for reason in outcome.reasons)


def test_what_was_not_answered_is_asked_and_nothing_is_proposed() -> None:
    outcome = choose({"provider": NO, "stores": NO, "e-commerce": YES, "moto": NO})
    assert outcome.form_type == ""
    assert [one.id for one in outcome.open_questions] == ["e-commerce-how", "card-present"]
    assert choose(with_(e_commerce="perhaps")).open_questions[0].id == "e-commerce"


def test_without_any_way_of_payment_no_form_is_needed() -> None:
    assert choose(NOTHING).form_type == ""
    assert choose(NOTHING).open_questions == ()


def test_another_answer_shows_what_changes() -> None:
    before = choose(with_(e_commerce=YES, e_commerce_how="outsourced"))
    after = choose(with_(e_commerce=YES, e_commerce_how="own_page"))
    change = questions.changes(before, after)
    assert change.is_other_form
    assert (change.before, change.after) == ("A", "A-EP")
    assert change.lost == before.reasons
    assert change.gained == after.reasons
    assert not questions.changes(before, before).is_other_form


@given(ANSWERS)
def test_whatever_is_answered_leads_to_a_form_that_there_is(answers: dict[str, str]) -> None:
    outcome = choose(answers)
    taken = questions.channels_of(answers)
    assert not outcome.open_questions
    assert outcome.reasons
    if answers["provider"] == YES:
        assert outcome.form_type == D_PROVIDER
    elif not taken:
        assert outcome.form_type == ""
    else:
        assert outcome.form_type in questionnaire.TYPES
        assert set(outcome.by_channel) == set(taken)
        assert set(outcome.by_channel.values()) == {outcome.form_type} or outcome.alternatives


@given(ANSWERS, st.sampled_from(["A", "B", "C", "P2PE", "A-EP", "C-VT"]))
def test_a_failed_statement_never_leads_to_its_form(answers: dict[str, str], failed: str) -> None:
    outcome = choose(answers, failed={failed: ["It is so."]})
    assert failed not in {outcome.form_type, *outcome.by_channel.values()}


@given(ANSWERS)
def test_only_what_is_asked_matters(answers: dict[str, str]) -> None:
    asked = {one.id for one in questions.asked(answers)}
    assert choose({name: word for name, word in answers.items() if name in asked}) == choose(
        answers
    )


def test_each_way_of_payment_has_its_questions() -> None:
    assert set(questions.TAKES) == set(questions.HOW) == set(CHANNELS)
    leads_to = {choice.form_type for one in questions.HOW.values() for choice in one.choices}
    assert leads_to | {D_PROVIDER} == set(questionnaire.TYPES)
