"""The auditors' door as Bob finds it."""

from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from tests import cast
from tests.audits.world import World
from tests.portal.house import House, build


@pytest.fixture
def world(alice: User, var_dir: Path) -> World:
    return World(alice)


@pytest.fixture
def house(world: World, bob: User) -> House:
    return build(world, bob)


@pytest.fixture
def door(client: Client, house: House) -> Client:
    """Bob, signed in, in front of his audit."""
    return cast.sign_in(client, house.bob)
