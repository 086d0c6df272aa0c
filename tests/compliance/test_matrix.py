"""Every address, everybody who may ask and every method, against the reviewed `who_may.yaml`.

The routes come from the resolver and the roles from roles.yaml, so a new one of either fails here
until a person has said in the file who may open it. Whoever the file does not name must be refused:
led to the sign-in, 401, 403, 404 or 405; a refusal shows nothing of the audit and leaves no leaf.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from compliance.api import throttling
from tests import cast
from tests.audits.world import World
from tests.compliance import callers, matrix
from tests.compliance.callers import (
    CONFIRM,
    LET_IN,
    METHODS,
    WITH_A_VIEW,
    Answer,
    Asker,
    Caller,
)
from tests.compliance.samples import Route, Samples, routes
from tests.portal import house as houses
from tests.portal.house import House

# The mark has the database set up; the house of all tests lies around each of their transactions.
pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ROUTES = routes()
OF_API = [route for route in ROUTES if route.text.startswith("api/")]
OF_PEOPLE = [route for route in ROUTES if not route.text.startswith("api/")]
# The other doors know no session: there is none that a foreign page could use.
OF_SESSIONS = [one for one in OF_PEOPLE if not one.text.startswith(("finix/", "hooks/"))]
ALLOWED = matrix.read()
REFUSED = {"sign-in", "enrol", CONFIRM, "401", "403", "404", "405"}
EVERYBODY = [*callers.PEOPLE, *callers.SCOPED, *callers.DEAD]


@dataclass
class Walls:
    """One house for all the tests of this file; each ask leaves it as it was."""

    house: House
    samples: Samples

    def asks(
        self, asker: Asker, among: list[Route], methods: tuple[str, ...] = METHODS
    ) -> Iterator[tuple[Route, str, Answer]]:
        for route in among:
            path, was_let_in = self.samples.address(route), False
            for method in methods:
                if methods is METHODS and _is_known(asker, method, was_let_in=was_let_in):
                    continue
                answer = asker.ask(method, path)
                was_let_in = method == "GET" and answer.word == LET_IN
                yield route, method, answer

    def lines(self, among: list[Route]) -> list[str]:
        """Ask everybody for some routes, and word who was let in."""
        methods = ("GET", *METHODS[2:])
        seen: dict[tuple[str, str], set[str]] = defaultdict(set)
        for caller in EVERYBODY if among else []:
            theirs = [one for one in among if caller in callers.PEOPLE or one in OF_API]
            with caller.asking(self.house) as asker:
                for route, method, answer in self.asks(asker, theirs, methods):
                    if answer.word == LET_IN:
                        seen[route.text, method].add(caller.name)
        return [
            ALLOWED.line(
                one.text, {method: frozenset(seen[one.text, method]) for method in methods}
            )
            for one in among
        ]


@pytest.fixture(scope="module")
def walls(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Walls]:
    """Build the house once, in a transaction that is undone when the last test has asked."""
    folder = tmp_path_factory.mktemp("walls")
    folders = {f"{name.upper()}_DIR": folder / name for name in ("store", "scratch", "inbox")}
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        # What is counted here is who gets in, and not how often.
        patch.setattr(throttling, "FAILURES_PER_MINUTE", 10**9)
        for one in folders.values():
            one.mkdir()
        kept = {**folders, "VAR_DIR": folder, "KEYS_DIR": folder, "API_REQUESTS_PER_MINUTE": 10**9}
        stack.enter_context(override_settings(**kept))
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(transaction.atomic())
        stack.callback(transaction.set_rollback, True)
        alice = cast.person("compliance-lead", email="alice@example.org")
        bob = cast.person("auditor", email="bob@audit.example")
        house = houses.sampled(houses.build(World(alice), bob))
        yield Walls(house, Samples(house))


def test_every_route_is_in_the_file_and_no_other(walls: Walls) -> None:
    missing = walls.lines([route for route in ROUTES if route.text not in ALLOWED.routes])
    gone = sorted(set(ALLOWED.routes) - {route.text for route in ROUTES})
    if missing:
        pytest.fail(
            "who_may.yaml lacks these routes. This is who gets in now: review each line, and"
            " paste what is meant.\n" + "\n".join(missing),
            pytrace=False,
        )
    assert not gone, f"who_may.yaml names routes that are gone: {gone}"


def test_the_file_names_nobody_and_no_method_that_is_unknown() -> None:
    names = {caller.name for caller in EVERYBODY}
    unknown = {
        (route, name)
        for route, lines in ALLOWED.routes.items()
        for who in lines.values()
        for name in ALLOWED.members(who) - names
    }
    assert not unknown
    assert not set().union(*ALLOWED.groups.values()) - names
    used = {method for lines in ALLOWED.routes.values() for method in lines}
    assert used <= {"GET", "POST"}, "a door takes a method that no door has; is that meant?"


@pytest.mark.parametrize("caller", callers.PEOPLE, ids=str)
def test_a_person_gets_in_where_the_file_says_and_nowhere_else(
    walls: Walls, caller: Caller
) -> None:
    with caller.asking(walls.house) as asker:
        assert _wrong(walls, asker, ROUTES, caller.name) == []


@pytest.mark.parametrize("caller", [*callers.SCOPED, *callers.DEAD], ids=str)
def test_a_token_gets_in_where_the_file_says_and_nowhere_else(walls: Walls, caller: Caller) -> None:
    with caller.asking(walls.house) as asker:
        assert _wrong(walls, asker, OF_API, caller.name) == []


def test_a_token_opens_no_page(walls: Walls) -> None:
    """Whatever it may do in the API, to the other doors its bearer is a stranger."""
    with callers.ALL_SCOPES.asking(walls.house) as asker:
        assert _wrong(walls, asker, OF_PEOPLE, callers.ANONYMOUS.name) == []


def test_a_sign_in_of_hours_ago_is_confirmed_before_what_the_file_calls_fresh(walls: Walls) -> None:
    asked, wrong = set(), []
    with callers.LONG_AGO.asking(walls.house) as asker:
        for route, method, answer in walls.asks(asker, ROUTES, ("GET", "POST")):
            if answer.word == CONFIRM:
                asked.add(f"{method} {route.text}")
            elif (answer.word == LET_IN) != ALLOWED.is_in("administrator", route.text, method):
                wrong.append((method, route.text, answer.word))
    assert wrong == []
    assert sorted(asked) == sorted(ALLOWED.fresh)


def test_no_form_is_taken_that_stands_on_a_page_of_somebody_else(walls: Walls) -> None:
    """A browser that was led here by another site sends the session, but no token of a form."""
    administrator = next(one for one in callers.PEOPLE if one.name == "administrator")
    with administrator.asking(walls.house) as asker:
        asker.client.handler.enforce_csrf_checks = True
        taken = [
            (route.text, answer.status)
            for route, _, answer in walls.asks(asker, OF_SESSIONS, ("POST",))
            if answer.word not in {"403", "404", "405"}
        ]
    assert taken == []


def _is_known(asker: Asker, method: str, *, was_let_in: bool) -> bool:
    """Say whether others ask this for everybody.

    A head is the same code without a body; some who get in everywhere ask for it too. A method that
    no door has is refused whoever asks: some who get in everywhere or nowhere ask each route, all
    others where they got in.
    """
    if method == "HEAD" and was_let_in:
        return not asker.looks_twice
    return method not in WITH_A_VIEW and not (was_let_in or asker.asks_every_way)


def _wrong(walls: Walls, asker: Asker, among: list[Route], name: str) -> list[str]:
    found = []
    for route, method, answer in walls.asks(asker, among):
        expected = ALLOWED.is_in(name, route.text, method)
        said = f"{name}: {method} {route.text} was answered {answer.status} ({answer.word})"
        if expected != (answer.word == LET_IN):
            found.append(f"{said}, and the file says {'in' if expected else 'refused'}")
        elif answer.word != LET_IN:
            found += [f"{said}: {fault}" for fault in _faults(walls, answer)]
    return found


def _faults(walls: Walls, answer: Answer) -> Iterator[str]:
    """What is wrong with a refusal."""
    if answer.word not in REFUSED:
        yield "this is no refusal"
    if answer.leaves:
        yield f"it left {answer.leaves} leaves"
    text = answer.body.decode(errors="replace")
    shown = [word for word in walls.samples.words if word in text]
    if shown:
        yield f"it shows {shown}"
