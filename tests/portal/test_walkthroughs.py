"""Bob's walkthroughs: kept on the control, counted in the scope, hinted at before a draw."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from audits import engagements, walkthroughs
from audits.days import today
from audits.models import EngagementMember, Walkthrough
from tests import cast
from tests.audits.walking import WALKED
from tests.audits.world import World
from tests.portal.house import House, build, notes, queries, sampled

PAGE = "controls/AC-01/walkthrough/"
CONTROL = "controls/AC-01/"


@pytest.fixture
def house(world: World, bob: User) -> House:
    return build(world, bob)


def typed(house: House, **changes: str) -> dict[str, str]:
    plain = {
        "item": "Anna's second factor of 3 June.",
        "walked_on": "2026-06-10",
        "asked": "Identity engineer\nHelp desk",
        "text_1": "Anna enrols <b>a</b> key.",
        "inspected_1": "The screen of the directory.",
        "evidence_1": house.staff.ref,
        "text_2": "",
        "inspected_2": "",
        "evidence_2": "",
        "result": "as described",
        "note": "",
    }
    return {**plain, **changes}


def test_it_is_recorded_and_listed_on_the_control(door: Client, house: House) -> None:
    answer = door.post(house.path(PAGE), typed(house, text_9="It ends.", inspected_9="The log."))
    assert (answer.status_code, answer["Location"]) == (302, house.path(CONTROL))
    made = Walkthrough.objects.get()
    assert [one["text"] for one in made.said["steps"]] == ["Anna enrols <b>a</b> key.", "It ends."]
    assert made.said["asked"] == ["Identity engineer", "Help desk"]
    text = door.get(house.path(CONTROL)).content.decode()
    assert f"{made.ref}, 2026-06-10" in text
    assert "Anna enrols &lt;b&gt;a&lt;/b&gt; key." in text
    assert house.path(f"evidence/{house.staff.ref}/") in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"item": ""}, "This field is required"),
        ({"walked_on": (today() + timedelta(days=1)).isoformat()}, "lies in the future"),
        ({"text_1": "", "inspected_1": "", "evidence_1": ""}, "1 to 20 steps"),
        ({"inspected_1": ""}, "Step 1: say what happens"),
        ({"evidence_1": "EV-999999"}, "EV-999999 is no item of this engagement"),
        ({"result": "not as described"}, "what is not as the control says"),
    ],
    ids=["no-item", "future", "no-step", "only-asked", "stranger", "no-reason"],
)
def test_what_is_odd_is_said_with_all_still_typed_in(
    door: Client, house: House, change: dict[str, str], said: str
) -> None:
    answer = door.post(house.path(PAGE), typed(house, **change))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert said in text
    assert "Identity engineer" in text
    assert not Walkthrough.objects.exists()


def test_the_page_of_the_scope_counts_controls(door: Client, house: House) -> None:
    text = door.get(house.path("scope/")).content.decode()
    assert "Controls walked through: 0 of 1" in text
    assert "1 control not walked through yet" in text
    door.post(house.path(PAGE), typed(house))
    text = door.get(house.path("scope/")).content.decode()
    assert "Controls walked through: 1 of 1" in text
    assert "not walked through yet" not in text


def test_a_draw_without_one_is_hinted_at_and_not_refused(door: Client, house: House) -> None:
    sampled(house)
    page = house.path("populations/1/")
    assert "AC-01 was not walked through yet" in door.get(page).content.decode()
    said = {"nonce": "four words of mine", "method": "random", "size": "5", "reason": "More."}
    assert door.post(page, said).status_code == 302
    door.post(house.path(PAGE), typed(house))
    assert "was not walked through yet" not in door.get(page).content.decode()


def test_a_control_out_of_scope_has_no_page(door: Client, house: House) -> None:
    assert door.get(house.path("controls/AV-01/walkthrough/")).status_code == 404
    assert door.post(house.path("controls/AV-01/walkthrough/"), typed(house)).status_code == 404


def test_what_is_opened_is_noted(door: Client, house: House) -> None:
    door.get(house.path(PAGE))
    assert notes("view") == [f"{house.ref}/AC-01/walkthrough"]


def test_an_onlooker_sees_and_does_nothing(client: Client, house: House) -> None:
    EngagementMember.objects.update(role=EngagementMember.Role.OBSERVER)
    door = cast.sign_in(client, house.bob)
    assert "Only auditors of an open audit" in door.get(house.path(PAGE)).content.decode()
    assert door.post(house.path(PAGE), typed(house)).status_code == 404
    assert not Walkthrough.objects.exists()


def test_a_closed_audit_takes_none(door: Client, house: House) -> None:
    engagements.close_engagement(house.engagement, by=house.world.alice)
    assert door.post(house.path(PAGE), typed(house)).status_code == 404


def test_many_are_read_in_few_queries(door: Client, house: House) -> None:
    for _ in range(4):
        walkthroughs.record_walkthrough(
            house.engagement, control=house.world.access, walked=WALKED, by=house.bob
        )
    once = queries(door, house.path(CONTROL))
    walkthroughs.record_walkthrough(
        house.engagement, control=house.world.access, walked=WALKED, by=house.bob
    )
    assert queries(door, house.path(CONTROL)) == once
