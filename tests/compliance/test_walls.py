"""Every address of every door has a real thing behind it, and each visit of an auditor is a leaf.

Who may open which is asked in `test_matrix`. Nothing here lists a route: a new one is walked on the
day it is written, and fails until `tests.compliance.samples` knows a thing for each parameter.
"""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from evidence.models import LedgerEntry
from tests import cast
from tests.audits.world import World
from tests.compliance.samples import Route, Samples, routes
from tests.portal import house as houses
from tests.portal.house import House

ROUTES = routes()


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


def test_the_walk_meets_every_door(samples: Samples) -> None:
    paths = [samples.address(route) for route in ROUTES]
    doors = {
        "",
        "accounts",
        "admin",
        "api",
        "calendar",
        "finix",
        "health",
        "hooks",
        "leaked-token",
        "metrics",
        "portal",
        "sign",
        "trust",
        "welcome",
    }
    assert doors == {*map(door, paths)}
    assert len(paths) > 110
    assert not any(set("<>()?^$") & set(path) for path in paths), paths


def test_an_unknown_parameter_is_an_error(samples: Samples) -> None:
    with pytest.raises(KeyError, match="portal/<slug:secret>"):
        samples.address(Route("portal/<slug:secret>/", "new"))


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
