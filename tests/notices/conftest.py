"""What tests of the door outwards share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import User
from tests.notices.sink import Sink, listening
from tests.readiness.ground import Ground, ago, begin


@pytest.fixture
def ground(alice: User, var_dir: Path) -> Ground:
    """Alice's installation, a year old and empty but for her."""
    begin(ago(400))
    return Ground(alice)


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    with listening(settings) as kept:
        yield kept
