"""Answers: checked, kept as versions with what backed them, and a leaf without free words."""

import json
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from controls.append_only import unguarded
from evidence.models import LedgerEntry
from readiness import answers
from readiness.errors import (
    AnswerError,
    ChangedMeanwhileError,
    NotAllowedError,
    UnknownEntryError,
)
from readiness.facts import Facts
from readiness.models import Answer, StepVersion
from readiness.standing import Backing
from tests import cast
from tests.readiness.ground import Ground

pytestmark = pytest.mark.django_db
QUESTION = "q-sec-01"


def answered(by: User, value: str = "yes", *, reason: str = "", seen: int = 0) -> Answer:
    return answers.answer(QUESTION, value=value, reason=reason, seen=seen, by=by)


def test_an_answer_is_kept_with_who_when_and_a_leaf(ground: Ground) -> None:
    given = answered(ground.alice, "no", reason="Eve writes it.")
    assert (given.number, given.value, given.by) == (1, "no", ground.alice)
    leaf = json.loads(given.ledger_entry.leaf)
    assert (leaf["kind"], leaf["subject"]) == ("readiness.answered", f"readiness:{QUESTION}")
    assert "Eve" not in given.ledger_entry.leaf
    assert given.at == given.ledger_entry.recorded_at


def test_a_yes_without_evidence_is_a_mere_claim(ground: Ground) -> None:
    ground.expect("api-authentication-standard")
    given = answered(ground.alice)
    assert (given.backing, given.evidence) == (Backing.CLAIM, [])


def test_a_yes_keeps_what_showed_it_at_that_moment(ground: Ground) -> None:
    item = ground.show("api-authentication-standard")
    given = answered(ground.alice)
    assert (given.backing, given.evidence) == (Backing.PROVEN, [item.ref])
    assert json.loads(given.ledger_entry.leaf)["body"]["evidence"] == [item.ref]


def test_every_version_stays_and_the_last_one_stands(ground: Ground) -> None:
    answered(ground.alice)
    answered(ground.alice, "not_applicable", reason="There is no API.", seen=1)
    assert [one.number for one in Answer.objects.all()] == [2, 1]
    assert Facts().answers[QUESTION].value == "not_applicable"


def test_the_same_answer_again_changes_nothing(ground: Ground) -> None:
    first = answered(ground.alice)
    leaves = LedgerEntry.objects.count()
    assert answered(ground.alice, seen=1) == first
    assert LedgerEntry.objects.count() == leaves


@pytest.mark.parametrize(
    ("value", "reason", "words"),
    [
        ("maybe", "", "Answer yes, no, or not applicable."),
        ("", "", "Answer yes, no, or not applicable."),
        ("not_applicable", "  ", "Say why it does not apply"),
        ("yes", "x" * 1001, "at most 1000 letters"),
        ("no", "card 4111 1111 1111 1111", "looks like a card number"),
    ],
)
def test_what_does_not_stand_is_refused_and_leaves_nothing(
    value: str, reason: str, words: str, ground: Ground
) -> None:
    leaves = LedgerEntry.objects.count()
    with pytest.raises(AnswerError, match=words):
        answered(ground.alice, value, reason=reason)
    assert not Answer.objects.exists()
    assert LedgerEntry.objects.count() == leaves


@pytest.mark.parametrize("role", ["executive", "control-owner", "reviewer", "auditor", ""])
def test_only_who_keeps_the_programme_may_answer(role: str, ground: Ground) -> None:
    with pytest.raises(NotAllowedError):
        answered(cast.person(*([role] if role else [])))
    assert not Answer.objects.exists()


def test_whoever_was_faster_is_not_overwritten(ground: Ground) -> None:
    answered(ground.alice)
    with pytest.raises(ChangedMeanwhileError):
        answered(ground.alice, "no", seen=0)


def test_an_unknown_question_is_refused(ground: Ground) -> None:
    with pytest.raises(UnknownEntryError):
        answers.answer("q-none", value="yes", reason="", seen=0, by=ground.alice)


@pytest.mark.parametrize(
    "deed",
    [
        lambda: Answer.objects.update(value="no"),
        lambda: Answer.objects.all().delete(),
        lambda: StepVersion.objects.update(note="x"),
    ],
)
def test_the_database_refuses_to_change_what_was_said(
    deed: Callable[[], object], ground: Ground
) -> None:
    from_alice = answered(ground.alice)
    StepVersion.objects.create(
        step="s",
        number=1,
        by=ground.alice,
        at=from_alice.at,
        ledger_entry=from_alice.ledger_entry,
    )
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        deed()
    assert unguarded(connection, ["readiness_answer", "readiness_stepversion"]) == []
