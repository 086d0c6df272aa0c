"""Another program's opinion: compliance-trestle imports every document and finds nothing wrong.

It brings a hundred megabytes along, so that it stands in no lock: the test runs where a program of
that name is, or where TRESTLE names one.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from reports.oscal import pieces
from reports.oscal.facts import Facts
from tests.conftest import demand
from tests.reports.oscal.making import texts
from tests.reports.oscal.plain import facts
from tests.reports.oscal.test_documents import EMPTY

pytestmark = [pytest.mark.slow, pytest.mark.debian]


@pytest.fixture(scope="module")
def trestle() -> str:
    named = os.environ.get("TRESTLE", "trestle")
    return shutil.which(named) or demand("trestle", "pipx; then: pipx install compliance-trestle")


@pytest.fixture
def workspace(trestle: str, tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    ran = run(trestle, "init", "--full", folder=folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


def run(trestle: str, *arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [trestle, *arguments]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def imported(trestle: str, folder: Path, written: dict[str, bytes]) -> None:
    for name, text in written.items():
        path = folder.parent / name
        path.write_bytes(text)
        ran = run(trestle, "import", "-f", str(path), "-o", path.stem, folder=folder)
        assert ran.returncode == 0, f"{name}: {ran.stdout}{ran.stderr}"


@pytest.mark.parametrize("said", [facts(), EMPTY], ids=["full", "empty"])
def test_it_imports_and_validates_every_document(
    said: Facts, trestle: str, workspace: Path
) -> None:
    imported(trestle, workspace, texts(said))
    ran = run(trestle, "validate", "-a", folder=workspace)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_it_refuses_a_result_that_oscal_does_not_know(trestle: str, tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    run(trestle, "init", "--full", folder=tmp_path / "w")
    results = json.loads(texts(facts())[pieces.RESULTS])
    found = results["assessment-results"]["results"][0]["findings"][0]
    found["target"]["status"]["state"] = "not-tested"
    path = tmp_path / pieces.RESULTS
    path.write_text(json.dumps(results))
    ran = run(trestle, "import", "-f", str(path), "-o", "results", folder=tmp_path / "w")
    assert ran.returncode != 0
