"""A store of its own for each test, platforms in both environments, and programs that call."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from accounts.models import User
from compliance.api import throttling
from merchants import api_users
from merchants.models import Application, Webhook
from tests.finix.calls import Program
from tests.finix.receiver import Receiver, listening
from tests.merchants import shops


@pytest.fixture(autouse=True)
def _own_store(request: pytest.FixtureRequest) -> None:
    """Every test that asks the database starts with an empty store."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("var_dir")


@pytest.fixture(autouse=True)
def _no_failure_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that earlier tests of the process had refused are no business of this one."""
    monkeypatch.setattr(throttling, "_FAILURES", throttling.Meter())


@pytest.fixture
def platform(alice: User) -> Application:
    return shops.application(alice)


@pytest.fixture
def robot(db: None) -> Program:
    """A program with a key for all platforms of the live environment."""
    return Program(*api_users.add_platform_key("live", actor="system"))


@pytest.fixture
def sandbox(db: None) -> Program:
    """A program with a key for all platforms of the sandbox."""
    return Program(*api_users.add_platform_key("sandbox", actor="system"))


@pytest.fixture
def partner(platform: Application) -> Program:
    """A program of one platform."""
    return Program(*api_users.add_partner_key(platform, actor="system"))


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """Who is told of events, on an address that is allowed."""
    settings.PRIVATE_ADDRESSES = frozenset({"webhooks"})
    with listening() as found:
        yield found


@pytest.fixture
def hook(robot: Program, receiver: Receiver) -> Webhook:
    """A webhook of the receiver that is told everything."""
    made = robot.post("webhooks", {"url": receiver.url})
    return Webhook.objects.get(ref=made.json()["id"])
