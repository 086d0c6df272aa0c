"""People and registers that tests of this room lean on."""

from pathlib import Path

import pytest

from accounts.models import User
from controls.models import Expectation
from registers import registry
from registers.models import Reconciliation
from registers.registry import Register
from tests.audits.world import World
from tests.registers.books import Book
from tests.registers.reconciled import Accounting


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


@pytest.fixture
def books(alice: User, var_dir: Path, tmp_path: Path) -> Accounting:
    return Accounting(alice, tmp_path)


@pytest.fixture
def cards(books: Accounting) -> Reconciliation:
    return books.define()


@pytest.fixture
def daily(world: World) -> Expectation:
    return world.expect(
        world.access, "daily-reconciliation", kind="event", cadence="business_daily"
    )


@pytest.fixture
def shelf(world: World) -> Expectation:
    return world.expect(world.access, "reconciliation-files", kind="event")
