"""Find and go: pages, tasks and things, and only what the person may see."""

from datetime import date
from pathlib import Path

import pytest

from accounts import saved_filters
from accounts.models import User
from controls.models import Control
from tests.audits.world import World, hand_in_staff
from tests.merchants import shops
from tests.staff import desk
from tests.staff.desk import Desk, at_most

MOST_QUERIES = 24


def found(desk: Desk, words: str) -> dict[str, list[str]]:
    """Return the names of what is found, by kind."""
    page = desk.get("find", q=words)
    assert page.status_code == 200
    return {group.title: [one.label for one in group.rows] for group in page.context["groups"]}


def paths(desk: Desk, words: str) -> list[str]:
    groups = desk.get("find", q=words).context["groups"]
    return [one.path for group in groups for one in group.rows]


def test_it_finds_pages_and_deeds_by_their_words(alices: Desk) -> None:
    assert found(alices, "review cam")["Pages"] == ["Review campaigns"]
    assert found(alices, "time zone")["Pages"] == ["Time zone"]
    assert found(alices, "add evid")["Pages"] == ["Add evidence"]
    assert found(alices, "ev")["Pages"][0] == "Evidence"


def test_it_finds_things_by_reference_and_by_title(
    alices: Desk, world: World, var_dir: Path
) -> None:
    item = hand_in_staff(world, date(2026, 6, 30), without_mfa=1)
    engagement = world.engagement()
    assert desk.url("evidence_evidence_change", item.pk) in paths(alices, item.ref.lower())
    assert engagement.title in found(alices, engagement.ref)["Engagements"]
    control = Control.objects.order_by("pk")[0]
    assert found(alices, control.ref.lower())["Controls"]


def test_it_finds_a_merchant_by_its_reference_alone(alices: Desk, var_dir: Path) -> None:
    form = shops.form(alices.user)
    assert paths(alices, form.ref) == [desk.url("merchant_form", form.ref)]
    assert "Merchants" not in found(alices, form.ref[:-2])


def test_it_finds_own_filters_and_nobody_elses(alices: Desk, ivans: Desk) -> None:
    saved_filters.keep(alices.user, page="work", name="Zebra", query="when=all")
    assert found(alices, "zeb") == {"Saved filters": ["Zebra"]}
    assert paths(alices, "zeb") == [desk.url("work") + "?when=all"]
    assert found(ivans, "zeb") == {}


def test_nobody_finds_what_they_may_not_open(alices: Desk, ivans: Desk) -> None:
    assert "People" in found(alices, "people")["Pages"]
    assert any("Lindqvist" in one for one in found(alices, "alice").get("People", []))
    assert "Pages" not in found(ivans, "people")
    assert "People" not in found(ivans, "alice")


def test_without_words_it_offers_what_waits_and_the_menu(alices: Desk, world: World) -> None:
    world.engagement()
    titles = list(found(alices, ""))
    assert titles[-1] == "Pages"
    assert "Overview" in found(alices, "")["Pages"]


def test_the_window_gets_a_part_of_the_page(alices: Desk) -> None:
    part = alices.get("find", q="coverage", part="1").content.decode()
    assert 'role="option"' in part
    assert "<html" not in part
    assert "Nothing fits" in alices.get("find", q="no such thing", part="1").content.decode()


@pytest.mark.parametrize("words", ["\0", "%", "' OR 1=1", "9" * 90, "EV-", "x" * 500, "<b>"])
def test_strange_words_find_nothing_and_harm_nothing(alices: Desk, words: str) -> None:
    page = alices.get("find", q=words)
    assert page.status_code == 200
    assert "<b>" not in page.content.decode()


def test_a_search_costs_a_fixed_number_of_queries(alices: Desk, world: World) -> None:
    hand_in_staff(world, date(2026, 6, 30), without_mfa=1)
    alices.get("find", q="staff")
    with at_most(MOST_QUERIES):
        alices.get("find", q="staff")


def test_strangers_are_refused(strangers: tuple[User, ...]) -> None:
    desk.assert_refused("find", strangers=strangers)
