"""Reviews: by another person than the preparer, bound to the digest, each a leaf."""

import json

import pytest

from accounts.models import User
from evidence import intake, review
from evidence.errors import ReviewError
from evidence.models import LedgerEntry, Review
from tests.evidence import items

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def test_alice_accepts_what_a_collector_brought(alice: User) -> None:
    evidence = intake.receive(items.submission(), actor="collector:restore")
    decision = review.accept(evidence, reviewer=alice)
    assert decision.digest == evidence.blob_id
    leaf = json.loads(LedgerEntry.objects.get(kind="review").leaf)
    assert leaf["body"]["decision"] == "accepted"
    assert leaf["body"]["reviewer"] == f"user:{alice.pk}"
    assert leaf["body"]["prepared_by"] == ""


def test_nobody_reviews_what_they_prepared(alice: User) -> None:
    evidence = intake.receive(items.submission(prepared_by=alice), actor=f"user:{alice.pk}")
    with pytest.raises(ReviewError, match="Another person"):
        review.accept(evidence, reviewer=alice)
    assert not Review.objects.exists()


def test_charlie_may_not_review(charlie: User) -> None:
    evidence = intake.receive(items.submission(), actor="system")
    with pytest.raises(ReviewError, match="roles"):
        review.accept(evidence, reviewer=charlie)


def test_a_return_needs_a_reason(alice: User) -> None:
    evidence = intake.receive(items.submission(), actor="system")
    with pytest.raises(ReviewError, match="why"):
        review.return_with_reason(evidence, reviewer=alice, reason="  ")
    assert review.return_with_reason(evidence, reviewer=alice, reason="Wrong month.").pk


def test_the_same_decision_twice_is_refused_and_another_one_is_added(alice: User) -> None:
    evidence = intake.receive(items.submission(), actor="system")
    review.accept(evidence, reviewer=alice)
    with pytest.raises(ReviewError, match="accepted already"):
        review.accept(evidence, reviewer=alice)
    review.return_with_reason(evidence, reviewer=alice, reason="Filter was on.")
    assert [one.decision for one in evidence.reviews.all()] == ["accepted", "returned"]


def test_an_older_version_cannot_be_accepted_any_more(alice: User) -> None:
    old = intake.receive(items.submission(), actor="system")
    intake.receive(items.submission(content=b"new", supersedes=old), actor="system")
    with pytest.raises(ReviewError, match="newer version"):
        review.accept(old, reviewer=alice)
