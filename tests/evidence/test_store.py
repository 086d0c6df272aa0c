"""The store keeps bytes by their digest, sealed, and notices every change."""

import io
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from evidence import seal, store
from evidence.errors import (
    BlobDamagedError,
    BlobMissingError,
    DigestMismatchError,
    EmptyContentError,
    SealError,
    TooLargeError,
)
from evidence.models import Blob, BlobKey
from evidence.stores import filesystem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

CONTENT = bytes(range(256)) * 3000  # three chunks


def keep(content: bytes) -> Blob:
    stored = store.put(io.BytesIO(content), allow_empty=True)
    with transaction.atomic():
        store.record([stored])
    return Blob.objects.get(pk=stored.sha256)


def sealed_file() -> Path:
    return filesystem.path_of(BlobKey.objects.get().location)


def files(settings: Settings) -> list[Path]:
    return [path for path in Path(settings.STORE_DIR).rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [0, 1, seal.CHUNK - 1, seal.CHUNK, seal.CHUNK + 1, 3 * seal.CHUNK])
def test_it_gives_back_what_was_put(size: int) -> None:
    content = (CONTENT * 2)[:size]
    blob = keep(content)
    assert blob.sha256 == sha256(content).hexdigest()
    assert b"".join(store.stream(blob.sha256)) == content


def test_the_disk_shows_nothing_of_the_content() -> None:
    keep(b"the quick brown fox " * 1000)
    raw = sealed_file().read_bytes()
    assert b"quick brown" not in raw
    assert sealed_file().stat().st_mode & 0o777 == 0o600


def test_it_reads_from_any_place() -> None:
    blob = keep(CONTENT)
    with store.open_blob(blob.sha256) as reader:
        for place in (0, seal.CHUNK - 3, seal.CHUNK, len(CONTENT) - 2, len(CONTENT), 10**9):
            reader.seek(place)
            assert reader.read(7) == CONTENT[place : place + 7]
        reader.seek(-4, io.SEEK_END)
        assert reader.read() == CONTENT[-4:]


def test_same_content_is_stored_once(settings: Settings) -> None:
    assert keep(CONTENT) == keep(CONTENT)
    assert len(files(settings)) == 1


def test_it_refuses_a_blob_that_contradicts_its_digest(settings: Settings) -> None:
    with pytest.raises(DigestMismatchError, match="nothing was stored"):
        store.put(io.BytesIO(b"abc"), declared_sha256="0" * 64)
    assert files(settings) == []


def test_it_refuses_an_empty_file(settings: Settings) -> None:
    with pytest.raises(EmptyContentError):
        store.put(io.BytesIO(b""))
    assert files(settings) == []


def test_it_refuses_a_file_over_the_limit_without_reading_on(settings: Settings) -> None:
    settings.MAX_EVIDENCE_BYTES = seal.CHUNK

    class Endless(io.RawIOBase):
        given_out = 0

        def read(self, size: int = -1) -> bytes:
            self.given_out += size
            return b"x" * size

    endless = Endless()
    with pytest.raises(TooLargeError, match="262,144 bytes"):
        store.put(endless)  # type: ignore[arg-type]
    assert endless.given_out <= 3 * seal.CHUNK
    assert files(settings) == []


def test_a_flipped_bit_is_noticed() -> None:
    blob = keep(CONTENT)
    raw = bytearray(sealed_file().read_bytes())
    raw[seal.SEALED_CHUNK + 5] ^= 1
    sealed_file().write_bytes(raw)
    with pytest.raises(BlobDamagedError):
        list(store.stream(blob.sha256))


@pytest.mark.parametrize("cut", [1, seal.SEALED_CHUNK, 2 * seal.SEALED_CHUNK])
def test_a_cut_off_file_is_noticed(cut: int) -> None:
    blob = keep(CONTENT[: 2 * seal.CHUNK + 10])
    raw = sealed_file().read_bytes()
    sealed_file().write_bytes(raw[:-cut])
    with pytest.raises(BlobDamagedError):
        list(store.stream(blob.sha256))


def test_swapped_chunks_are_noticed() -> None:
    blob = keep(CONTENT)
    raw = sealed_file().read_bytes()
    size = seal.SEALED_CHUNK
    sealed_file().write_bytes(raw[size : 2 * size] + raw[:size] + raw[2 * size :])
    with pytest.raises(BlobDamagedError):
        list(store.stream(blob.sha256))


def test_a_lost_file_is_told_from_a_damaged_one() -> None:
    blob = keep(CONTENT)
    sealed_file().unlink()
    with pytest.raises(BlobMissingError):
        store.open_blob(blob.sha256)
    with pytest.raises(BlobMissingError):
        store.open_blob("0" * 64)


def test_a_wrapped_key_opens_no_other_blob() -> None:
    first, second = keep(b"first"), keep(b"second")
    BlobKey.objects.filter(blob=second).update(wrapped_key=first.key.wrapped_key)
    with pytest.raises(SealError):
        store.open_blob(second.sha256)


class TestSealedText:
    def test_it_opens_in_its_context_only(self) -> None:
        sealed = seal.seal_text("hunter2", context="source:1")
        assert "hunter2" not in sealed
        assert seal.open_text(sealed, context="source:1") == "hunter2"
        with pytest.raises(SealError):
            seal.open_text(sealed, context="source:2")

    @pytest.mark.parametrize("broken", ["", "a", "§", "AAAA", "A" * 100])
    def test_it_refuses_what_it_did_not_seal(self, broken: str) -> None:
        with pytest.raises(SealError):
            seal.open_text(broken, context="source:1")


@given(parts=st.lists(st.binary(min_size=1, max_size=9), max_size=9))
def test_reads_in_small_pieces_make_full_chunks(parts: list[bytes]) -> None:
    """A pipe gives what it has; the store's chunks must be full all the same."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.left = list(parts)

        def read(self, size: int = -1) -> bytes:
            if not self.left:
                return b""
            part = self.left.pop(0)
            self.left[:0] = [part[size:]] if part[size:] else []
            return part[:size]

    pipe, whole = Pipe(), b"".join(parts)
    taken = []
    while chunk := store._read_full(pipe, 5):  # type: ignore[arg-type]
        taken.append(chunk)
    assert b"".join(taken) == whole
    assert all(len(chunk) == 5 for chunk in taken[:-1])
