"""What tests of this door lean on."""

import pytest


@pytest.fixture(autouse=True)
def _folders(request: pytest.FixtureRequest) -> None:
    """Papers and sealed keys lie in a folder of the test, where it asks the database at all."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("var_dir")
