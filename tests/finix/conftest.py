"""A store of its own for each test, platforms in both environments, and programs that call."""

import pytest

from accounts.models import User
from merchants import api_users
from merchants.models import Application
from tests.finix.calls import Program
from tests.merchants import shops


@pytest.fixture(autouse=True)
def _own_store(request: pytest.FixtureRequest) -> None:
    """Every test that asks the database starts with an empty store."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("var_dir")


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
