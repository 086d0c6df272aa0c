"""Campaigns followed until later lists prove what was decided, and closed into evidence."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.models import User
from controls.models import Expectation
from evidence import checks, intake, ledger, store
from evidence.models import Evidence, LedgerEntry
from jobs.models import Job
from jobs.performing import drain
from registers import tasks
from registers.campaigns import (
    assigning,
    choosing,
    closing,
    lists,
    outstanding,
    proving,
)
from registers.errors import (
    CampaignError,
    CampaignNotAllowedError,
    ChangedMeanwhileError,
    OwnAccessError,
    PopulationUnfitError,
    ProofError,
    UndecidedError,
)
from registers.models import Campaign, CampaignDecision, CampaignProof
from tests import cast
from tests.audits.world import World
from tests.evidence.test_verification import found, update
from tests.registers.reviewing import MADE, NAMES, Reviewed, lines, listed, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def tokens(alice: User, var_dir: object) -> Reviewed:
    return Reviewed(alice)


def table(evidence: Evidence) -> list[dict[str, str]]:
    text = b"".join(store.stream(evidence.blob_id)).decode()
    return list(csv.DictReader(io.StringIO(text)))


def kinds_of_leaves() -> list[str]:
    found = LedgerEntry.objects.filter(kind__startswith="campaign.").order_by("index")
    return list(found.values_list("kind", flat=True))


# Following


def followed(tokens: Reviewed) -> Campaign:
    """A campaign whose second token is kept and the others not."""
    campaign = tokens.open()
    tokens.decide(campaign, "revoke", 1)
    tokens.decide(campaign, "keep", 2)
    tokens.decide(campaign, "reduce", 3)
    tokens.decide(campaign, "rotate", 4)
    return campaign


def test_a_later_list_proves_what_was_done(tokens: Reviewed, alice: User) -> None:
    campaign = followed(tokens)
    later = listed(
        [
            token(1, revoked_at=MADE),
            token(2),
            token(3, scopes="evidence.read"),
            token(4),
        ]
    )
    outlook = proving.prove(campaign, evidence=later, by=alice)
    assert [each.line.number for each in outlook.done] == [1, 3]
    states = [line.state for line in lines(campaign)]
    assert states == ["proved", "decided", "proved", "unproved"]
    first = CampaignProof.objects.get(line__number=1)
    assert (first.done_on, first.evidence) == (date(2026, 1, 5), later)
    leaves = len(kinds_of_leaves())
    proving.prove(campaign, evidence=later, by=alice)
    assert (len(kinds_of_leaves()), CampaignProof.objects.count()) == (leaves, 2)
    newest = listed([token(2), token(4, created_at="2026-11-21T08:00:00.000000Z")])
    proving.prove(campaign, evidence=newest, by=alice)
    assert {line.state for line in lines(campaign)} == {"proved", "decided"}
    with pytest.raises(CampaignError, match="proves it done"):
        tokens.decide(campaign, "keep", 4)


def test_the_log_tells_of_every_decision_and_proof(tokens: Reviewed, alice: User) -> None:
    campaign = followed(tokens)
    later = listed([token(2), token(3, scopes="viewer"), token(4)])
    proving.prove(campaign, evidence=later, by=alice)
    proving.confirm(lines(campaign, 3)[0], by=tokens.ivan, reason="A viewer may only read.")
    assert found() == []
    decided = CampaignDecision.objects.get(line__number=1)
    update(CampaignDecision, decided.pk, reason="Somebody else asked for it.")
    proved = CampaignProof.objects.get(line__number=3)
    update(CampaignProof, proved.pk, reason="")
    assert [sentence.partition(":")[2] for _, sentence in found()] == [
        " decisions_sha256.",
        " reason_sha256.",
    ]


def test_a_list_from_before_the_decision_proves_nothing(tokens: Reviewed, alice: User) -> None:
    early = listed([token(2)], at=timezone.now() - timedelta(minutes=5))
    campaign = followed(tokens)
    with pytest.raises(ProofError, match="before anything was decided"):
        proving.prove(campaign, evidence=early, by=alice)
    with pytest.raises(ProofError, match="list that was reviewed itself"):
        proving.prove(campaign, evidence=tokens.list, by=alice)


def test_another_list_proves_nothing(tokens: Reviewed, alice: User) -> None:
    campaign = followed(tokens)
    for rows, names, said in (
        ([token(9)], NAMES, "shows 0 of the 1 lines that were kept"),
        ([], NAMES, "is empty"),
        ([("2", "read")], ("token_id", "scopes"), "no column created_at"),
    ):
        with pytest.raises(ProofError, match=said):
            proving.prove(campaign, evidence=listed(rows, names=names), by=alice)
    with pytest.raises(PopulationUnfitError, match="not whole"):
        proving.prove(campaign, evidence=listed([token(2)], partial="Half."), by=alice)
    assert not CampaignProof.objects.exists()


def test_where_nothing_was_kept_only_a_list_of_the_same_source_proves(
    tokens: Reviewed, alice: User
) -> None:
    campaign = tokens.open()
    tokens.decide(campaign, "revoke", 1, 2, 3, 4)
    other = listed([token(9)], runner="collector:elsewhere")
    with pytest.raises(ProofError, match="comes from another source"):
        proving.prove(campaign, evidence=other, by=alice)
    outlook = proving.prove(campaign, evidence=listed([token(9)]), by=alice)
    assert len(outlook.done) == 4


def test_a_form_of_another_person_is_of_the_same_source(tokens: Reviewed) -> None:
    first = listed([token(1)], runner="user:1", at=timezone.now() - timedelta(hours=1))
    second = listed([token(1)], runner="user:2")
    assert lists.later(first) == [second]


def test_a_list_is_read_before_anybody_has_to_wait(
    tokens: Reviewed, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = followed(tokens)
    later = listed([token(2), token(4), *(token(number) for number in range(5, 50))])
    told: list[str] = []
    lock, rows = ledger.lock, lists.rows

    def locked() -> Any:
        told.append("lock")
        return lock()

    def read(table: Any) -> Any:
        told.append("rows")
        return rows(table)

    monkeypatch.setattr(ledger, "lock", locked)
    monkeypatch.setattr(lists, "rows", read)
    proving.prove(campaign, evidence=later, by=alice)
    assert told[:2] == ["rows", "lock"]
    assert "rows" not in told[1:]
    assert len(proving._rows(campaign, later)) == 2


def test_a_list_that_is_too_long_proves_nothing(
    tokens: Reviewed, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = followed(tokens)
    later = listed([token(2), token(4)])
    monkeypatch.setattr(lists, "MOST_LATER", 1)
    monkeypatch.setattr(lists, "rows", None)
    with pytest.raises(ProofError, match="has 2 rows; 1 are the most"):
        proving.look(campaign, later)


def test_exchanged_rights_are_confirmed_by_a_person(tokens: Reviewed, alice: User) -> None:
    campaign = followed(tokens)
    later = listed([token(2), token(3, scopes="viewer"), token(4)])
    proving.prove(campaign, evidence=later, by=alice)
    third = lines(campaign, 3)[0]
    assert proving.may_be_confirmed(third)
    with pytest.raises(ProofError, match="No later list"):
        proving.confirm(lines(campaign, 4)[0], by=alice, reason="It is less.")
    with pytest.raises(CampaignNotAllowedError):
        proving.confirm(third, by=cast.person("executive"), reason="It is less.")
    proof = proving.confirm(third, by=alice, reason="A viewer only reads.")
    assert (proof.by, proof.reason) == (alice, "A viewer only reads.")
    assert lines(campaign, 3)[0].state == "proved"


def test_nobody_confirms_what_is_their_own(tokens: Reviewed, alice: User) -> None:
    tokens.list = listed([token(1, alice.email)], at=timezone.now() - timedelta(hours=1))
    campaign = tokens.open()
    tokens.decide(campaign, "reduce", 1)
    later = listed([token(1, alice.email, scopes="viewer")])
    proving.prove(campaign, evidence=later, by=alice)
    with pytest.raises(OwnAccessError):
        proving.confirm(lines(campaign, 1)[0], by=alice, reason="It is less.")


def test_the_schedule_looks_up_later_lists_of_the_same_source(tokens: Reviewed) -> None:
    campaign = followed(tokens)
    listed([token(2), token(3), token(4)], runner="collector:elsewhere")
    tasks.follow_campaigns(timezone.now())
    assert not Job.objects.filter(kind=tasks.FOLLOW).exists()
    # Own collectors write their release into the name of the system.
    later = listed([token(2), token(3), token(4)], source="Payment API 2.0")
    tasks.follow_campaigns(timezone.now())
    tasks.follow_campaigns(timezone.now())
    drain()
    job = Job.objects.get(kind=tasks.FOLLOW)
    assert job.result == {"campaign": "CMP-1", "proved": 1}
    assert lines(campaign, 1)[0].followed_in == later


# Closing


@pytest.fixture
def expected(world: World) -> Expectation:
    return world.expect(world.access, "api-token-review", kind="state")


def test_it_closes_into_evidence_with_every_decision(
    tokens: Reviewed, alice: User, expected: Expectation
) -> None:
    tokens.list = listed([token(1), token(2), token(3, revoked_at=MADE)])
    campaign = tokens.open()
    tokens.decide(campaign, "keep", 1, why="Used every day.")
    tokens.decide(campaign, "revoke", 2, why="Nobody knows it.")
    evidence = closing.close(campaign, by=alice)
    first, second = table(evidence)
    assert (first["account"], first["decision"], first["reason"]) == (
        "1",
        "keep",
        "Used every day.",
    )
    assert (second["reviewer"], second["state"]) == ("ivan@example.org", "decided")
    assert second["listed_purpose"] == "Reports 2"
    assert first["reviewed_on"] == lists.local_day(timezone.now()).isoformat()
    assert evidence.claims.get().expectation == expected
    assert evidence.covers_from == evidence.covers_to == lists.day_of(tokens.list)
    assert evidence.prepared_by == alice
    ipe = evidence.population.ipe
    assert (ipe["collector"], ipe["source_count"]) == ("campaign_token", 2)
    assert "has 3 rows: 2 lines here, and 1 ended already left out" in ipe["completeness"]
    assert (campaign.state, campaign.evidence, campaign.closed_by) == ("closed", evidence, alice)
    assert kinds_of_leaves()[-1] == "campaign.closed"


def test_a_signature_alone_is_no_review(tokens: Reviewed, alice: User) -> None:
    campaign = tokens.open()
    tokens.decide(campaign, "keep", 1, 2, 3)
    before = Evidence.objects.count()
    with pytest.raises(UndecidedError, match="1 line has no decision yet"):
        closing.close(campaign, by=alice)
    campaign.refresh_from_db()
    assert (campaign.state, Evidence.objects.count()) == ("open", before)
    tokens.decide(campaign, "keep", 4)
    with pytest.raises(CampaignNotAllowedError):
        closing.close(campaign, by=tokens.ivan)


def test_a_closed_campaign_stands(tokens: Reviewed, alice: User) -> None:
    campaign = tokens.open()
    tokens.decide(campaign, "keep", 1, 2, 3, 4)
    closing.close(campaign, by=alice)
    with pytest.raises(CampaignError, match="closed already"):
        closing.close(campaign, by=alice)
    with pytest.raises(CampaignError, match="its decisions stand"):
        tokens.decide(campaign, "revoke", 1)
    with pytest.raises(CampaignError, match="is closed"):
        assigning.assign(campaign, lines=lines(campaign, 1), reviewer=alice, by=alice)


def test_a_commit_in_doubt_never_costs_the_bytes(
    tokens: Reviewed, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = tokens.open()
    tokens.decide(campaign, "keep", 1, 2, 3, 4)
    recorded = closing._recorded

    def lost(*args: Any, **more: Any) -> Any:
        recorded(*args, **more)
        raise OperationalError("The connection broke on COMMIT.")

    monkeypatch.setattr(closing, "_recorded", lost)
    with pytest.raises(OperationalError):
        closing.close(campaign, by=alice)
    campaign.refresh_from_db()
    assert campaign.evidence
    assert len(table(campaign.evidence)) == 4


def test_checks_that_broke_off_run_when_closing_is_asked_again(
    tokens: Reviewed, world: World, expected: Expectation, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.check.expectation = expected
    world.check.save()
    campaign = tokens.open()
    tokens.decide(campaign, "keep", 1, 2, 3, 4)

    def broken(*_: Any, **__: Any) -> Any:
        raise OperationalError("The server was stopped.")

    with monkeypatch.context() as during:
        during.setattr(checks, "run", broken)
        with pytest.raises(OperationalError):
            closing.close(campaign, by=tokens.alice)
    campaign.refresh_from_db()
    evidence = campaign.evidence
    assert evidence
    assert not evidence.check_results.exists()
    assert closing.is_unchecked(campaign)
    assert closing.close(campaign, by=tokens.alice) == evidence
    assert evidence.check_results.count() == 1
    for deed in (closing.close, closing.issue_again):
        with pytest.raises(CampaignError):
            deed(campaign, by=tokens.alice)


def test_proofs_that_come_later_make_a_new_version(tokens: Reviewed, alice: User) -> None:
    campaign = followed(tokens)
    first = closing.close(campaign, by=alice)
    with pytest.raises(CampaignError, match="Nothing has been proved since"):
        closing.issue_again(campaign, by=alice)
    later = listed([token(2), token(3), token(4)])
    proving.prove(campaign, evidence=later, by=alice)
    second = closing.issue_again(campaign, by=alice)
    assert second.supersedes == first
    assert table(second)[0]["proved_by"] == later.ref
    assert table(second)[0]["done_on"] == lists.day_of(later).isoformat()
    assert kinds_of_leaves()[-1] == "campaign.reissued"


def test_a_decision_in_between_is_not_lost(
    tokens: Reviewed, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = tokens.open()
    tokens.decide(campaign, "keep", 1, 2, 3, 4)
    prepare = intake.prepare

    def slowly(sent: Any) -> Any:
        tokens.decide(campaign, "revoke", 1)
        return prepare(sent)

    monkeypatch.setattr(intake, "prepare", slowly)
    with pytest.raises(ChangedMeanwhileError):
        closing.close(campaign, by=alice)
    assert Campaign.objects.get().state == "open"


# What waits for whom


def test_open_lines_are_told_by_person_and_due_day(tokens: Reviewed, alice: User) -> None:
    campaign = tokens.open()
    assigning.assign(campaign, lines=lines(campaign, 1), reviewer=alice, by=alice)
    tokens.decide(campaign, "keep", 2)
    told = {(one.person, one.count, one.due_on) for one in outstanding.open_lines()}
    due = campaign.due_on
    assert told == {(alice, 1, due), (tokens.ivan, 2, due)}
    (own,) = outstanding.open_lines(alice)
    assert (own.campaign, own.count) == (campaign, 1)


def test_lines_are_chosen_by_state_reviewer_and_words(tokens: Reviewed, alice: User) -> None:
    campaign = tokens.open()
    tokens.decide(campaign, "revoke", 1)
    tokens.decide(campaign, "keep", 2)

    def numbers(**asked: Any) -> list[int]:
        found = choosing.lines(campaign, choosing.Choice(**asked))
        return [line.number for line in found]

    assert numbers(state="open") == [3, 4]
    assert numbers(decision="followed") == [1]
    assert numbers(decision="keep") == [2]
    assert numbers(reviewer=str(alice.pk)) == []
    assert numbers(reviewer="nobody") == []
    assert numbers(words="EVE@", numbers=(2, 3)) == [2, 3]
    assert numbers(state="odd", reviewer="x" * 30, decision="odd") == [1, 2, 3, 4]
