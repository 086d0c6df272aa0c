"""What is seen while a source answers, and how long it may take."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from collectors.deadline import Deadline
from collectors.errors import SourceUnreachableError
from collectors.trail import MOST_DIGESTS, MOST_SHORTFALLS, Trail
from jobs.errors import TransientError

CLOCK = datetime(2026, 11, 21, tzinfo=UTC)


def test_every_answer_is_counted_and_digested() -> None:
    trail = Trail()
    trail.saw(b"one", clock=CLOCK)
    trail.saw(b"two")
    trail.saw_digest("ab" * 32)
    assert trail.pages == 3
    assert trail.raw_digests == [
        sha256(b"one").hexdigest(),
        sha256(b"two").hexdigest(),
        "ab" * 32,
    ]
    assert trail.source_clock == CLOCK


def test_only_an_answer_or_a_count_proves_that_there_is_nothing() -> None:
    assert not Trail().proves_emptiness
    assert not Trail(source_count=3).proves_emptiness
    assert Trail(source_count=0).proves_emptiness
    seen = Trail()
    seen.saw(b"[]")
    assert seen.proves_emptiness


def test_a_long_list_is_held_by_one_digest_of_all_answers() -> None:
    trail = Trail()
    digests = [sha256(str(number).encode()).hexdigest() for number in range(MOST_DIGESTS + 5)]
    for digest in digests:
        trail.saw_digest(digest)
    assert trail.raw_digests == digests[:MOST_DIGESTS]
    assert trail.pages == MOST_DIGESTS + 5
    told = "".join(f"{digest}\n" for digest in digests)
    assert trail.raw_digest == sha256(told.encode()).hexdigest()


def test_the_digest_of_all_answers_tells_their_order() -> None:
    one, other = Trail(), Trail()
    for trail, bodies in ((one, (b"1", b"2")), (other, (b"2", b"1"))):
        for body in bodies:
            trail.saw(body)
    assert one.raw_digest != other.raw_digest
    assert Trail().raw_digest == ""


def test_the_same_shortfall_is_told_once_and_not_for_ever() -> None:
    trail = Trail()
    for number in range(MOST_SHORTFALLS + 5):
        trail.lacks("The cellar was dark.")
        trail.lacks(f"Room {number} was locked.")
    assert trail.shortfalls[:2] == ["The cellar was dark.", "Room 0 was locked."]
    assert len(trail.shortfalls) == MOST_SHORTFALLS


def test_shortfalls_add_up() -> None:
    trail = Trail()
    trail.lacks("The cellar was dark.")
    trail.lacks("The attic was locked.")
    assert trail.shortfalls == ["The cellar was dark.", "The attic was locked."]


def test_time_runs_out() -> None:
    assert 9 < Deadline.after(timedelta(seconds=10)).left() <= 10
    assert Deadline.after(timedelta(seconds=10)).left(at_most=2) == 2
    with pytest.raises(SourceUnreachableError, match="after 0 seconds") as caught:
        Deadline.after(timedelta(0)).left()
    assert isinstance(caught.value, TransientError)
