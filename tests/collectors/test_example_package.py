"""A collector from outside: the example package is built, installed, found, and asked."""

import importlib
import shutil
import sys
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from collectors import registry
from collectors.models import Run
from collectors.run import perform
from tests.collectors import world
from tests.collectors.asking import OCTOBER
from tests.collectors.loopback import Loopback, Reply
from tests.collectors.outside import run as outside

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs" / "example-collector"
PAGES = [Reply(path.read_bytes()) for path in sorted(EXAMPLE.glob("payloads/page-*.json"))]
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example installed in it, as an installer unpacks a wheel of pure Python."""
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(EXAMPLE, folder / "source")
    outside(folder / "source", "-W", "ignore", "-c", BUILD, str(folder))
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.fixture
def tickets(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The example as a process finds it that starts with the package installed."""
    monkeypatch.syspath_prepend(site)
    registry.collectors.cache_clear()
    yield "tickets"
    registry.collectors.cache_clear()
    sys.modules.pop("countersign_tickets", None)
    importlib.invalidate_caches()


def test_it_is_one_module_one_test_and_one_folder_of_payloads() -> None:
    assert sorted(path.name for path in EXAMPLE.iterdir() if path.name != "__pycache__") == [
        "countersign_tickets.py",
        "payloads",
        "pyproject.toml",
        "test_tickets.py",
    ]
    assert len((EXAMPLE / "countersign_tickets.py").read_text("utf-8").splitlines()) <= 120


def test_nothing_but_the_module_is_installed(site: Path) -> None:
    (metadata,) = site.glob("*.dist-info")
    laid = {path.name for path in site.iterdir()} - {metadata.name, "__pycache__"}
    assert laid == {"countersign_tickets.py"}
    points = Distribution.at(metadata).entry_points
    assert [(point.group, point.name, point.value) for point in points] == [
        (registry.GROUP, "tickets", "countersign_tickets")
    ]


def test_the_registry_finds_it_by_its_entry_point(tickets: str, site: Path) -> None:
    found = registry.get(tickets)
    assert found.version == "countersign-tickets 1.0"
    module = site / "countersign_tickets.py"
    assert found.code_digest == sha256(module.read_bytes()).hexdigest()
    assert set(registry.collectors()) > {"tickets", "staff_mfa"}


def test_without_the_package_it_is_not_there() -> None:
    assert "tickets" not in registry.collectors()


@pytest.mark.django_db
@pytest.mark.usefixtures("november")
def test_what_it_collects_is_evidence_that_names_the_package(tickets: str) -> None:
    with Loopback(*PAGES) as server:
        source = world.source(tickets, values={"url": server.url, "token": "hunter2-hunter2"})
        run = perform(source, period=None, key="one")
    assert (run.state, run.reason, run.rows) == (Run.State.COMPLETE, "", 3)
    assert (run.period_from, run.period_to) == (OCTOBER.start, OCTOBER.end)
    assert run.ipe["collector_version"] == "countersign-tickets 1.0"
    assert run.evidence
    assert "planted-phone" not in world.text(run.evidence)


def test_its_own_test_passes_where_it_is_installed(site: Path) -> None:
    """As its author runs it: from a checkout, with the package on the path and no other help."""
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE))
    assert "4 passed" in outside(ROOT, *command, path=site)
