"""The world in which audits are tested."""

from pathlib import Path

import pytest

from accounts.models import User
from tests.audits.world import World


@pytest.fixture
def world(alice: User, var_dir: Path) -> World:
    return World(alice)
