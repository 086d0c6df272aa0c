"""/portal/: the audits of an auditor."""

from datetime import date, timedelta

from django.test import Client

from accounts.models import User
from audits.days import today
from audits.models import EngagementMember
from tests import cast
from tests.portal import house as houses
from tests.portal.house import House, admit, notes, queries

PATH = "/portal/"


def test_it_lists_the_audits_of_bob_and_no_other(door: Client, house: House) -> None:
    page = door.get(PATH).content.decode()
    assert f'<a href="/portal/{house.ref}/">{house.engagement.title}</a>' in page
    assert house.other.ref not in page
    assert '<time datetime="2026-06-01">1 Jun</time> to' in page
    assert (today() + timedelta(days=30)).isoformat() in page


def test_the_latest_window_comes_first(door: Client, house: House) -> None:
    admit(house.other, house.bob, by=house.world.alice)
    page = door.get(PATH).content.decode()
    assert page.index(house.engagement.title) < page.index(house.other.title)


def test_who_was_taken_back_sees_the_audit_once_and_the_new_last_day(
    door: Client, house: House
) -> None:
    houses.removed(house)
    EngagementMember.objects.update(access_until=date(2999, 1, 1))
    admit(house.engagement, house.bob, by=house.world.alice)
    page = door.get(PATH).content.decode()
    assert page.count(house.engagement.title) == 1
    assert "2999" not in page


def test_a_closed_audit_says_so(door: Client, house: House) -> None:
    assert "· closed" not in door.get(PATH).content.decode()
    house.engagement.closed_at = house.pack.sealed_at
    house.engagement.save()
    assert "· closed" in door.get(PATH).content.decode()


def test_access_holds_through_its_last_day(door: Client, house: House) -> None:
    EngagementMember.objects.update(access_until=today())
    assert house.ref in door.get(PATH).content.decode()


def test_who_has_no_audit_is_told_what_to_do(client: Client, house: House) -> None:
    for user in (house.world.alice, houses.expired(house), houses.removed(house)):
        page = cast.sign_in(client, user).get(PATH)
        assert page.status_code == 200
        assert "No audit is open to you" in page.content.decode()
        assert house.ref not in page.content.decode()


def test_it_refuses_charlie(client: Client, charlie: User) -> None:
    assert cast.sign_in(client, charlie).get(PATH).status_code == 404


def test_the_list_itself_leaves_no_note(door: Client, house: House) -> None:
    door.get(PATH)
    assert notes() == []


def test_a_title_is_text(door: Client, house: House) -> None:
    house.engagement.title = houses.HOSTILE
    house.engagement.save()
    page = door.get(PATH).content.decode()
    assert houses.ESCAPED in page
    assert houses.HOSTILE not in page


def test_its_queries_do_not_grow_with_the_audits(door: Client, house: House) -> None:
    before = queries(door, PATH)
    for _ in range(20):
        admit(house.world.engagement(), house.bob, by=house.world.alice)
    assert queries(door, PATH) == before <= 12
