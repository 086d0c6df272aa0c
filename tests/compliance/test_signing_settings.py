"""A start refuses a key for covers that cannot sign, and a version of OSCAL that is none."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError

from compliance import environment, start_checks
from reports import pdf_signature
from tests.reports.signing import Issuer


@pytest.fixture
def keys_dir(tmp_path: Path, settings: Any) -> Path:
    settings.KEYS_DIR = tmp_path / "keys"
    settings.KEYS_DIR.mkdir()
    return Path(settings.KEYS_DIR)


@pytest.mark.usefixtures("keys_dir")
def test_a_start_names_what_is_wrong_with_the_key(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer(tmp_path).issue()
    issuer.use(settings)
    monkeypatch.setattr(pdf_signature, "find_spec", lambda _name: object())
    start_checks.key_files()
    issuer.key.chmod(0o644)
    with pytest.raises(CommandError, match="can be read by others"):
        start_checks.key_files()


@pytest.mark.usefixtures("keys_dir")
def test_without_a_key_nothing_is_asked(settings: Any) -> None:
    settings.PDF_SIGNING_KEY = ""
    start_checks.key_files()


@pytest.mark.parametrize("version", ["1.2.1", "1.2.2", "1.1.3"])
def test_a_version_of_oscal_is_taken(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSCAL_VERSION", version)
    assert environment.oscal_version("OSCAL_VERSION", "1.2.1") == version


@pytest.mark.parametrize("version", ["1.0.6", "2.0.0", "latest", "1.2"])
def test_what_we_cannot_write_is_refused(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSCAL_VERSION", version)
    with pytest.raises(ImproperlyConfigured, match="set it to a version of OSCAL"):
        environment.oscal_version("OSCAL_VERSION", "1.2.1")
