"""What tests of this room lean on."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _folders(request: pytest.FixtureRequest) -> None:
    """Papers and sealed keys lie in a folder of the test, where it asks the database at all."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("var_dir")


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """A file that stands for a rendered paper."""
    file = tmp_path / "paper.pdf"
    file.write_bytes(b"%PDF-1.7 a paper")
    return file
