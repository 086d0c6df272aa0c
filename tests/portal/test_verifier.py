"""/portal/ENG-.../verify.py and verify.html: the verifiers, apart from any pack."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from reports.verifier_page import FOLDER, published
from tests import cast
from tests.portal.house import House, get, notes

PATH = "verify.py"
BOTH = pytest.mark.parametrize("name", ["verify.py", "verify.html"])


@BOTH
def test_it_is_the_file_of_the_house(door: Client, house: House, name: str) -> None:
    answer = get(door, house.path(name))
    assert answer.status_code == 200
    assert answer.body == (FOLDER / name).read_bytes()
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
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


@BOTH
def test_taking_it_is_noted(door: Client, house: House, name: str) -> None:
    get(door, house.path(name))
    assert notes("download") == [name]
    door.head(house.path(name))
    assert notes("download") == [name]


@BOTH
def test_it_refuses_a_wrong_method(door: Client, house: House, name: str) -> None:
    assert door.post(house.path(name)).status_code == 405


@BOTH
def test_it_refuses_charlie(client: Client, house: House, name: str) -> None:
    charlie = cast.person(email="charlie@elsewhere.example")
    assert cast.sign_in(client, charlie).get(house.path(name)).status_code == 404


def test_the_overview_tells_the_digests(door: Client, house: House) -> None:
    page = get(door, house.path()).body.decode()
    for one in published():
        assert one.sha256 in page.replace("</span><wbr><span>", "")
        assert f'href="{house.path(one.name)}"' in page
