"""An upload that is too large is counted and dropped, and never lies on the disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from compliance.uploads import Discarded


@contextmanager
def request(content: bytes) -> Iterator[Any]:
    file = SimpleUploadedFile("large.bin", content, "application/x-large")
    asked = RequestFactory().post("/", {"file": file, "title": "Typed by hand"})
    yield asked
    asked.close()


def lying_in(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.iterdir()]


@pytest.fixture
def uploads(settings: Any, tmp_path: Path) -> Path:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
    settings.MAX_UPLOAD_BYTES = 200_000
    return tmp_path


def test_a_file_within_the_limit_passes_untouched(uploads: Path) -> None:
    with request(b"x" * 200_000) as asked:
        taken = asked.FILES["file"]
        assert not isinstance(taken, Discarded)
        assert taken.read() == b"x" * 200_000
        assert lying_in(uploads) == [200_000]


def test_a_file_beyond_the_limit_is_named_and_counted_without_its_content(uploads: Path) -> None:
    with request(b"x" * 1_000_000) as asked:
        dropped = asked.FILES["file"]
        assert isinstance(dropped, Discarded)
        assert (dropped.name, dropped.size) == ("large.bin", 1_000_000)
        assert dropped.read() == b""
        assert asked.POST["title"] == "Typed by hand"


def test_what_was_written_of_it_is_removed_at_once(uploads: Path) -> None:
    with request(b"x" * 1_000_000) as asked:
        assert asked.FILES["file"].size == 1_000_000
        assert lying_in(uploads) == []


def test_a_small_file_stays_in_memory(uploads: Path) -> None:
    with request(b"x" * 10) as asked:
        assert asked.FILES["file"].read() == b"x" * 10
        assert lying_in(uploads) == []
