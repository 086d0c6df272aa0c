"""Every address of every door, found in the resolver, walked by all who may not see an audit.

Nothing here lists a route: a new one is walked on the day it is written, and fails until
`tests.compliance.samples` knows a real thing for each of its parameters.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import Role, RoleGrant, User
from audits.models import AccessNote, RequestImport
from compliance.staff.door import site
from evidence.models import LedgerEntry
from registers.models import FormDraft, RegisterImport
from tests import cast
from tests.api.calls import Program
from tests.audits.world import World
from tests.compliance.samples import Route, Samples, routes, token_of
from tests.portal import house as houses
from tests.portal.house import House

ROUTES = routes()
PUBLIC_API = {"openapi_json", "openapi_yaml", "docs"}
SIGN_IN = {"/admin/login/", "/admin/logout/", "/admin/password_change/"}
"""Pages of the admin that are answered by the sign-in, for whoever asks."""
OWN = ("/accounts/", "/welcome/", "/health/")
"""Where everybody is about their own account, and where the house says how it is."""


def without_capability(_house: House) -> User:
    """Staff whose role holds nothing at all."""
    person = cast.person()
    role = Role.objects.create(slug="guest", title="Guest", is_staff=True, capabilities=[])
    RoleGrant.objects.create(user=person, role=role)
    User.objects.filter(pk=person.pk).update(is_staff=True)
    person.refresh_from_db()
    return person


Walker = Callable[[House], User]
METHODS = ("get", "post")
FROM_OUTSIDE: list[Walker] = [
    *(houses.charlie, houses.other_auditor, houses.expired, houses.removed, houses.without_role),
]


@pytest.fixture
def house(alice: User, bob: User, var_dir: Path) -> House:
    return houses.sampled(houses.build(World(alice), bob))


@pytest.fixture
def samples(house: House) -> Samples:
    return Samples(house)


def door(path: str) -> str:
    """Which door an address belongs to; what is none of them is answered to everybody."""
    return path.split("/")[1] if path != "/" else ""


def ask(client: Client, method: str, path: str) -> Any:
    """Ask with an empty body, and read the answer to its end."""
    answer: Any = getattr(client, method)(path)
    answer.body = b"".join(answer) if answer.streaming else answer.content
    return answer


def walk(
    samples: Samples, *methods: str, but: tuple[str, ...] = (), signed: User | None = None
) -> Iterator[tuple[Route, str, str, Any]]:
    """Ask for everything by each method, in one session but where an answer ended it."""
    client = Client(raise_request_exception=False)
    for route in ROUTES:
        path = samples.address(route)
        if path.startswith(but):
            continue
        for method in methods or METHODS:
            if signed and "_auth_user_id" not in client.session:
                cast.sign_in(client, signed)
            yield route, method, path, ask(client, method, path)


def assert_nothing_leaks(samples: Samples, path: str, answer: Any) -> None:
    body = answer.body.decode(errors="replace")
    found = [word for word in samples.words if word in body]
    assert not found, (path, answer.status_code, found)


def is_sent_to_sign_in(answer: Any) -> bool:
    led_to: str = answer.headers.get("Location", "")
    return answer.status_code == 302 and led_to.startswith(("/accounts/login/", "/admin/login/"))


def test_the_walk_meets_every_door(samples: Samples) -> None:
    paths = [samples.address(route) for route in ROUTES]
    doors = {"", "accounts", "admin", "api", "calendar", "health", "portal", "welcome"}
    assert doors == {*map(door, paths)}
    assert len(paths) > 110
    assert not any(set("<>()?^$") & set(path) for path in paths), paths


def test_an_unknown_parameter_is_an_error(samples: Samples) -> None:
    with pytest.raises(KeyError, match="portal/<slug:secret>"):
        samples.address(Route("portal/<slug:secret>/", "new"))


def test_a_stranger_is_sent_to_the_sign_in(samples: Samples) -> None:
    leaves, wrong = LedgerEntry.objects.count(), []
    for route, method, path, answer in walk(samples):
        assert_nothing_leaks(samples, path, answer)
        fine = {
            "portal": is_sent_to_sign_in(answer),
            "admin": is_sent_to_sign_in(answer) or path in SIGN_IN,
            "api": answer.status_code == 401 or route.name in PUBLIC_API,
        }.get(door(path), answer.status_code < 500)
        if not fine:
            wrong.append((method, path, answer.status_code))
    assert wrong == []
    assert LedgerEntry.objects.count() == leaves


@pytest.mark.parametrize(
    "walker", [*FROM_OUTSIDE, without_capability], ids=lambda who: who.__name__
)
def test_who_is_not_of_this_audit_finds_nothing(
    house: House, samples: Samples, walker: Walker
) -> None:
    person = User.objects.get(pk=walker(house).pk)
    has_a_list = can(person, Capability.OPEN_PORTAL)
    notes, wrong = AccessNote.objects.count(), []
    for route, method, path, answer in walk(samples, but=OWN, signed=person):
        assert_nothing_leaks(samples, path, answer)
        # A method that a page does not know may be refused before anybody is looked at.
        odd = {405}
        lists = path == "/portal/" and method == "get" and has_a_list
        wanted = {
            "portal": {200} if lists else {404, *odd},
            "admin": {403, *odd} if path not in SIGN_IN else {302, 405, 200},
            "api": {401} if route.name not in PUBLIC_API else {200, 405},
            "calendar": {404, *odd},
        }.get(door(path), {302, 403, 405})
        if answer.status_code not in wanted:
            wrong.append((method, path, answer.status_code))
    assert wrong == []
    assert AccessNote.objects.count() == notes


@pytest.mark.parametrize(
    "walker",
    [*FROM_OUTSIDE, without_capability, lambda house: house.bob],
    ids=lambda who: who.__name__,
)
def test_a_token_reaches_no_further_than_its_owner(
    house: House, samples: Samples, walker: Walker
) -> None:
    """An auditor's too, the one of this very audit: what they see, they see in the portal."""
    program = Program(token_of(walker(house)))
    for route in ROUTES:
        path = samples.address(route)
        if door(path) != "api" or route.name in PUBLIC_API:
            continue
        for method in ("GET", "POST"):
            answer = program.call(method, path)
            answer.body = answer.content
            assert answer.status_code in {403, 405}, (method, path, answer.status_code)
            assert_nothing_leaks(samples, path, answer)


def test_the_auditor_finds_each_page_of_the_portal_and_every_visit_is_a_leaf(
    house: House, samples: Samples
) -> None:
    """Also proves that the things which the others asked for are there."""
    client = cast.sign_in(Client(), house.bob)
    for route in ROUTES:
        path = samples.address(route)
        if door(path) != "portal":
            continue
        before = LedgerEntry.objects.filter(kind="access").count()
        answer = ask(client, "get", path)
        if answer.status_code == 405:
            # It takes changes only; its answer shows nothing.
            continue
        assert answer.status_code == 200, path
        left = LedgerEntry.objects.filter(kind="access").count() - before
        assert left == (0 if path == "/portal/" else 1), path


def test_the_auditor_finds_no_page_of_the_staff(house: House, samples: Samples) -> None:
    for _, _, path, answer in walk(samples, "get", but=OWN, signed=house.bob):
        if door(path) == "admin" and path not in SIGN_IN:
            assert answer.status_code == 403, path
            assert_nothing_leaks(samples, path, answer)


def test_the_administrator_finds_each_page_of_the_staff(
    house: House, samples: Samples, root: User
) -> None:
    """Else a page could refuse the others only because the thing asked for is not there."""
    deeds = {page.route for page in site.pages if "GET" not in page.methods}
    # An uploaded list is shown to who uploaded it only, a draft to who writes it.
    RequestImport.objects.update(by=root)
    RegisterImport.objects.update(by=root)
    FormDraft.objects.update(by=root)
    for route, _, path, answer in walk(samples, "get", but=OWN, signed=root):
        if door(path) == "admin":
            wanted = {405} if route.text.removeprefix("admin/") in deeds else {200, 302}
            assert answer.status_code in wanted, (path, answer.status_code)
