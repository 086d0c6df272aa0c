"""A store of its own for each test, and the program of a person who may do what it asks."""

import pytest

from accounts.models import User
from tests.api import calls


@pytest.fixture(autouse=True)
def _own_store(var_dir: object) -> None:
    """Every test starts with an empty store."""


@pytest.fixture
def robot(alice: User) -> calls.Program:
    """A program of Alice with a token of all scopes."""
    return calls.program(alice)
