"""A store that cannot be used, or is another than that of the files, is refused at the start."""

from pathlib import Path

import pytest
from django.core.management.base import CommandError
from pytest_django import Settings

from compliance import start_checks
from evidence import intake
from evidence.models import BlobKey
from tests.evidence import items

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def test_a_folder_is_fine() -> None:
    start_checks.store()
    intake.receive(items.submission(), actor="system")
    start_checks.store_of_files()


def test_a_store_that_nobody_knows_is_refused(settings: Settings) -> None:
    settings.STORE_URL = "gopher://x"
    with pytest.raises(CommandError, match="STORE_URL begins with 'gopher'"):
        start_checks.store()


def test_a_folder_that_cannot_be_written_is_refused(settings: Settings) -> None:
    settings.STORE_DIR = Path("/nonexistent")
    with pytest.raises(CommandError, match="cannot be written"):
        start_checks.store()


def test_files_of_another_store_are_told(settings: Settings) -> None:
    intake.receive(items.submission(), actor="system")
    settings.STORE_URL = "s3://bucket/x"
    with pytest.raises(CommandError, match="another store"):
        start_checks.store_of_files()
    BlobKey.objects.update(version="v1")
    start_checks.store_of_files()
    settings.STORE_URL = "file:"
    with pytest.raises(CommandError, match="another store"):
        start_checks.store_of_files()
