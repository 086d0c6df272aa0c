"""Every address of the portal, walked by all who may not see it: for them nothing is there."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from accounts.models import User
from audits.models import AccessNote, RequestImport
from compliance.portal.urls import urlpatterns
from evidence.models import LedgerEntry
from tests import cast
from tests.audits.asking import asked
from tests.audits.world import World
from tests.portal import house as houses
from tests.portal.house import OUTSIDERS, House, Outsider

LIST = "engagements"
READ = ("get", "head")
CHANGE = ("post", "put", "patch", "delete", "options")
DEEDS = (
    "draw",
    "finding_do",
    "finding_open",
    "pack_ask",
    "population",
    "request",
    "request_ask",
    "request_change",
    "request_import",
    "request_preview",
    "reverse_back",
    "reverse_finding",
    "reverse_into",
    "reverse_test",
    "sample_item",
    "sheet_in",
    "walkthrough",
)
"""Routes with a form: these take POST too."""


@pytest.fixture
def house(world: World, bob: User) -> House:
    return houses.audited(houses.sampled(houses.build(world, bob)))


def cases(house: House) -> dict[str, dict[str, Any]]:
    """What each route is asked for: things that are there, so that only the right is missing."""
    ref = {"ref": house.ref}
    return {
        LIST: {},
        "overview": ref,
        "scope": ref,
        "control": {**ref, "control_ref": house.world.access.ref},
        "walkthrough": {**ref, "control_ref": house.world.access.ref},
        "windows": ref,
        "occurrence": {**ref, "slug": house.world.mfa.slug, "start": "2026-06-01"},
        "evidence_list": ref,
        "evidence": {**ref, "item_ref": house.staff.ref},
        "content": {**ref, "item_ref": house.staff.ref},
        "findings": ref,
        "finding_open": ref,
        "finding": {**ref, "finding_ref": house.finding.ref},
        "finding_do": {**ref, "finding_ref": house.finding.ref, "deed": "comment"},
        "pack": {**ref, "number": house.pack.number},
        "pack_ask": ref,
        "handed_over": ref,
        "verifier": ref,
        "verifier_page": ref,
        "requests": ref,
        "request_list": ref,
        **of_requests(house),
        "populations": ref,
        "population": {**ref, "number": 1},
        "reverse_into": {**ref, "number": 1},
        "reverse_back": {**ref, "number": 1},
        "reverse_test": {**ref, "number": 1, "test": 1},
        "reverse_finding": {**ref, "number": 1, "test": 2, "place": 1},
        "draw": {**ref, "number": 1, "draw": 1},
        "sample_item": {**ref, "number": 1, "draw": 1, "row": house.drawn_row},
        "sheet": {**ref, "number": 1, "draw": 1},
        "sheet_in": {**ref, "number": 1, "draw": 1},
    }


def of_requests(house: House) -> dict[str, dict[str, Any]]:
    ref = {"ref": house.ref}
    request = house.engagement.requests.first() or asked(house.engagement, house.world.alice)
    staged, _ = RequestImport.objects.get_or_create(
        engagement=house.engagement, by=house.bob, defaults={"lines": []}
    )
    return {
        "request": {**ref, "number": request.number},
        "request_change": {**ref, "number": request.number},
        "request_ask": ref,
        "request_import": ref,
        "request_preview": {**ref, "key": staged.pk},
    }


def routes(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)
        else:
            yield str(pattern.name)


ROUTES = sorted(routes(urlpatterns))


def address(house: House, route: str) -> str:
    return reverse(f"portal:{route}", kwargs=cases(house)[route])


def test_every_route_has_its_case(house: House) -> None:
    assert sorted(cases(house)) == ROUTES


@pytest.mark.parametrize("route", ROUTES)
def test_bob_finds_what_is_his(door: Client, house: House, route: str) -> None:
    assert houses.get(door, address(house, route)).status_code == 200


@pytest.mark.walls
@pytest.mark.parametrize("method", [*READ, "post"])
@pytest.mark.parametrize("outsider", OUTSIDERS, ids=lambda who: who.__name__)
def test_who_may_not_see_it_finds_nothing(
    client: Client, house: House, outsider: Outsider, method: str
) -> None:
    cast.sign_in(client, outsider(house))
    found_at = {route: address(house, route) for route in ROUTES if route != LIST}
    leaves = LedgerEntry.objects.count()
    found = {
        route: getattr(client, method)(path).status_code
        for route, path in found_at.items()
        if method != "post" or route in DEEDS
    }
    assert set(found.values()) == {404}, found
    assert not AccessNote.objects.exists()
    assert LedgerEntry.objects.count() == leaves


@pytest.mark.walls
@pytest.mark.parametrize("route", ROUTES)
def test_who_is_not_signed_in_is_sent_to_the_sign_in(
    client: Client, house: House, route: str
) -> None:
    path = address(house, route)
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={path}"


@pytest.mark.walls
@pytest.mark.parametrize("route", ROUTES)
def test_a_session_without_a_second_factor_opens_nothing(
    client: Client, house: House, route: str
) -> None:
    client.force_login(house.bob, backend=cast.BACKEND)
    answer = client.get(address(house, route))
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/")


@pytest.mark.walls
@pytest.mark.parametrize("route", ROUTES)
def test_who_was_deactivated_is_signed_out(door: Client, house: House, route: str) -> None:
    User.objects.filter(pk=house.bob.pk).update(is_active=False)
    assert door.get(address(house, route)).status_code == 302


@pytest.mark.walls
@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("method", CHANGE)
def test_it_refuses_a_wrong_method(door: Client, house: House, route: str, method: str) -> None:
    if route in DEEDS and method == "post":
        return
    answer = getattr(door, method)(address(house, route))
    assert answer.status_code == 405
    assert answer["Allow"] == ("GET, HEAD, POST" if route in DEEDS else "GET, HEAD")


@pytest.mark.walls
@pytest.mark.parametrize("route", DEEDS)
@pytest.mark.parametrize("outsider", OUTSIDERS, ids=lambda who: who.__name__)
def test_who_may_not_see_it_does_nothing(
    client: Client, house: House, outsider: Outsider, route: str
) -> None:
    cast.sign_in(client, outsider(house))
    path = address(house, route)
    leaves = LedgerEntry.objects.count()
    answer = client.post(path, {"text": "I was here."})
    assert answer.status_code == 404
    assert LedgerEntry.objects.count() == leaves


@pytest.mark.walls
@pytest.mark.parametrize("route", DEEDS)
def test_a_deed_from_another_site_is_refused(house: House, route: str) -> None:
    strict = cast.sign_in(Client(enforce_csrf_checks=True), house.bob)
    path = address(house, route)
    leaves = LedgerEntry.objects.count()
    answer = strict.post(path, {"text": "I was here."})
    assert answer.status_code == 403
    assert LedgerEntry.objects.count() == leaves


@pytest.mark.walls
@pytest.mark.parametrize("route", ROUTES)
def test_no_page_may_be_kept_by_a_browser_or_proxy(door: Client, house: House, route: str) -> None:
    kept = houses.get(door, address(house, route))["Cache-Control"]
    assert "no-store" in kept
    assert "private" in kept


@pytest.mark.parametrize(
    "rest",
    [
        "evidence/EV-999999/",
        "evidence/EV-999999/content/",
        "evidence/ev-000001/",
        "controls/XX-99/",
        "packs/99/",
        "findings/ENG-1999-1-F1/",
        "findings/%00/",
        "findings/?state=gone",
        "findings/?control=XX-99",
        "findings/?before=x",
        "packs/0/",
        "packs/99999999999999999999999/",
        "packs/-1/",
        "populations/9/",
        "populations/99999999999999999999999/",
        "populations/1/draws/9/",
        "populations/9/draws/1/",
        "populations/1/draws/1/?after=x",
        "populations/1/draws/1/?after=99999999999999999999",
        "populations/1/draws/1/items/9999/",
        "populations/1/draws/1/items/99999999999999999999999/",
        "populations/9/draws/1/sheet.xlsx",
        "populations/9/draws/1/sheet/",
        "evidence/%00/",
        "evidence/%27%20OR%201=1/",
        "controls/%F0%9F%92%A5/",
        "evidence/?control=XX-99",
        "evidence/?control=%00",
        "evidence/?control=%27",
        "evidence/?before=x",
        "evidence/?before=-1",
        "evidence/?before=%D9%A1",
        "evidence/?before=99999999999999999999999",
    ],
)
def test_what_is_not_there_is_not_found(door: Client, house: House, rest: str) -> None:
    assert door.get(house.path(rest)).status_code == 404


@pytest.mark.parametrize("ref", ["ENG-1999-1", "%00", "x" * 500, "eng-2026-1"])
def test_an_unknown_audit_is_not_found(door: Client, ref: str) -> None:
    assert door.get(f"/portal/{ref}/").status_code == 404


def test_what_lies_outside_the_scope_is_not_found(door: Client, house: House) -> None:
    for rest in (
        f"evidence/{house.outside.ref}/",
        f"evidence/{house.outside.ref}/content/",
        f"evidence/{house.pack.file.evidence.ref}/",
        f"evidence/{house.pack.file.evidence.ref}/content/",
        f"controls/{house.world.backup.ref}/",
        f"evidence/?control={house.world.backup.ref}",
    ):
        assert door.get(house.path(rest)).status_code == 404
    assert not AccessNote.objects.exists()


def test_a_pack_of_another_audit_is_not_found(door: Client, house: House) -> None:
    houses.make_pack(house.other, house.world.alice, b"another audit")
    second = houses.make_pack(house.other, house.world.alice, b"another audit, again")
    assert second.number == 2
    assert door.get(house.path("packs/2/")).status_code == 404


def test_an_item_of_another_audit_is_found_there_only(door: Client, house: House) -> None:
    houses.admit(house.other, house.bob, by=house.world.alice)
    assert door.get(house.path(f"evidence/{house.staff.ref}/")).status_code == 200
    there = f"/portal/{house.other.ref}/evidence/{house.staff.ref}/"
    assert door.get(there).status_code == 404
