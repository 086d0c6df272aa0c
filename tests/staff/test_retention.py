"""The card of retention on an item's page, and its deeds: two people, a reason, never too early."""

from datetime import date
from pathlib import Path

import pytest

from accounts.models import User
from evidence import intake, keeping, retention
from evidence.models import Evidence
from evidence.retention_models import Disposal, LegalHold, RetentionDecision, RetentionProposal
from tests import cast
from tests.evidence import items
from tests.staff import desk
from tests.staff.desk import Desk, told

PAGE = "evidence_evidence_change"
WHY = "The customer left; their data must go."


@pytest.fixture
def item(var_dir: Path, db: None) -> Evidence:
    assert var_dir.is_dir()
    return intake.receive(items.submission(), actor="system")


@pytest.fixture
def erins(var_dir: Path, db: None) -> Desk:
    return desk.at(cast.person("compliance-lead", email="erin@example.org", full_name="Erin Two"))


@pytest.fixture
def over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The retention of everything is over."""
    monkeypatch.setattr(retention, "_after", lambda _day, _months: date(2020, 1, 1))


def test_it_says_until_when_and_why_it_cannot_go(alices: Desk, item: Evidence) -> None:
    text = alices.text(PAGE, item.pk)
    assert "Kept until" in text
    assert "All other evidence" in text
    assert "must be kept until" in text
    assert "Dispose of the content" not in text


def test_a_hold_is_placed_and_lifted_by_two(alices: Desk, erins: Desk, item: Evidence) -> None:
    answer = alices.post("retention_hold", item.pk, reason="The regulator asked.", follow=True)
    assert "under a legal hold" in told(answer)
    assert "The regulator asked." in desk.words(answer)
    hold = LegalHold.objects.get()
    alices.post("retention_lift", hold.pk, reason="The matter is closed.")
    lift = RetentionProposal.objects.get()
    assert "You proposed this" in alices.text(PAGE, item.pk)
    answer = alices.post("retention_decide", lift.pk, answer="approve", follow=True)
    assert "Another person must decide" in told(answer)
    answer = erins.post("retention_decide", lift.pk, answer="approve", follow=True)
    assert "took effect" in told(answer)
    assert "Lifted" in desk.words(answer)
    assert not keeping.in_force([item]).exists()


@pytest.mark.usefixtures("over")
def test_content_is_disposed_of_by_two_and_every_page_says_so(
    alices: Desk, erins: Desk, item: Evidence
) -> None:
    assert "Dispose of the content" in alices.text(PAGE, item.pk)
    alices.post("retention_dispose", item.pk, reason=WHY)
    proposal = RetentionProposal.objects.get()
    answer = erins.post("retention_decide", proposal.pk, answer="approve", follow=True)
    assert f"because: {WHY}" in desk.words(answer)
    assert Disposal.objects.get().blob_id == item.blob_id
    answer = alices.post("evidence_download", item.pk, follow=True)
    assert f"because: {WHY}" in told(answer)


@pytest.mark.usefixtures("over")
def test_a_proposal_can_be_refused(alices: Desk, erins: Desk, item: Evidence) -> None:
    alices.post("retention_dispose", item.pk, reason=WHY)
    proposal = RetentionProposal.objects.get()
    answer = erins.post(
        "retention_decide", proposal.pk, answer="refuse", note="We need it.", follow=True
    )
    assert "nothing changed" in told(answer)
    assert "We need it." in desk.words(answer)
    assert not RetentionDecision.objects.get().is_approved
    assert not Disposal.objects.exists()


def test_without_a_reason_nothing_is_done(alices: Desk, item: Evidence) -> None:
    assert "Say why" in told(alices.post("retention_hold", item.pk, follow=True))
    assert not LegalHold.objects.exists()


def test_a_reviewer_reads_and_does_nothing(item: Evidence) -> None:
    reviewers = desk.at(cast.person("reviewer"))
    assert "Place a legal hold" not in reviewers.text(PAGE, item.pk)
    assert reviewers.post("retention_hold", item.pk, reason=WHY).status_code == 403
    assert reviewers.post("retention_dispose", item.pk, reason=WHY).status_code == 403


def test_deeds_refuse_a_wrong_method_and_strangers(
    alices: Desk, item: Evidence, strangers: tuple[User, ...]
) -> None:
    hold = keeping.place_hold(item, by=alices.user, reason="The regulator asked.")
    lift = keeping.propose_lift(hold, by=alices.user, reason="The matter is closed.")
    deeds = {
        "retention_hold": item.pk,
        "retention_dispose": item.pk,
        "retention_lift": hold.pk,
        "retention_decide": lift.pk,
    }
    for name, pk in deeds.items():
        assert alices.get(name, pk).status_code == 405
        desk.assert_refused(name, pk, strangers=strangers)
        assert alices.post(name, 10**6, reason=WHY).status_code == 404
