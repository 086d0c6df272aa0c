"""/portal/ENG-.../scope/: categories, organisations, dates that moved, management's papers."""

from datetime import date

from django.test import Client

from accounts import journal
from audits import assertion, description, organisations, windows
from tests import cast
from tests.portal.house import ESCAPED, HOSTILE, House, notes, queries

PATH = "scope/"


def test_it_says_why_each_category_was_chosen(door: Client, house: House) -> None:
    page = door.get(house.path(PATH)).content.decode()
    category = house.engagement.categories.get()
    assert f"<dt>{category.category}</dt><dd>{category.reason} <span" in page
    assert "(The framework requires it)" in page


def test_the_front_page_leads_there_and_a_look_is_noted(door: Client, house: House) -> None:
    assert f'href="{house.path(PATH)}"' in door.get(house.path()).content.decode()
    door.get(house.path(PATH))
    assert notes("view") == [house.ref, f"{house.ref}/scope"]


def test_an_empty_scope_is_said(door: Client, house: House) -> None:
    page = door.get(house.path(PATH)).content.decode()
    assert page.count('<p class="muted">None was named.</p>') == 2
    assert "Management has not signed its assertion yet." in page
    assert "Management has written no section yet." in page


def test_it_shows_scope_history_and_what_management_signed(door: Client, house: House) -> None:
    engagement, alice = house.engagement, house.world.alice
    profile = organisations.Profile(HOSTILE, "Machines.", "carve_out", "It locks.", "Yearly.")
    organisations.add_organisation(engagement, profile=profile, by=alice)
    organisations.add_user_entity_control(
        engagement, criterion=house.world.criteria["CC6.1"], text="Rotate keys.", by=alice
    )
    windows.change_freeze(engagement, freeze_on=date(2099, 1, 1), reason="Agreed so.", by=alice)
    description.write_section(
        engagement, section="DC1", text="We pay out daily.", based_on=0, by=alice
    )
    text = assertion.write_assertion(engagement, text="We assert it.", by=alice)
    digest = journal.digest(text.text)
    erin = cast.person("executive", full_name="Erin Executive")
    assertion.sign_assertion(text, text_sha256=digest, position="CEO", by=erin)
    page = door.get(house.path(PATH)).content.decode()
    for part in (
        f"{ESCAPED} <span",
        "It operates: It locks.",
        "CUEC-1",
        "Rotate keys.",
        "Agreed so.",
        "We pay out daily.",
        "Signed by Erin Executive, CEO",
        digest[:8],
    ):
        assert part in page, part
    assert HOSTILE not in page
    assert queries(door, house.path(PATH)) <= 13
