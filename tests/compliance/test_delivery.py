"""Stored bytes as a file to save: whole, in part, or not at all, as RFC 9110 has it."""

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from pytest_django import Settings

from compliance import delivery
from compliance.delivery import NoSuchPartError, Part
from evidence import intake, seal, store
from evidence.errors import BlobDamagedError, BlobMissingError, SealError
from evidence.models import BlobKey, Evidence
from tests.evidence import items

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir", "open_connection")]

CHUNK = seal.CHUNK
BYTES = bytes(range(256)) * 3_000
"""Three sealed chunks, the last one not full."""
END = len(BYTES)


@pytest.fixture
def open_connection() -> Iterator[None]:
    """An answer that is closed ends its request, and with that the connection of this test."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


@pytest.fixture
def stored() -> Evidence:
    return keep(BYTES)


def keep(content: bytes, filename: str = "restore.csv") -> Evidence:
    return intake.receive(items.submission(content=content, filename=filename), actor="system")


def ask(evidence: Evidence, method: str = "GET", **headers: str) -> HttpResponseBase:
    named: dict[str, Any] = {name.replace("_", "-"): value for name, value in headers.items()}
    return delivery.attachment(RequestFactory().generic(method, "/", headers=named), evidence)


def body(response: Any) -> bytes:
    """All bytes of an answer, which is closed afterwards as a server does."""
    content = b"".join(response) if response.streaming else bytes(response.content)
    response.close()
    return content


def place_of(evidence: Evidence, settings: Settings) -> Path:
    return Path(settings.STORE_DIR, BlobKey.objects.get(blob=evidence.blob_id).location)


def damage(evidence: Evidence, settings: Settings, *, at: int) -> None:
    file = place_of(evidence, settings)
    sealed = bytearray(file.read_bytes())
    sealed[at] ^= 1
    file.write_bytes(sealed)


def test_the_whole_comes_with_its_digest_and_size(stored: Evidence) -> None:
    answer = ask(stored)
    assert answer.status_code == 200
    assert answer["ETag"] == f'"{stored.blob_id}"'
    assert answer["Content-Length"] == str(END)
    assert answer["Accept-Ranges"] == "bytes"
    assert "Content-Range" not in answer
    assert body(answer) == BYTES


def test_it_is_saved_and_never_opened(stored: Evidence) -> None:
    answer = ask(stored)
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="restore.csv"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"] == "private, no-cache"
    answer.close()


def test_a_door_may_tell_the_type(stored: Evidence) -> None:
    answer = delivery.attachment(RequestFactory().get("/"), stored, media_type="text/csv")
    assert answer["Content-Type"] == "text/csv"
    answer.close()


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("plain.txt", 'attachment; filename="plain.txt"'),
        ('a"b\\c.txt', 'attachment; filename="c.txt"'),
        ('"quoted".txt', 'attachment; filename="\\"quoted\\".txt"'),
        ("a;b.txt", 'attachment; filename="a;b.txt"'),
        ("zürich.txt", "attachment; filename*=utf-8''z%C3%BCrich.txt"),
        ("../up.txt", 'attachment; filename="up.txt"'),
    ],
)
def test_a_name_stays_within_its_header(name: str, disposition: str) -> None:
    answer = ask(keep(b"x", name))
    assert answer["Content-Disposition"] == disposition
    answer.close()


RANGES = [
    ("bytes=0-0", 0, 1),
    ("bytes=0-", 0, END),
    ("BYTES=0-", 0, END),
    ("bytes=10-19", 10, 20),
    (f"bytes={CHUNK - 1}-{CHUNK}", CHUNK - 1, CHUNK + 1),
    (f"bytes={CHUNK}-{2 * CHUNK - 1}", CHUNK, 2 * CHUNK),
    (f"bytes={CHUNK + 7}-", CHUNK + 7, END),
    (f"bytes={END - 1}-", END - 1, END),
    ("bytes=-7", END - 7, END),
    (f"bytes=-{END}", 0, END),
    (f"bytes=-{END * 2}", 0, END),
    (f"bytes=5-{END * 2}", 5, END),
    (f"bytes=0-{'9' * 19}", 0, END),
]


@pytest.mark.parametrize(("asked", "start", "end"), RANGES)
def test_a_download_goes_on_anywhere(stored: Evidence, asked: str, start: int, end: int) -> None:
    answer = ask(stored, Range=asked)
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {start}-{end - 1}/{END}"
    assert answer["Content-Length"] == str(end - start)
    assert body(answer) == BYTES[start:end]


@pytest.mark.parametrize(
    "asked",
    [
        *("bytes=9-5", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "bytes=1", "bytes"),
        *(
            "bytes=1-2-3",
            "bytes =0-1",
            "bytes=0-1 ",
            "bytes=+1-2",
            "bytes=\u0661-\u0662",
            "bytes=--1",
            "",
        ),
        f"bytes={'9' * 20}-",
    ],
)
def test_a_range_that_means_nothing_gives_the_whole(stored: Evidence, asked: str) -> None:
    answer = delivery.attachment(RequestFactory().get("/", HTTP_RANGE=asked), stored)
    assert answer.status_code == 200
    assert body(answer) == BYTES


@pytest.mark.parametrize("asked", [f"bytes={END}-", f"bytes={END * 9}-{END * 10}", "bytes=-0"])
def test_a_range_outside_the_file_is_refused(stored: Evidence, asked: str) -> None:
    answer = ask(stored, Range=asked)
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{END}"
    assert body(answer) == b""


def test_a_door_can_ask_for_the_part_alone() -> None:
    request = RequestFactory().get("/", HTTP_RANGE="bytes=2-5")
    assert delivery.requested_part(request, size=10, etag='"x"') == Part(2, 6)
    assert Part(2, 6).size == 4
    with pytest.raises(NoSuchPartError):
        delivery.requested_part(request, size=2, etag='"x"')


def test_a_part_of_another_version_is_never_mixed_in(stored: Evidence) -> None:
    etag = f'"{stored.blob_id}"'
    assert body(ask(stored, Range="bytes=1-2", If_Range=etag)) == BYTES[1:3]
    for other in ('"other"', f"W/{etag}", stored.blob_id, "Sat, 21 Nov 2026 08:00:00 GMT"):
        assert body(ask(stored, Range="bytes=1-2", If_Range=other)) == BYTES


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', '{} ,"y"', "*"])
def test_bytes_that_the_caller_has_are_not_sent_again(stored: Evidence, form: str) -> None:
    etag = f'"{stored.blob_id}"'
    answer = ask(stored, If_None_Match=form.format(etag))
    assert answer.status_code == 304
    assert answer["ETag"] == etag
    assert body(answer) == b""


@pytest.mark.parametrize("form", ['"x"', "{}", '"x{}"', "", "W/"])
def test_other_tags_are_not_taken_for_it(stored: Evidence, form: str) -> None:
    answer = ask(stored, If_None_Match=form.format(stored.blob_id))
    assert answer.status_code == 200
    answer.close()


def test_a_head_tells_all_and_sends_nothing(stored: Evidence, settings: Settings) -> None:
    place_of(stored, settings).unlink()
    answer = ask(stored, "HEAD", Range="bytes=1-2")
    assert answer.status_code == 200
    assert answer["Content-Length"] == str(END)
    assert answer["ETag"] == f'"{stored.blob_id}"'
    assert not answer.streaming
    assert body(answer) == b""


def test_only_what_carries_bytes_is_streaming(stored: Evidence) -> None:
    whole, part = ask(stored), ask(stored, Range="bytes=1-2")
    assert (whole.streaming, part.streaming) == (True, True)
    for answer in (whole, part):
        answer.close()
    assert not ask(stored, If_None_Match="*").streaming
    assert not ask(stored, Range=f"bytes={END}-").streaming


def test_an_empty_file_is_a_file(stored: Evidence) -> None:
    # Intake takes none in, but the table of a population may be one.
    stored.blob.size = 0
    answer = ask(stored, Range="bytes=0-")
    assert answer.status_code == 416
    answer = ask(stored)
    assert answer["Content-Length"] == "0"
    assert body(answer) == b""


def test_a_missing_file_is_known_before_the_answer(stored: Evidence, settings: Settings) -> None:
    place_of(stored, settings).unlink()
    with pytest.raises(BlobMissingError):
        ask(stored)


def test_a_lost_key_is_known_before_the_answer(stored: Evidence) -> None:
    BlobKey.objects.update(wrapped_key=bytes(60))
    with pytest.raises(SealError):
        ask(stored)


@pytest.mark.parametrize("asked", ["", f"bytes={CHUNK + 9}-"])
def test_damage_at_the_start_is_known_before_the_answer(
    stored: Evidence, settings: Settings, asked: str
) -> None:
    damage(stored, settings, at=CHUNK + seal.TAG + 500 if asked else 500)
    with pytest.raises(BlobDamagedError):
        ask(stored, Range=asked)


def test_damage_further_on_breaks_the_answer_off(stored: Evidence, settings: Settings) -> None:
    damage(stored, settings, at=2 * (CHUNK + seal.TAG) + 9)
    answer = ask(stored)
    with pytest.raises(BlobDamagedError):
        b"".join(answer)
    answer.close()


def test_a_file_cut_short_is_never_taken_for_whole(stored: Evidence, settings: Settings) -> None:
    file = place_of(stored, settings)
    file.write_bytes(file.read_bytes()[: CHUNK + seal.TAG])
    answer = ask(stored)
    with pytest.raises(BlobDamagedError):
        b"".join(answer)
    answer.close()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[io.BufferedReader]:
    """The files of the store that were opened meanwhile."""
    readers: list[io.BufferedReader] = []
    open_blob = store.open_blob

    def noting(digest: str) -> io.BufferedReader:
        readers.append(open_blob(digest))
        return readers[-1]

    monkeypatch.setattr(store, "open_blob", noting)
    return readers


def test_an_answer_that_nobody_reads_is_closed_all_the_same(
    stored: Evidence, opened: list[io.BufferedReader]
) -> None:
    ask(stored).close()
    half: Any = ask(stored)
    next(iter(half))
    half.close()
    assert [reader.closed for reader in opened] == [True, True]


def test_a_damaged_file_is_closed(
    stored: Evidence, opened: list[io.BufferedReader], settings: Settings
) -> None:
    damage(stored, settings, at=500)
    with pytest.raises(BlobDamagedError):
        ask(stored)
    assert [reader.closed for reader in opened] == [True]


def test_it_holds_one_part_in_memory(settings: Settings) -> None:
    large = keep(bytes(40 * CHUNK))
    tracemalloc.start()
    answer: Any = ask(large)
    size = sum(len(chunk) for chunk in answer)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    answer.close()
    assert size == 40 * CHUNK
    assert peak < 8 * CHUNK


def test_chunks_are_of_one_size(stored: Evidence) -> None:
    answer: Any = ask(stored)
    assert [len(chunk) for chunk in answer] == [CHUNK, CHUNK, END - 2 * CHUNK]
    answer.close()
