"""The world whose papers are tested, with and without the PDF engine."""

import os
from pathlib import Path

import pytest

from accounts.models import User
from reports import pdf_engine
from tests.audits.world import World


@pytest.fixture
def world(alice: User, var_dir: Path) -> World:
    return World(alice)


@pytest.fixture
def no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which the libraries of the PDF engine are missing."""
    monkeypatch.setattr(pdf_engine, "missing_libraries", lambda: "apt-get install it")


@pytest.fixture
def pdf() -> None:
    """The PDF engine itself; without its libraries the test is skipped, and fails in CI."""
    missing = pdf_engine.missing_libraries()
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
