"""Moving and withdrawing a review campaign in the staff door."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from registers.models import Campaign, CampaignChange
from tests.registers.reviewing import Reviewed
from tests.staff import desk
from tests.staff.desk import Desk, told


@pytest.fixture
def campaign(alices: Desk) -> Campaign:
    return Reviewed(alices.user).open()


def sent(alices: Desk, campaign: Campaign, given: dict[str, str]) -> Any:
    return alices.client.post(desk.url(*page(campaign)), given, follow=True)


def page(campaign: Campaign) -> tuple[str, int]:
    return "campaign_change", campaign.number


def test_the_due_day_is_moved(alices: Desk, campaign: Campaign) -> None:
    day = campaign.due_on + timedelta(days=7)
    given = {"deed": "move", "move-due_on": day.isoformat(), "move-reason": "Ivan is ill."}
    answer = sent(alices, campaign, given)
    assert "due on another day" in told(answer)
    assert Campaign.objects.get().due_on == day
    text = alices.text("campaign", campaign.number)
    assert "Due day moved from" in text
    assert "Ivan is ill." in text


def test_it_is_withdrawn_and_stays_to_be_read(alices: Desk, campaign: Campaign) -> None:
    given = {"deed": "withdraw", "withdraw-reason": "It was the wrong list."}
    answer = sent(alices, campaign, given)
    assert "withdrawn" in told(answer)
    assert Campaign.objects.get().state == "withdrawn"
    text = alices.text("campaign", campaign.number)
    assert "it counts for nothing" in text
    assert "It was the wrong list." in text
    assert "Decide about the ticked" not in text
    assert campaign.ref not in alices.text("campaigns")
    assert campaign.ref in alices.text("campaigns", view="withdrawn")
    assert "It is withdrawn" in alices.text(*page(campaign))


@pytest.mark.parametrize(
    "given",
    [
        {"deed": "move", "move-due_on": "2020-01-01", "move-reason": "Earlier."},
        {"deed": "move", "move-due_on": "soon", "move-reason": "Later."},
        {"deed": "move", "move-due_on": "2099-01-01", "move-reason": ""},
        {"deed": "withdraw", "withdraw-reason": " "},
        {"deed": "other"},
    ],
    ids=["past", "no day", "no reason", "blank", "no deed"],
)
def test_what_does_not_fit_changes_nothing(
    alices: Desk, campaign: Campaign, given: dict[str, str]
) -> None:
    answer = sent(alices, campaign, given)
    assert answer.status_code == 200
    assert not CampaignChange.objects.exists()
    assert Campaign.objects.get().state == "open"


def test_strangers_are_refused(campaign: Campaign, strangers: tuple[User, ...]) -> None:
    desk.assert_refused(*page(campaign), strangers=strangers)


def test_it_refuses_the_wrong_method(alices: Desk, campaign: Campaign) -> None:
    assert alices.client.put(desk.url(*page(campaign))).status_code == 405
