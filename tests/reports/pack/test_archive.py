"""The ZIP of a pack: large and many members, and nothing that looks whole after an error."""

import io
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from evidence import seal, store
from evidence.errors import BlobDamagedError
from jobs.errors import LeaseLostError
from reports.pack import archive
from reports.pack.spool import Spool


@pytest.fixture
def spool(var_dir: Path) -> Spool:
    return Spool()


def zipped(spool: Spool) -> zipfile.ZipFile:
    target = io.BytesIO()
    archive.write(spool, target)
    return zipfile.ZipFile(target)


def stored(content: bytes) -> str:
    file = store.put(io.BytesIO(content))
    store.record([file])
    return file.sha256


def test_small_and_stored_members_lie_side_by_side(spool: Spool, db: None) -> None:
    content = bytes(range(256)) * 4000
    with spool:
        spool.refer("b/large.bin", digest=stored(content), size=len(content))
        spool.add("c.txt", b"small")
        with spool.adding("a.txt") as target:
            target.write(b"in ")
            spool.add("d.txt", b"laid down meanwhile")
            target.write(b"pieces")
        found = zipped(spool)
    assert found.namelist() == ["a.txt", "b/large.bin", "c.txt", "d.txt"]
    assert found.read("a.txt") == b"in pieces"
    assert found.read("b/large.bin") == content
    assert found.read("c.txt") == b"small"
    assert found.read("d.txt") == b"laid down meanwhile"
    assert found.testzip() is None


def test_more_members_than_a_plain_zip_can_count(spool: Spool, db: None) -> None:
    with spool:
        for number in range(65_600):
            spool.add(f"{number}.txt", b"")
        assert len(zipped(spool).namelist()) == 65_600


def test_a_name_is_used_once_whatever_its_case(spool: Spool) -> None:
    with spool:
        spool.add("Evidence.txt", b"")
        with pytest.raises(ValueError, match=r"evidence\.txt"):
            spool.add("evidence.txt", b"")


def test_a_file_put_in_the_place_of_another_is_refused(spool: Spool, db: None) -> None:
    """Whoever holds the sealing key can seal other bytes; the digest still gives them away."""
    wanted = sha256(b"what was taken in").hexdigest()
    put = store.put(io.BytesIO(b"what was put there"))
    data_key = seal.unwrap(put.wrapped_key, digest=put.sha256)
    wrapped, key_id = seal.wrap(data_key, digest=wanted)
    store.record([replace(put, sha256=wanted, wrapped_key=wrapped, key_id=key_id)])
    target = io.BytesIO()
    with spool:
        spool.refer("a.txt", digest=wanted, size=put.size)
        with pytest.raises(BlobDamagedError):
            archive.write(spool, target)
    assert not zipfile.is_zipfile(target)


def test_progress_that_raises_stops_the_writing(spool: Spool, db: None) -> None:
    def lost(_done: int, _total: int, _note: str) -> None:
        raise LeaseLostError

    target = io.BytesIO()
    with spool:
        spool.add("a.txt", b"x")
        spool.add("b.txt", b"x")
        with pytest.raises(LeaseLostError):
            archive.write(spool, target, progress=lost)
    assert not zipfile.is_zipfile(target)
