"""People and registers that tests of this room lean on."""

from pathlib import Path

import pytest

from accounts.models import User
from registers import registry
from registers.registry import Register
from tests.audits.world import World
from tests.registers.books import Book


@pytest.fixture
def vendors() -> Register:
    return registry.get("vendors")


@pytest.fixture
def book(alice: User, vendors: Register, var_dir: Path) -> Book:
    """The register of vendors, kept by Alice."""
    return Book(vendors, alice)


@pytest.fixture
def world(alice: User, var_dir: Path) -> World:
    return World(alice)
