"""The year that acceptance tests look at."""

from pathlib import Path

import pytest

from accounts.models import User
from tests import cast
from tests.acceptance.year import Year


@pytest.fixture
def year(alice: User, var_dir: Path) -> Year:
    return Year(alice, cast.person("reviewer", full_name="Rita Reviewer"))
