"""A campaign can be moved or withdrawn while it is open, with a reason that stays."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from evidence import verification
from evidence.models import LedgerEntry
from registers.campaigns import changing, closing, outstanding
from registers.errors import CampaignError, CampaignNotAllowedError
from registers.models import Campaign, CampaignChange
from tests import cast
from tests.registers.reviewing import Reviewed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_store(var_dir: object) -> None:
    """Every test starts with an empty store."""


@pytest.fixture
def tokens(alice: User) -> Reviewed:
    return Reviewed(alice)


@pytest.fixture
def campaign(tokens: Reviewed) -> Campaign:
    return tokens.open()


def test_a_moved_campaign_is_due_on_the_new_day_and_keeps_the_old_one(
    tokens: Reviewed, campaign: Campaign
) -> None:
    before = campaign.due_on
    after = before + timedelta(days=5)
    change = changing.move(campaign, due_on=after, reason=" Ivan is ill. ", by=tokens.alice)
    assert (change.due_before, change.due_after, change.reason) == (before, after, "Ivan is ill.")
    assert [one.due_on for one in outstanding.open_lines(tokens.ivan)] == [after]
    leaf = LedgerEntry.objects.get(kind="campaign.moved")
    assert before.isoformat() in leaf.leaf
    assert "Ivan" not in leaf.leaf


def test_the_check_of_the_log_holds_a_moved_and_a_withdrawn_campaign(
    tokens: Reviewed, campaign: Campaign
) -> None:
    for days in (5, 6):
        day = campaign.due_on + timedelta(days=days)
        changing.move(campaign, due_on=day, reason="Later.", by=tokens.alice)
    changing.withdraw(campaign, reason="Another list.", by=tokens.alice)
    check = verification.go_on(verification.begin())
    assert check.finished_at
    assert check.problem_count == 0


def test_a_withdrawn_campaign_asks_nobody_and_counts_for_nothing(
    tokens: Reviewed, campaign: Campaign
) -> None:
    tokens.decide(campaign, "keep", 1)
    changing.withdraw(campaign, reason="It was the wrong list.", by=tokens.alice)
    assert outstanding.open_lines() == []
    fresh = Campaign.objects.get(pk=campaign.pk)
    assert (fresh.state, fresh.closed_by, fresh.evidence) == ("withdrawn", tokens.alice, None)
    assert fresh.lines.get(number=1).decision == "keep"
    with pytest.raises(CampaignError, match="withdrawn"):
        tokens.decide(fresh, "keep", 2)
    with pytest.raises(CampaignError, match="withdrawn"):
        closing.close(fresh, by=tokens.alice)
    with pytest.raises(CampaignError, match="withdrawn"):
        closing.issue_again(fresh, by=tokens.alice)


def test_its_list_can_be_reviewed_by_another_campaign(tokens: Reviewed, campaign: Campaign) -> None:
    changing.withdraw(campaign, reason="Wrong columns.", by=tokens.alice)
    assert tokens.open().number == 2


def test_what_makes_no_sense_is_refused(tokens: Reviewed, campaign: Campaign) -> None:
    alice, day = tokens.alice, campaign.due_on
    with pytest.raises(CampaignError, match="already"):
        changing.move(campaign, due_on=day, reason="Later.", by=alice)
    with pytest.raises(CampaignError, match="past"):
        changing.move(campaign, due_on=day - timedelta(days=400), reason="Earlier.", by=alice)
    with pytest.raises(CampaignError, match="Say why"):
        changing.move(campaign, due_on=day + timedelta(days=1), reason=" ", by=alice)
    with pytest.raises(CampaignError, match="Say why"):
        changing.withdraw(campaign, reason="", by=alice)
    assert not CampaignChange.objects.exists()
    changing.withdraw(campaign, reason="Wrong list.", by=alice)
    with pytest.raises(CampaignError, match="withdrawn already"):
        changing.withdraw(campaign, reason="Again.", by=alice)


def test_only_who_runs_campaigns_may(tokens: Reviewed, campaign: Campaign) -> None:
    for stranger in (tokens.ivan, cast.person("auditor", email="otto@example.org")):
        with pytest.raises(CampaignNotAllowedError):
            changing.withdraw(campaign, reason="Mine.", by=stranger)
    assert Campaign.objects.get().state == Campaign.State.OPEN


def test_a_change_is_never_changed(tokens: Reviewed, campaign: Campaign) -> None:
    changing.withdraw(campaign, reason="Wrong list.", by=tokens.alice)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE registers_campaignchange SET reason = 'x'")
