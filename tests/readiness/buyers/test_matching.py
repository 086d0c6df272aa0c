"""The best answer for a question: recorded words first, then the nearest, and nothing below."""

from pathlib import Path

import pytest
import yaml

from readiness.buyers import library, matching
from readiness.buyers.matching import How, Matcher, Wording

ASKED = yaml.safe_load((Path(__file__).parent / "questions.yaml").read_text("utf-8"))
STARTERS = library.starters()


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(
        [
            Wording(key, text)
            for key, one in enumerate(STARTERS)
            for text in (one.question, *one.asked)
        ]
    )


def test_a_recorded_question_is_found_whatever_its_case_spaces_and_signs(matcher: Matcher) -> None:
    found = matcher.propose("  DO all staff\nsign in, with a second-factor ")
    assert found is not None
    assert (found.score, found.how) == (100, How.RECORDED)
    assert STARTERS[found.answer].question == "Do all staff sign in with a second factor?"


def test_the_wording_that_was_learnt_last_stands() -> None:
    matcher = Matcher([Wording(1, "Is it safe?"), Wording(2, "is it safe")])
    found = matcher.propose("Is it safe?")
    assert found is not None
    assert found.answer == 2


def test_a_word_more_is_near_and_never_recorded(matcher: Matcher) -> None:
    found = matcher.propose("Do all staff sign in with a second factor today?")
    assert found is not None
    assert found.how is How.SIMILAR
    assert matching.LEAST <= found.score < matching.RECORDED


@pytest.mark.parametrize("text", ["", "   ", "?!", "Do you?", "Sind Sie versichert?"])
def test_nothing_is_proposed_for_what_says_nothing(matcher: Matcher, text: str) -> None:
    assert matcher.propose(text) is None


def test_an_empty_library_proposes_nothing() -> None:
    assert Matcher([]).propose("Is data encrypted?") is None


def test_questions_of_buyers_find_their_answer_and_others_find_none(matcher: Matcher) -> None:
    """Measured: 28 of 30 right at a score of at least LEAST, and 20 of 22 without a proposal."""
    right = none = 0
    for text, begins in ASKED.items():
        found = matcher.propose(text)
        if begins:
            right += found is not None and STARTERS[found.answer].question.startswith(begins)
        else:
            none += found is None
    assert right >= 27
    assert none >= 20


def test_a_starter_wording_belongs_to_one_answer() -> None:
    texts = [matching.same(text) for one in STARTERS for text in (one.question, *one.asked)]
    assert len(texts) == len(set(texts))
