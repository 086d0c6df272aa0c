"""The journal: told inside deeds, kept by whoever was named, never silently dropped."""

import pytest

from accounts import journal as journal_desk
from accounts.errors import JournalError
from tests.cast import Journal, Leaf


def test_it_hands_each_event_to_the_keeper(journal: Journal) -> None:
    journal_desk.tell("role.granted", subject="user:1", body={"role": "auditor"}, actor="user:2")
    assert journal.leaves == [Leaf("role.granted", "user:1", {"role": "auditor"}, "user:2")]


def test_it_refuses_to_forget_an_event_that_nobody_keeps(journal: Journal) -> None:
    journal_desk.keep_with(None)  # type: ignore[arg-type]
    with pytest.raises(JournalError, match="Nobody keeps the journal"):
        journal_desk.tell("role.granted", subject="user:1", body={}, actor="system")


def test_the_keeper_named_last_keeps(journal: Journal) -> None:
    other = Journal()
    journal_desk.keep_with(other.keep)
    journal_desk.tell("role.granted", subject="user:1", body={}, actor="system")
    assert (journal.kinds(), other.kinds()) == ([], ["role.granted"])


@pytest.mark.parametrize(
    "body",
    [
        {"amount": 1.5},
        {"list": [1, [2.0]]},
        {"inner": {"when": object()}},
        {1: "a number as a key"},
        {"raw": b"bytes"},
    ],
)
def test_it_refuses_what_canonical_json_cannot_hold(
    journal: Journal, body: dict[str, object]
) -> None:
    with pytest.raises(JournalError, match="journal entry"):
        journal_desk.tell("role.granted", subject="user:1", body=body, actor="system")
    assert journal.leaves == []


def test_it_keeps_all_that_canonical_json_holds(journal: Journal) -> None:
    body = {"text": "é", "whole": -3, "yes": True, "none": None, "list": ["a", {"b": []}]}
    journal_desk.tell("role.granted", subject="user:1", body=body, actor="system")
    assert journal.last.body == body


def test_words_are_told_as_their_digest() -> None:
    # SHA-256 of "abc" is the first test vector of FIPS 180-4.
    assert journal_desk.digest("abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
