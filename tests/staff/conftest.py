"""What tests of the staff door share."""

from pathlib import Path

import pytest

from accounts.models import User
from tests.audits.world import World
from tests.staff import desk
from tests.staff.desk import Desk


@pytest.fixture
def alices(alice: User, var_dir: Path) -> Desk:
    """Alice's desk, with a fresh store."""
    return desk.at(alice)


@pytest.fixture
def world(alice: User, var_dir: Path) -> World:
    return World(alice)


@pytest.fixture
def strangers(bob: User, charlie: User) -> tuple[User, ...]:
    """An auditor and an outsider: both have accounts, neither is staff."""
    return bob, charlie
