"""The entrance of the staff door, and a walk along every address that it has."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import Role, User
from compliance.staff.base import RoomAdmin
from compliance.staff.door import site
from compliance.staff.site import DO, Page
from tests import cast
from tests.audits.world import World, hand_in_staff
from tests.staff import desk
from tests.staff.desk import Desk

OPEN = {"login", "logout"}
"""Pages of the admin that are answered by the sign-in, for whoever asks."""
_ARGUMENT = re.compile(r"<(?:(\w+):)?\w+>")
_SAMPLES = {"int": "1", "slug": "staff_mfa", "path": "1", "str": "2026-06", "": "1"}


def addresses(
    patterns: list[URLPattern | URLResolver], prefix: str = "/admin/"
) -> Iterator[tuple[str, str]]:
    """Name and address of everything that the admin site answers to."""
    for pattern in patterns:
        route = str(pattern.pattern)
        filled = prefix + _ARGUMENT.sub(lambda found: _SAMPLES[found[1] or ""], route)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, filled)
        elif not route.startswith("(?P<url>"):
            yield pattern.name or "", filled.replace("^", "").replace("$", "")


ALL = sorted(set(addresses(site.get_urls())))
PAGES = sorted(site.pages, key=lambda page: page.name)


def test_the_walk_meets_every_room() -> None:
    named = " ".join(address for _, address in ALL)
    for word in ("evidence", "collectors", "audits", "accounts", "controls", "jobs", "reviews"):
        assert f"/admin/{word}/" in named
    assert len(ALL) > 60


@pytest.mark.walls
@pytest.mark.parametrize("method", ["get", "post"])
def test_it_sends_unknown_visitors_to_the_sign_in_from_every_address(db: None, method: str) -> None:
    for name, address in ALL:
        answer = getattr(Client(), method)(address)
        assert answer.status_code == 302, (name, address)
        assert "/login/" in answer.url or "/accounts/" in answer.url, (address, answer.url)


@pytest.mark.walls
@pytest.mark.parametrize("method", ["get", "post"])
def test_it_refuses_auditors_and_outsiders_at_every_address(
    bob: User, charlie: User, method: str
) -> None:
    for person in (bob, charlie):
        client = cast.sign_in(Client(), person)
        for name, address in ALL:
            if name in OPEN:
                continue
            answer = getattr(client, method)(address)
            assert answer.status_code == 403, (person, name, address, answer.status_code)


def test_it_does_not_send_a_refused_person_round_in_circles(charlie: User) -> None:
    answer = cast.sign_in(Client(), charlie).get("/admin/", follow=True)
    assert answer.status_code == 403
    assert answer.redirect_chain == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_page_asks_for_its_capability(db: None, page: Page) -> None:
    """Every staff role that lacks what a page needs is refused, by reading and by doing."""
    cast.all_roles()
    address = "/admin/" + _ARGUMENT.sub(lambda found: _SAMPLES[found[1] or ""], page.route)
    for role in Role.objects.filter(is_staff=True):
        person = cast.person(role.slug)
        if can(person, page.needs):
            continue
        client = cast.sign_in(Client(), person)
        for method in ("get", "post"):
            wanted = 403 if method.upper() in page.methods else 405
            answer = getattr(client, method)(address)
            assert answer.status_code in {wanted, 403}, (role.slug, method, answer.status_code)


@pytest.mark.walls
@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.methods == DO], ids=lambda page: page.name
)
def test_a_deed_refuses_to_be_read(alices: Desk, page: Page) -> None:
    address = "/admin/" + _ARGUMENT.sub(lambda found: _SAMPLES[found[1] or ""], page.route)
    assert alices.client.get(address).status_code == 405


@pytest.mark.walls
@pytest.mark.parametrize(
    "page", [page for page in PAGES if "POST" not in page.methods], ids=lambda page: page.name
)
def test_a_page_to_read_refuses_to_be_done(alices: Desk, page: Page) -> None:
    address = "/admin/" + _ARGUMENT.sub(lambda found: _SAMPLES[found[1] or ""], page.route)
    assert alices.client.post(address).status_code == 405


@pytest.mark.walls
@pytest.mark.parametrize("model", sorted(site._registry, key=str))
def test_no_list_lets_anything_be_added_changed_or_deleted(alices: Desk, model: type) -> None:
    admin = site._registry[model]
    assert isinstance(admin, RoomAdmin)
    request = alices.get("index").wsgi_request
    assert not admin.has_add_permission(request)
    assert not admin.has_change_permission(request)
    assert not admin.has_delete_permission(request)
    assert admin.get_actions(request) == {}
    names = {pattern.name for pattern in admin.get_urls()}
    assert not any(name and name.endswith(("_add", "_delete", "_history")) for name in names)


@pytest.mark.walls
@pytest.mark.parametrize("model", sorted(site._registry, key=str))
def test_each_list_refuses_the_wrong_method(alices: Desk, model: type) -> None:
    opts = model._meta  # type: ignore[attr-defined]
    name = f"{opts.app_label}_{opts.model_name}_changelist"
    assert alices.get(name).status_code == 200
    assert alices.post(name).status_code == 405


def test_it_refuses_a_deed_without_the_token_of_its_form(alice: User, var_dir: Path) -> None:
    client = cast.sign_in(Client(enforce_csrf_checks=True), alice)
    assert client.post(desk.url("invite"), {"role": "reviewer", "days": 7}).status_code == 403


def test_a_person_who_left_is_sent_out(alice: User, root: User, alices: Desk) -> None:
    assert alices.get("index").status_code == 200
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert alices.get("index").status_code == 302


def test_there_is_no_page_of_a_room(alices: Desk) -> None:
    assert alices.client.get("/admin/evidence/").status_code == 404


def test_the_menu_holds_only_what_the_person_may_open(alices: Desk, db: None) -> None:
    executive = desk.at(cast.person("executive"))
    theirs, hers = executive.text("index"), alices.text("index")
    for title in ("Review queue", "API tokens", "Invitations", "Jobs"):
        assert title in hers
        assert title not in theirs
    assert "Evidence" in theirs


def test_capabilities_of_pages_are_real(db: None) -> None:
    assert {page.needs for page in PAGES} <= set(Capability)
    assert len({page.name for page in PAGES}) == len(PAGES)


ODD = [
    "evidence/evidence/{big}/",
    "evidence/evidence/%00/",
    "evidence/evidence/?area__exact=%00",
    "evidence/evidence/?type=%00",
    "evidence/evidence/?status=%00",
    "evidence/evidence/?q=%00",
    "evidence/evidence/?p={big}",
    "evidence/evidence/?o=1.2.3",
    "evidence/evidence/?_popup=1&all=",
    "evidence/ledgerentry/?q={big}",
    "evidence/ledgerentry/-1/",
    "collectors/run/?source__id__exact={big}",
    "collectors/run/?source__id__exact=x",
    "collectors/run/?q={big}",
    "accounts/user/?roles__id__exact={big}",
    "accounts/user/?q=%00",
    "controls/control/?q=%25%00_'",
    "coverage/?page={big}",
    "coverage/?as_of=%00",
    "coverage/{big}/AC-01/2026-06/",
    "coverage/1/%00/2026-06/",
    "jobs/{big}/",
    "reviews/?after={big}",
    "reviews/accept/?item={big}",
    "?engagement={big}",
]


@pytest.mark.parametrize("address", ODD)
def test_odd_addresses_are_answered_and_never_break(alices: Desk, address: str) -> None:
    answer = alices.client.get("/admin/" + address.format(big="9" * 40))
    assert answer.status_code in {200, 302, 404}


def test_a_word_with_a_character_that_no_database_keeps_is_taken_without_it(
    alices: Desk, world: World
) -> None:
    evidence = hand_in_staff(world, date(2026, 6, 30))
    alices.post("review_return", evidence.pk, reason="Wrong\0 month.")
    assert evidence.reviews.get().reason == "Wrong month."
    engagement = world.engagement()
    answer = alices.post(
        "engagement_invite",
        engagement.pk,
        email="new\0@audit.example",
        access_until=date(2099, 1, 1),
    )
    assert answer.status_code == 200
    assert alices.post("person_grant", alices.user.pk, role="eng\0ineer").status_code == 302
