"""/portal/ENG-.../verify.py: the stand-alone verifier, apart from any pack."""

import subprocess
import sys
from pathlib import Path

from django.test import Client

from compliance.portal.packs import VERIFIER
from tests import cast
from tests.portal.house import House, get, notes

PATH = "verify.py"


def test_it_is_the_file_of_the_house(door: Client, house: House) -> None:
    answer = get(door, house.path(PATH))
    assert answer.status_code == 200
    assert answer.body == VERIFIER.read_bytes()
    assert answer["Content-Disposition"] == 'attachment; filename="verify.py"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_it_runs_alone(door: Client, house: House, tmp_path: Path) -> None:
    file = tmp_path / "verify.py"
    file.write_bytes(get(door, house.path(PATH)).body)
    done = subprocess.run(
        [sys.executable, "-I", str(file), "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "--key" in done.stdout


def test_taking_it_is_noted(door: Client, house: House) -> None:
    get(door, house.path(PATH))
    assert notes("download") == ["verify.py"]
    door.head(house.path(PATH))
    assert notes("download") == ["verify.py"]


def test_it_refuses_charlie(client: Client, house: House) -> None:
    charlie = cast.person(email="charlie@elsewhere.example")
    assert cast.sign_in(client, charlie).get(house.path(PATH)).status_code == 404
