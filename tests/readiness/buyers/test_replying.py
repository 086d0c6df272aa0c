"""Replying to a buyer: by a person, with what was seen, and so that the library learns."""

from pathlib import Path

import pytest

from accounts.models import User
from evidence.models import LedgerEntry
from readiness.buyers import desk, outcome, replying
from readiness.buyers.library import Library, starters
from readiness.errors import (
    AnswerError,
    ChangedMeanwhileError,
    LibraryError,
    NotAllowedError,
    QuestionnaireError,
)
from readiness.models import BuyerQuestionnaire, BuyerReply, LearntWording
from registers import entries, registry
from registers.models import Entry
from tests import cast
from tests.readiness.buyers import asking
from tests.readiness.ground import Ground

BOOK = registry.get("buyer_answers")


def confirm(questionnaire: BuyerQuestionnaire, number: str, by: User, *, teach: bool = True) -> int:
    question = asking.question(questionnaire, number)
    chosen = {question.pk: asking.seen(question)}
    return replying.confirm(questionnaire, chosen=chosen, by=by, teach=teach)


def test_a_confirmed_proposal_keeps_the_words_of_its_version(
    opened: BuyerQuestionnaire, mfa: Entry, alice: User
) -> None:
    assert confirm(opened, "IAM-14.1", alice) == 1
    given = asking.answer(controls="AC-01", answer="Yes, since 2020.")
    entries.change(mfa, register=BOOK, given=given, by=alice, reason="Shorter.")
    said = BuyerReply.objects.get()
    assert (said.short, said.text) == ("yes", "Yes. A sign-in without one is refused.")
    assert (said.entry_version, said.by) == (1, alice)
    leaf = LedgerEntry.objects.get(kind="readiness.replied")
    assert leaf.subject == f"questionnaire:{opened.ref}"


def test_an_answer_that_changed_since_it_was_seen_is_not_confirmed(
    opened: BuyerQuestionnaire, mfa: Entry, alice: User
) -> None:
    question = asking.question(opened, "IAM-14.1")
    chosen = {question.pk: asking.seen(question)}
    given = asking.answer(controls="AC-01", answer="No longer.")
    entries.change(mfa, register=BOOK, given=given, by=alice, reason="It changed.")
    with pytest.raises(ChangedMeanwhileError):
        replying.confirm(opened, chosen=chosen, by=alice, teach=False)
    assert not BuyerReply.objects.exists()


def test_what_has_no_proposal_cannot_be_confirmed(
    opened: BuyerQuestionnaire, mfa: Entry, alice: User
) -> None:
    question = asking.question(opened, "BCR-08.1")
    with pytest.raises(ChangedMeanwhileError):
        replying.confirm(
            opened, chosen={question.pk: replying.Seen(mfa.pk, 1)}, by=alice, teach=False
        )
    with pytest.raises(QuestionnaireError, match="Tick"):
        replying.confirm(opened, chosen={}, by=alice, teach=False)


def test_a_confirmed_wording_is_recorded_the_next_time(
    mfa: Entry, alice: User, tmp_path: Path
) -> None:
    near = "Do all staff sign in with a second factor of any kind?"
    first = Library().matcher.propose(near)
    assert first is not None
    assert first.score < 100
    with_it = asking.opened(tmp_path, alice, filename="a.xlsx")
    question = asking.question(with_it, "IAM-14.1")
    question.text, question.score = near, first.score
    question.save()
    confirm(with_it, "IAM-14.1", alice)
    learnt = LearntWording.objects.get()
    assert (learnt.entry, learnt.number, learnt.text, learnt.by) == (mfa, 1, near, alice)
    again = Library().matcher.propose(near)
    assert again is not None
    assert again.score == 100


def test_a_known_wording_is_not_learnt_twice(opened: BuyerQuestionnaire, alice: User) -> None:
    confirm(opened, "IAM-14.1", alice)
    assert not LearntWording.objects.exists()


def test_who_keeps_no_registers_answers_without_teaching(opened: BuyerQuestionnaire) -> None:
    reviewer = cast.person("reviewer")
    with pytest.raises(NotAllowedError, match="not teach"):
        confirm(opened, "IAM-14.1", reviewer)
    assert confirm(opened, "IAM-14.1", reviewer, teach=False) == 1


def test_own_words_follow_and_leave_the_first_reply(
    opened: BuyerQuestionnaire, alice: User
) -> None:
    confirm(opened, "IAM-14.1", alice)
    question = asking.question(opened, "IAM-14.1")
    replying.reply(question, short="no", text="Not the gardener.", seen=1, by=alice)
    assert list(question.replies.values_list("number", "short")) == [(2, "no"), (1, "yes")]
    with pytest.raises(ChangedMeanwhileError):
        replying.reply(question, short="", text="Late.", seen=1, by=alice)
    replying.reply(question, short="", text="", seen=2, by=alice)
    question.refresh_from_db()
    assert question.state == "left"


@pytest.mark.parametrize(
    ("short", "text", "words"),
    [
        ("maybe", "Perhaps.", "yes, no, or not applicable"),
        ("yes", " ", "in words too"),
        ("", "x" * 4001, "at most"),
        ("", "Our card is 4111 1111 1111 1111.", "card number"),
    ],
)
def test_what_is_no_answer_is_refused(
    opened: BuyerQuestionnaire, alice: User, short: str, text: str, words: str
) -> None:
    question = asking.question(opened, "BCR-08.1")
    with pytest.raises(AnswerError, match=words):
        replying.reply(question, short=short, text=text, seen=0, by=alice)


def test_nobody_else_replies(opened: BuyerQuestionnaire, charlie: User) -> None:
    question = asking.question(opened, "BCR-08.1")
    with pytest.raises(NotAllowedError):
        replying.reply(question, short="", text="Hello.", seen=0, by=charlie)


def test_lines_say_source_backing_and_what_is_missing(
    opened: BuyerQuestionnaire, alice: User, ground: Ground
) -> None:
    confirm(opened, "IAM-14.1", alice)
    replying.reply(
        asking.question(opened, "CEK-03.1"), short="", text="In a safe.", seen=0, by=alice
    )
    lines = {one.number: one for one in outcome.lines(opened)}
    backed = lines["IAM-14.1"]
    assert backed.is_backed
    assert backed.source.startswith("Source: AC-01; EV-")
    assert "evidence as of" in backed.source
    assert backed.ref.endswith("version 1")
    own = lines["CEK-03.1"]
    assert own.is_answered
    assert not own.is_backed
    assert own.source == "Source: our own words; not backed by evidence."
    assert "no answer that is near" in lines["BCR-08.1"].missing


def test_a_library_begins_once_with_the_starters(ground: Ground) -> None:
    for one in starters():
        for ref in one.controls:
            ground.control(ref)
    taken = replying.begin_library(by=ground.alice, read_by="eve@example.org")
    assert taken == len(starters()) == Entry.objects.filter(register=BOOK.slug).count()
    assert LearntWording.objects.count() == sum(len(one.asked) for one in starters())
    with pytest.raises(LibraryError, match="has answers already"):
        replying.begin_library(by=ground.alice, read_by="eve@example.org")


def test_a_library_begins_with_what_the_programme_has(ground: Ground) -> None:
    with pytest.raises(LibraryError, match="Load the catalogue first"):
        replying.begin_library(by=ground.alice, read_by="eve@example.org")
    ground.expect("staff-mfa-state", control="AC-01")
    assert replying.begin_library(by=ground.alice, read_by="eve@example.org") == 1
    said = Entry.objects.get().values
    assert (said["controls"], said["kinds"]) == ("AC-01", "staff-mfa-state")


def test_an_answer_of_the_library_found_later_is_proposed(
    opened: BuyerQuestionnaire, alice: User
) -> None:
    given = asking.answer(question="Is there a statement about modern slavery?", controls="AC-01")
    made = entries.add(BOOK, given=given, by=alice)
    assert desk.propose_again(opened, by=alice) == 2
    assert asking.question(opened, "BCR-08.1").proposed == made
