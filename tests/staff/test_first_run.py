"""The first page of an empty installation: who is led there, what it asks, shows and makes."""

from typing import Any

import pytest

from accounts.models import User
from audits.engagements import SECURITY
from audits.models import Engagement
from collectors import defaults
from controls.models import Expectation
from tests import cast
from tests.audits.world import World
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words

PAGE = "first_run"
SOURCES = "first_run_sources"
SCOPE = {
    "categories-seen": "1",
    "categories-category_0": "on",
    "categories-reason_0": "Every report has it.",
}
SYSTEMS = {
    "systems-seen": "1",
    "systems-systems": ["github", "okta"],
    "systems-title": "SOC 2 of the first year",
    "systems-type": "soc2_type2",
    "systems-window_from": "2026-10-01",
    "systems-window_to": "2027-03-31",
}
ANSWERS: dict[str, Any] = {
    "processing-seen": "1",
    "processing-processed": ["cards"],
    **SCOPE,
    **SYSTEMS,
}


def ask(at: Desk, to: str, **answers: Any) -> Any:
    return at.post(PAGE, **{**ANSWERS, **answers, "to": to})


def test_the_house_opens_with_it_while_nothing_is_there(alices: Desk, world: World) -> None:
    assert alices.get("index").url == desk.url(PAGE)
    world.engagement()
    assert alices.get("index").status_code == 200


def test_whoever_wants_to_look_around_first_may(alices: Desk, world: World) -> None:
    assert "?overview" in alices.get(PAGE).content.decode()
    assert alices.get("index", overview="").status_code == 200
    assert alices.get("index").status_code == 200


def test_nobody_is_led_to_what_is_not_theirs_to_do(world: World) -> None:
    reviewer = desk.at(cast.person("reviewer", email="ivan@example.org"))
    assert reviewer.get("index").status_code == 200


def test_without_a_catalogue_the_overview_stays_and_the_page_says_why(alices: Desk) -> None:
    assert alices.get("index").status_code == 200
    assert "manage.py load_catalogue" in alices.text(PAGE)


def test_it_asks_what_is_processed_first(alices: Desk, world: World) -> None:
    text = alices.text(PAGE)
    assert "Question 1 of 3" in text
    assert "Payouts and settlement to merchants" in text


def test_what_is_processed_ticks_categories_with_their_reason(alices: Desk, world: World) -> None:
    sent: dict[str, Any] = {"processing-seen": "1", "processing-processed": ["api"]}
    page = alices.post(PAGE, **sent, to="categories")
    form = page.context["form"]
    initial = {form[f"category_{at}"].label: form[f"category_{at}"].initial for at in (0, 1)}
    assert initial == {SECURITY: True, "Availability": True}
    assert "Customers cannot sell while the API is away." in page.content.decode()
    assert 'name="processing-processed" value="api"' in page.content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"categories-reason_0": " "}, f"Say why {SECURITY} is in scope."),
        ({"categories-category_0": ""}, f"Every report covers {SECURITY}."),
        ({"systems-window_to": "2026-09-01"}, "before it starts"),
        ({"systems-type": "soc2_type1"}, "its window is one day"),
        ({"systems-systems": ["nobody"]}, "nobody is not one of"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_made(
    alices: Desk, world: World, wrong: dict[str, Any], said: str
) -> None:
    answer = ask(alices, "make", **wrong)
    assert said in words(answer)
    assert not Engagement.objects.exists()


def test_the_preview_shows_scope_sources_and_permissions_and_makes_nothing(
    alices: Desk, world: World
) -> None:
    Expectation.objects.filter(slug="leavers").update(required_columns=["account", "ended_at"])
    defaults.connect_defaults()
    text = words(ask(alices, "preview"))
    assert "1 control, which must leave 2 kinds of evidence" in text
    assert "1 Oct 2026 to 31 Mar 2027" in text
    assert "API token of an account with the role read-only administrator" in text
    assert "Accounts in Okta" in text
    assert "Staff mfa state" not in text
    assert "Second factors of this installation" in text
    assert not Engagement.objects.exists()


def test_it_opens_the_engagement_and_goes_on_to_the_sources(alices: Desk, world: World) -> None:
    answer = ask(alices, "make")
    engagement = Engagement.objects.get()
    assert engagement.title == "SOC 2 of the first year"
    assert engagement.created_by == alices.user
    assert answer.url == (
        f"{desk.url(SOURCES)}?engagement={engagement.pk}&system=github&system=okta"
    )
    page = alices.client.get(answer.url)
    assert told(page) == f"{engagement.ref} is open."
    assert desk.url("source_connect", "okta_users") in page.content.decode()


def test_told_twice_it_stays_one_engagement(alices: Desk, world: World) -> None:
    ask(alices, "make")
    assert "is open over these days already" in words(ask(alices, "preview"))
    ask(alices, "make")
    assert Engagement.objects.count() == 1


def test_a_source_begins_with_what_it_would_prove(alices: Desk, world: World) -> None:
    Expectation.objects.filter(slug="leavers").update(required_columns=["account", "ended_at"])
    page = alices.get("source_connect", "okta_users", serves="leavers")
    assert page.context["form"].initial["expectations"] == [world.leavers.pk]
    assert alices.get("source_connect", "okta_users").context["form"].initial["expectations"] == []


def test_who_may_connect_nothing_reads_what_is_needed(world: World) -> None:
    reviewer = desk.at(cast.person("reviewer", email="ivan@example.org"))
    page = reviewer.get(SOURCES, system=["stripe"])
    assert "A restricted key that may read balance transaction sources" in words(page)
    assert desk.url("source_connect", "stripe_balance") not in page.content.decode()


def test_other_systems_are_one_click_away(alices: Desk, world: World) -> None:
    html = alices.get(SOURCES, system=["stripe"]).content.decode()
    assert "?system=stripe&amp;system=github" in html


def test_its_queries_do_not_grow(alices: Desk, world: World) -> None:
    with at_most(12):
        ask(alices, "preview", **{"systems-systems": ["aws", "github", "gitlab", "okta", "jira"]})
    with at_most(12):
        alices.get(SOURCES, system=["aws", "github", "gitlab", "okta", "jira"])


def test_it_refuses_a_wrong_method(alices: Desk) -> None:
    assert alices.client.put(desk.url(PAGE)).status_code == 405
    assert alices.post(SOURCES).status_code == 405


def test_it_refuses_strangers(strangers: tuple[User, ...]) -> None:
    for name in (PAGE, SOURCES):
        for stranger in strangers:
            assert desk.at(stranger).get(name).status_code == 403
