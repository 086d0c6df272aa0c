"""Campaigns opened over a list, given out to reviewers, and decided line by line."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import User
from evidence.models import LedgerEntry
from registers.campaigns import (
    assigning,
    choosing,
    deciding,
    lists,
    opening,
)
from registers.campaigns.columns import Columns
from registers.errors import (
    CampaignError,
    CampaignNotAllowedError,
    ChangedMeanwhileError,
    NotYourLineError,
    OwnAccessError,
    PopulationUnfitError,
)
from registers.models import Campaign, CampaignDecision, CampaignLine
from tests.audits.world import World
from tests.registers.reviewing import MADE, NAMES, Reviewed, lines, listed, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def tokens(alice: User, var_dir: object) -> Reviewed:
    return Reviewed(alice)


def kinds_of_leaves() -> list[str]:
    found = LedgerEntry.objects.filter(kind__startswith="campaign.").order_by("index")
    return list(found.values_list("kind", flat=True))


def reviewers(campaign: Campaign) -> list[str]:
    return [str(line.reviewer) if line.reviewer else "" for line in lines(campaign)]


# Opening


def test_each_row_becomes_a_line_with_a_reviewer(tokens: Reviewed) -> None:
    campaign = tokens.open()
    assert (campaign.ref, campaign.line_count, campaign.row_count) == ("CMP-1", 4, 4)
    assert reviewers(campaign) == ["Ivan Ilin"] * 4
    first = lines(campaign, 1)[0]
    assert (first.key, first.rights, first.secret) == ("1", "evidence.read evidence.write", MADE)
    assert first.values["purpose"] == "Reports 1"
    assert kinds_of_leaves() == ["campaign.opened"]


def test_what_has_ended_is_left_out_and_counted(tokens: Reviewed) -> None:
    tokens.list = listed([token(1), token(2, revoked_at=MADE)])
    campaign = tokens.open()
    assert (campaign.row_count, campaign.line_count) == (2, 1)
    assert campaign.left_out == {"ended already": 1}


def test_the_owner_reviews_what_is_not_the_owners_own(tokens: Reviewed, alice: User) -> None:
    answering = Columns(key=("token_id",), owner="responsible")
    rows = [token(1, alice.email), token(2, "nobody@example.org")]
    tokens.list = listed(rows, names=("token_id", "responsible", *NAMES[2:]))
    assert reviewers(tokens.open(columns=answering)) == ["Alice Lindqvist", "Ivan Ilin"]


def test_nobody_is_given_their_own_access(tokens: Reviewed, alice: User) -> None:
    tokens.list = listed([token(1, "IVAN@example.org"), token(2, alice.email)])
    made = tokens.plan()
    assert [line.number for line in made.nobodys] == [1]
    assert made.by_reviewer == [(tokens.ivan, 1)]
    campaign = tokens.open(stand_in=alice)
    assert reviewers(campaign) == ["Alice Lindqvist", "Ivan Ilin"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([token(1), token(1)], "rows 1 and 2 are both '1'"),
        ([token(1), token(2, token_id=" ")], "row 2 has no token_id"),
        ([token(1, revoked_at=MADE)], "No row of this list needs a review"),
        ([], "No row of this list needs a review"),
    ],
    ids=["double", "nameless", "ended", "empty"],
)
def test_a_list_that_does_not_tell_its_rows_apart_is_refused(
    tokens: Reviewed, rows: list[Any], said: str
) -> None:
    tokens.list = listed(rows)
    assert said in " ".join(tokens.plan().problems)
    with pytest.raises(PopulationUnfitError, match=said[:20]):
        tokens.open()
    assert not Campaign.objects.exists()


def test_a_list_that_is_too_long_is_refused(
    tokens: Reviewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_ROWS", 3)
    with pytest.raises(PopulationUnfitError, match="3 are the most"):
        tokens.open()
    assert tokens.list not in lists.recent()


def test_a_list_that_is_not_whole_is_refused(tokens: Reviewed) -> None:
    tokens.list = listed(tokens.rows, partial="Page 3 was refused.")
    with pytest.raises(PopulationUnfitError, match="not whole"):
        tokens.plan(columns=Columns(key=("token_id",)))


def test_a_superseded_list_is_refused(tokens: Reviewed) -> None:
    old, tokens.list = tokens.list, listed(tokens.rows, supersedes=tokens.list)
    assert lists.recent() == [tokens.list]
    tokens.list = old
    with pytest.raises(PopulationUnfitError, match="newer version"):
        tokens.plan(columns=Columns(key=("token_id",)))


def test_what_is_no_table_or_column_is_refused(tokens: Reviewed, world: World) -> None:
    with pytest.raises(PopulationUnfitError, match="no column shoe"):
        tokens.plan(columns=Columns(key=("token_id", "shoe")))
    with pytest.raises(PopulationUnfitError, match="tells two rows apart"):
        tokens.plan(columns=Columns(key=()))


def test_a_list_that_names_people_is_not_reviewed_without_them(tokens: Reviewed) -> None:
    with pytest.raises(PopulationUnfitError, match="Say whose access it is"):
        tokens.plan(columns=Columns(key=("token_id",)))


def test_one_list_is_reviewed_once_at_a_time(tokens: Reviewed) -> None:
    tokens.open()
    with pytest.raises(CampaignError, match="CMP-1 goes through this list"):
        tokens.open()


def test_it_is_opened_as_it_was_shown(tokens: Reviewed, alice: User) -> None:
    made = tokens.plan()
    due = lists.local_day(timezone.now())
    with pytest.raises(CampaignError, match="have changed since"):
        opening.open_campaign(made, title="T", due_on=due, by=alice, shown="0" * 64)
    with pytest.raises(CampaignError, match="title"):
        opening.open_campaign(made, title=" ", due_on=due, by=alice)
    with pytest.raises(CampaignError, match="passed already"):
        opening.open_campaign(made, title="T", due_on=due - timedelta(days=1), by=alice)
    with pytest.raises(CampaignNotAllowedError):
        opening.open_campaign(made, title="T", due_on=due, by=tokens.ivan)


# Giving lines out


def test_lines_are_given_to_another_person(tokens: Reviewed, alice: User) -> None:
    campaign = tokens.open()
    assigning.assign(campaign, lines=lines(campaign, 1, 2), reviewer=alice, by=alice)
    assert reviewers(campaign) == ["Alice Lindqvist"] * 2 + ["Ivan Ilin"] * 2
    assert kinds_of_leaves()[-1] == "campaign.assigned"


def test_nobody_is_given_a_line_about_themselves(tokens: Reviewed, alice: User) -> None:
    tokens.list = listed([token(1, alice.email), token(2)])
    campaign = tokens.open()
    with pytest.raises(OwnAccessError, match="own access"):
        assigning.assign(campaign, lines=lines(campaign), reviewer=alice, by=alice)
    assert reviewers(campaign) == ["Ivan Ilin"] * 2


def test_lines_are_given_to_active_staff_only_and_by_those_who_run_campaigns(
    tokens: Reviewed, alice: User, bob: User
) -> None:
    campaign = tokens.open()
    with pytest.raises(CampaignError, match="no active member of staff"):
        assigning.assign(campaign, lines=lines(campaign), reviewer=bob, by=alice)
    with pytest.raises(CampaignNotAllowedError):
        assigning.assign(campaign, lines=lines(campaign), reviewer=alice, by=tokens.ivan)
    with pytest.raises(CampaignError, match="Choose the lines"):
        assigning.assign(campaign, lines=[], reviewer=alice, by=alice)
    tokens.decide(campaign, "keep", 1)
    with pytest.raises(CampaignError, match="decided already"):
        assigning.assign(campaign, lines=lines(campaign), reviewer=alice, by=alice)


def test_what_was_shown_is_what_is_given(tokens: Reviewed, alice: User) -> None:
    campaign = tokens.open()
    shown = choosing.digest_of(lines(campaign))
    tokens.decide(campaign, "keep", 1)
    with pytest.raises(ChangedMeanwhileError):
        assigning.assign(campaign, lines=lines(campaign), reviewer=alice, by=alice, shown=shown)


# Deciding


def test_each_line_gets_a_decision_of_its_own(tokens: Reviewed) -> None:
    campaign = tokens.open()
    tokens.decide(campaign, "keep", 1, 2, 3, why="Used every day.")
    tokens.decide(campaign, "revoke", 4, why="Nobody knows it.")
    assert CampaignDecision.objects.count() == 4
    fourth = lines(campaign, 4)[0]
    assert (fourth.state, fourth.decision, fourth.reason) == (
        "decided",
        "revoke",
        "Nobody knows it.",
    )
    assert fourth.decided_by == tokens.ivan
    leaves = LedgerEntry.objects.filter(kind="campaign.decided")
    assert len(leaves) == 2
    assert "Nobody knows it." not in " ".join(leaf.leaf for leaf in leaves)


def test_a_decision_may_be_taken_anew_and_the_first_one_stays(tokens: Reviewed) -> None:
    campaign = tokens.open()
    tokens.decide(campaign, "keep", 1)
    tokens.decide(campaign, "revoke", 1, why="On second thoughts.")
    assert [one.decision for one in lines(campaign, 1)[0].decisions.all()] == ["keep", "revoke"]


def test_decisions_and_proofs_cannot_be_changed(tokens: Reviewed) -> None:
    campaign = tokens.open()
    tokens.decide(campaign, "keep", 1)
    with pytest.raises(DatabaseError), transaction.atomic():
        CampaignDecision.objects.update(decision="revoke")
    with pytest.raises(DatabaseError), transaction.atomic():
        CampaignDecision.objects.all().delete()


def test_nobody_decides_about_their_own_access(tokens: Reviewed) -> None:
    tokens.list = listed([token(1), token(2)])
    campaign = tokens.open()
    # Even where a line came to its own person by another way.
    CampaignLine.objects.filter(number=2).update(person="Ivan Ilin")
    with pytest.raises(OwnAccessError, match="Line 2 is about your own access"):
        tokens.decide(campaign, "keep", 1, 2)
    assert not CampaignDecision.objects.exists()


def test_only_the_reviewer_decides(tokens: Reviewed, alice: User) -> None:
    campaign = tokens.open()
    with pytest.raises(NotYourLineError, match="Ivan Ilin reviews it"):
        deciding.decide(campaign, lines=lines(campaign), decision="keep", reason="Fits.", by=alice)


@pytest.mark.parametrize(
    ("decision", "why", "said"),
    [
        ("keep", "  ", "Say why"),
        ("keep", "x" * 1001, "Shorten"),
        ("keep", "Card 4111 1111 1111 1111", "card number"),
        ("bless", "Fits.", "Choose one of keep"),
        ("", "Fits.", "Choose one of keep"),
    ],
    ids=["silent", "long", "card", "unknown", "none"],
)
def test_a_decision_needs_a_word_and_a_reason(
    tokens: Reviewed, decision: str, why: str, said: str
) -> None:
    campaign = tokens.open()
    with pytest.raises(CampaignError, match=said):
        tokens.decide(campaign, decision, 1, why=why)
    assert lines(campaign, 1)[0].state == "open"


@pytest.mark.parametrize("decision", ["reduce", "rotate"])
def test_what_could_not_be_proved_is_not_decided(tokens: Reviewed, decision: str) -> None:
    campaign = tokens.open(columns=Columns(key=("token_id",), person=("owner",)))
    with pytest.raises(CampaignError, match="no later list could prove"):
        tokens.decide(campaign, decision, 1)


def test_what_was_shown_is_what_is_decided(tokens: Reviewed) -> None:
    campaign = tokens.open()
    chosen = lines(campaign)
    shown = choosing.digest_of(chosen)
    tokens.decide(campaign, "revoke", 1)
    with pytest.raises(ChangedMeanwhileError):
        deciding.decide(
            campaign, lines=chosen, decision="keep", reason="Fits.", by=tokens.ivan, shown=shown
        )
