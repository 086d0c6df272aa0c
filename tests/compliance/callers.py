"""Everybody who may ask the house for something, and in one word what each is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.test import Client

from accounts import roles
from accounts.models import Role, RoleGrant, User
from accounts.tokens import Scope
from audits.models import RequestImport
from compliance.signin.middleware import SIGNED_IN_AT
from evidence.models import LedgerEntry
from registers.models import FormDraft, RegisterImport
from tests import cast
from tests.api import calls
from tests.portal import house as houses
from tests.portal.house import House

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
WITH_A_VIEW = ("GET", "POST")
"""The methods that reach the code of a page; others are refused, or the same without a body."""
LET_IN = "in"
CONFIRM = "confirm"
"""Sent to prove once more who it is, because the sign-in is long ago."""
_ASKS_TO_CONFIRM = ("/accounts/reauthenticate/", "/accounts/2fa/reauthenticate/")
_ASKS_TO_SIGN_IN = ("/accounts/login/", "/admin/login/")
ENROL = "/accounts/2fa/"

Maker = Callable[[House], User]


@dataclass(frozen=True)
class Answer:
    """What one ask was told: the word for it, the status, the bytes, and leaves that it left."""

    word: str
    status: int
    body: bytes
    leaves: int


@dataclass
class Asker:
    """One who asks again and again; whatever an ask changed is undone before the next."""

    client: Client
    headers: dict[str, str] = field(default_factory=dict)
    is_without_factor: bool = False
    looks_twice: bool = False
    """Asks for the head of what it was let in to, as well."""
    asks_every_way: bool = False
    """Asks what refused it by every other method, too."""

    def __post_init__(self) -> None:
        self._leaves = LedgerEntry.objects.count()

    def ask(self, method: str, path: str) -> Answer:
        held = {name: morsel.value for name, morsel in self.client.cookies.items()}
        with transaction.atomic():
            answer: Any = self._send(method, path)
            body = b"".join(answer) if answer.streaming else answer.content
            # Each ask begins with the same leaves, because the one before was undone.
            left = LedgerEntry.objects.count() - self._leaves if method in WITH_A_VIEW else 0
            transaction.set_rollback(True)
        self.client.cookies.clear()
        for name, value in held.items():
            self.client.cookies[name] = value
        return Answer(self._word(path, answer), answer.status_code, body, left)

    def _send(self, method: str, path: str) -> Any:
        if method == "POST" and not path.startswith("/api/"):
            return self.client.post(path, headers=self.headers)
        return self.client.generic(method, path, headers=self.headers)

    def _word(self, path: str, answer: Any) -> str:
        status: int = answer.status_code
        led_to = urlsplit(answer.headers.get("Location", "")).path
        if led_to in _ASKS_TO_SIGN_IN:
            return "sign-in"
        if led_to in _ASKS_TO_CONFIRM:
            return CONFIRM
        if led_to == ENROL and self.is_without_factor and not path.startswith("/accounts/"):
            return "enrol"
        return str(status) if status in {401, 403, 404, 405} or status >= 500 else LET_IN


@dataclass(frozen=True)
class Caller:
    """A kind of person or program, by the name that the reviewed file gives it."""

    name: str
    make: Callable[[House], Asker]

    def __str__(self) -> str:
        return self.name.replace(" ", "-")

    @contextmanager
    def asking(self, house: House) -> Iterator[Asker]:
        """Make the caller, and unmake everything at the end."""
        with transaction.atomic():
            yield self.make(house)
            transaction.set_rollback(True)


def _person(
    make: Maker, *, hours_ago: int = 0, looks_twice: bool = False, every_way: bool = False
) -> Callable[[House], Asker]:
    def asker(house: House) -> Asker:
        user = User.objects.get(pk=make(house).pk)
        # An uploaded list is shown to who uploaded it only, a draft to who writes it: what is
        # one's own must not hide that the right to it is missing.
        for model in (RequestImport, RegisterImport, FormDraft):
            model.objects.update(by=user)
        client = cast.sign_in(_browser(), user)
        session = client.session
        session[SIGNED_IN_AT] -= hours_ago * 3600
        session.save()
        return Asker(client, looks_twice=looks_twice, asks_every_way=looks_twice or every_way)

    return asker


def _of_role(slug: str) -> Maker:
    def make(house: House) -> User:
        known = {"compliance-lead": house.world.alice, roles.AUDITOR: house.bob}
        return known.get(slug) or cast.person(slug)

    return make


def _guest(_house: House) -> User:
    """Staff whose role holds nothing at all."""
    person = cast.person()
    role = Role.objects.create(slug="guest", title="Guest", is_staff=True, capabilities=[])
    RoleGrant.objects.create(user=person, role=role)
    User.objects.filter(pk=person.pk).update(is_staff=True)
    return person


def _anonymous(_house: House) -> Asker:
    return Asker(_browser(), asks_every_way=True)


def _without_factor(_house: House) -> Asker:
    client = _browser()
    client.force_login(cast.person(roles.ADMINISTRATOR), backend=cast.BACKEND)
    return Asker(client, is_without_factor=True)


def _deactivated(_house: House) -> Asker:
    person = cast.person(roles.ADMINISTRATOR)
    client = cast.sign_in(_browser(), person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    return Asker(client)


def _ended(_house: House) -> Asker:
    """An administrator whose sessions were all ended meanwhile."""
    person = cast.person(roles.ADMINISTRATOR)
    client = cast.sign_in(_browser(), person)
    User.objects.filter(pk=person.pk).update(sessions_ended=1)
    return Asker(client)


def _browser() -> Client:
    return Client(raise_request_exception=False)


def _program(
    *scopes: str,
    of: Maker = lambda house: house.world.alice,
    every_way: bool = False,
    **more: Any,
) -> Caller:
    def asker(house: House) -> Asker:
        secret = calls.give_token(of(house), *scopes, **more)
        headers = {"Authorization": f"Bearer {secret}"}
        return Asker(_browser(), headers=headers, asks_every_way=every_way)

    return Caller("", asker)


def _named(name: str, made: Caller) -> Caller:
    return Caller(name, made.make)


EVERYWHERE = (roles.ADMINISTRATOR, roles.AUDITOR)
ANONYMOUS = Caller("anonymous", _anonymous)
PEOPLE = [
    ANONYMOUS,
    Caller("without second factor", _without_factor),
    *(
        Caller(one.slug, _person(_of_role(one.slug), looks_twice=one.slug in EVERYWHERE))
        for one in roles.read()
    ),
    Caller("no role", _person(houses.charlie, every_way=True)),
    Caller("role without capability", _person(_guest)),
    Caller("auditor of another audit", _person(houses.other_auditor)),
    Caller("auditor past the end", _person(houses.expired)),
    Caller("auditor removed", _person(houses.removed)),
    Caller("auditor without role", _person(houses.without_role)),
    Caller("deactivated", _deactivated),
    Caller("sessions ended", _ended),
]
LONG_AGO = Caller("administrator of hours ago", _person(_of_role(roles.ADMINISTRATOR), hours_ago=6))
ALL_SCOPES = _named(Scope.ALL.value, _program(Scope.ALL, every_way=True))
SCOPED = [
    *(_named(scope.value, _program(scope)) for scope in Scope if scope != Scope.ALL),
    ALL_SCOPES,
]
DEAD = [
    _named("no scope", _program(every_way=True)),
    _named("expired", _program(*Scope, expires_in=timedelta(seconds=-1))),
    _named("revoked", _program(*Scope, revoked=True)),
    _named("of an auditor", _program(*Scope, of=lambda house: house.bob)),
    _named("of the auditor of another audit", _program(*Scope, of=houses.other_auditor)),
    _named("of an auditor past the end", _program(*Scope, of=houses.expired)),
    _named("of an auditor who was removed", _program(*Scope, of=houses.removed)),
    _named("of nobody's role", _program(*Scope, of=houses.charlie)),
    _named("of a role without capability", _program(*Scope, of=_guest)),
]
"""Tokens that open nothing: what their owner sees, if anything, is seen in the portal."""
