"""The programme that tests of this room look at: the shipped one, over a small catalogue."""

from pathlib import Path

import pytest

from accounts.models import User
from tests.readiness.ground import Ground


@pytest.fixture
def ground(alice: User, var_dir: Path) -> Ground:
    """Alice's installation, empty but for her."""
    return Ground(alice)
