"""What tests of the staff door share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import User
from registers.models import Reconciliation
from tests.audits.world import World, clock
from tests.registers.reconciled import MONDAY, Accounting, morning
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


@pytest.fixture
def books(alices: Desk, tmp_path: Path) -> Accounting:
    return Accounting(alices.user, tmp_path)


@pytest.fixture
def cards(books: Accounting) -> Reconciliation:
    return books.define()


@pytest.fixture
def olgas(books: Accounting) -> Desk:
    return desk.at(books.olga)


@pytest.fixture
def ivans(books: Accounting) -> Desk:
    return desk.at(books.ivan)


@pytest.fixture
def tuesday() -> Iterator[None]:
    """The morning after the day that is reconciled; sessions stay fresh."""
    with clock(morning(MONDAY)):
        yield
