"""The first list of requests, made from the catalogue."""

from datetime import date

import pytest

from accounts.models import User
from audits import request_list, request_seed, requests
from audits.errors import NotAllowedError
from audits.models import Engagement
from audits.request_rows import all_of
from tests.audits.asking import admit, asked
from tests.audits.world import SECURITY, World

DUE = date(2026, 9, 15)


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    made = world.engagement()
    admit(made, bob, by=world.alice)
    return made


def test_it_proposes_a_request_for_each_expectation_in_scope(
    engagement: Engagement, world: World
) -> None:
    found = request_seed.propose(engagement, due=DUE)
    assert [one.expectation for one in found] == [world.leavers, world.mfa]
    first = found[0]
    assert (first.wording.title, first.wording.refs) == ("Leavers", ("AC-01", "CC6.1"))
    assert (first.wording.due, first.owner.role) == (DUE, "control_owner")
    assert "AC-01 (Second factor for staff)" in first.wording.text
    assert "2026-06-01 to 2026-08-31" in first.wording.text
    assert not engagement.requests.exists()
    assert len(request_seed.propose(world.engagement(SECURITY, "Availability"), due=None)) == 3


def test_it_asks_for_all_of_it_once(engagement: Engagement, world: World, bob: User) -> None:
    asked(engagement, bob, "Chart")
    made = request_seed.ask_all(engagement, due=DUE, by=world.alice)
    assert [(one.number, one.asked_for) for one in made] == [(2, "staff"), (3, "staff")]
    assert request_seed.ask_all(engagement, due=DUE, by=world.alice) == []
    assert [row.state for row in all_of(engagement)] == [requests.State.OPEN] * 3
    words = [request_list.owner_words(row.request) for row in all_of(engagement)]
    assert words == ["", "Control owner", "Control owner"]


def test_only_who_manages_engagements_starts_a_list(engagement: Engagement, bob: User) -> None:
    # An auditor names no owners, and these requests name them.
    with pytest.raises(NotAllowedError):
        request_seed.ask_all(engagement, due=None, by=bob)
    assert not engagement.requests.exists()
