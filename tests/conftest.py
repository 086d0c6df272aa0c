"""What every test may lean on; a missing part is a skip on a laptop and an error in CI."""

import csv
import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.backends.base.operations import BaseDatabaseOperations
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import expect

from accounts import journal as accounts_journal
from accounts.models import User
from evidence import given_out
from readiness import detection
from tests import append_only, cast

# How long one example takes is the machine's affair.
hypothesis_settings.register_profile("countersign", deadline=None)
hypothesis_settings.load_profile("countersign")


_DATABASE = {"db", "transactional_db", "django_db_setup", "live_server"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL run only what asks the database: the rest has run beside SQLite already."""
    if os.environ.get("TEST_DATABASE") != "postgres":
        return
    asks = [
        one.get_closest_marker("django_db") or _DATABASE & set(getattr(one, "fixturenames", ()))
        for one in items
    ]
    config.hook.pytest_deselected(
        items=[one for one, does in zip(items, asks, strict=True) if not does]
    )
    items[:] = [one for one, does in zip(items, asks, strict=True) if does]


def demand(program: str, package: str) -> str:
    """Return the path of a program; without it the test is skipped, or fails where CI is set."""
    path = shutil.which(program)
    if path is None:
        message = f"{program} is missing; on Debian: apt-get install {package}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path


def demand_package(name: str, extra: str) -> None:
    """Skip the test, or fail it where CI is set, unless a Python package is there."""
    if importlib.util.find_spec(name) is None:
        message = f"{name} is missing; install the extra {extra!r}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(scope="session")
def chromium() -> str:
    # A test waits for what must come; how long that takes is the machine's affair.
    expect.set_options(timeout=120_000)
    return demand("chromium", "chromium")


@pytest.fixture(scope="session", autouse=True)
def flushable_append_only_tables() -> Iterator[None]:
    """Transactional tests end with a flush, which the triggers of append-only tables refuse."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", append_only.flush)
        yield


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Registers begin anew in each test, and what they showed before is not theirs."""
    detection.forget()


@pytest.fixture(autouse=True)
def cells_of_one_size() -> Iterator[None]:
    """The verifier, a program of its own, lifts this limit for the whole process."""
    before = csv.field_size_limit()
    yield
    csv.field_size_limit(before)


@pytest.fixture
def var_dir(settings: object, tmp_path: Path) -> Path:
    """A fresh folder for stored files, so that tests do not see each other's."""
    settings.VAR_DIR = tmp_path  # type: ignore[attr-defined]
    for name in ("STORE_DIR", "SCRATCH_DIR", "INBOX_DIR", "KEYS_DIR"):
        folder = tmp_path / name.removesuffix("_DIR").lower()
        folder.mkdir()
        setattr(settings, name, folder)
    return tmp_path


@pytest.fixture(autouse=True)
def nothing_given_out() -> Iterator[None]:
    """Each test starts with an empty log, so no checkpoint of the one before may be remembered."""
    yield
    given_out.path().unlink(missing_ok=True)


@pytest.fixture
def alice(db: None) -> User:
    """Leads compliance."""
    return cast.person("compliance-lead", email="alice@example.org", full_name="Alice Lindqvist")


@pytest.fixture
def bob(db: None) -> User:
    """Audits one engagement."""
    return cast.person("auditor", email="bob@audit.example", full_name="Bob Achterberg")


@pytest.fixture
def charlie(db: None) -> User:
    """Has an account and no role: every door refuses him."""
    return cast.person(email="charlie@elsewhere.example", full_name="Charlie Outsider")


@pytest.fixture
def root(db: None) -> User:
    """The administrator."""
    return cast.person("administrator", email="root@example.org", full_name="Ruth Rooth")


@pytest.fixture
def journal() -> Iterator[cast.Journal]:
    """A keeper that remembers, in place of the ledger for one test."""
    kept = cast.Journal()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts_journal._Desk, "keeper", kept.keep)
        yield kept
