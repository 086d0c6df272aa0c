"""The ZIP of a pack: large and many members, and nothing that looks whole after an error."""

import io
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import seal, store
from evidence.errors import BlobDamagedError
from jobs.errors import LeaseLostError
from reports.pack import archive
from reports.pack.container import Container
from reports.pack.spool import Spool


@pytest.fixture
def spool(var_dir: Path) -> Spool:
    return Spool()


class Unseekable(io.RawIOBase):
    def __init__(self, file: io.BytesIO) -> None:
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._file.write(data)


class Frame(io.RawIOBase):
    """Keeps what is written in small pieces, and of large pieces only how long they are."""

    def __init__(self) -> None:
        self.kept: list[bytes | int] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if len(data) > 1000:
            last = self.kept.pop() if isinstance(self.kept[-1], int) else 0
            self.kept.append(int(last) + len(data))
        elif data:
            together = self.kept.pop() if self.kept and isinstance(self.kept[-1], bytes) else b""
            self.kept.append(bytes(together) + bytes(data))
        return len(data)


def blocks(block: bytes, size: int) -> Iterator[bytes]:
    whole, rest = divmod(size, len(block))
    yield from [block] * whole
    if rest:
        yield block[:rest]


def info_of(name: str, size: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.create_system, info.external_attr, info.file_size = 3, 0o100644 << 16, size
    if size * 1.05 > zipfile.ZIP64_LIMIT:
        info.create_version = info.extract_version = zipfile.ZIP64_VERSION
    return info


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


@given(
    files=st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40),
        st.binary(max_size=300),
        max_size=8,
    )
)
def test_its_bytes_are_those_of_pythons_zipfile(files: dict[str, bytes]) -> None:
    ours, pythons = io.BytesIO(), io.BytesIO()
    with Container(ours) as made:
        for name, content in files.items():
            made.add(name, len(content), [content[:100], content[100:]])
        made.finish()
    with zipfile.ZipFile(Unseekable(pythons), "w") as archive:
        for name, content in files.items():
            with archive.open(info_of(name, len(content)), "w") as entry:
                entry.write(content)
    assert ours.getvalue() == pythons.getvalue()


@pytest.mark.parametrize("size", [2**31 - 1, 2**31, 2**32 - 1, 2**32, 5 * 2**30])
def test_sizes_and_places_beyond_the_limits_are_written_as_zipfile_does(
    var_dir: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what stands around the content is kept, so that no test sums or writes gigabytes."""
    monkeypatch.setattr("zlib.crc32", lambda *_: 7)
    monkeypatch.setattr("zipfile.crc32", lambda *_: 7)
    block = bytes(2**24)
    ours, pythons = Frame(), Frame()
    with Container(ours) as made:  # type: ignore[arg-type]
        made.add("large", size, blocks(block, size))
        made.add("small", 1, [b"x"])
        made.finish()
    with zipfile.ZipFile(pythons, "w") as archive:
        for name, length in (("large", size), ("small", 1)):
            with archive.open(info_of(name, length), "w") as entry:
                for piece in blocks(block, size) if name == "large" else [b"x"]:
                    entry.write(piece)
    if sys.version_info < (3, 11, 4):
        # There zipfile left 0 where the sizes of a large file would stand, and not yet the mark.
        first = pythons.kept[0]
        assert isinstance(first, bytes)
        pythons.kept[0] = first[:18] + b"\xff" * 8 + first[26:]
    assert ours.kept == pythons.kept


def test_a_member_of_another_length_than_was_said_is_refused(var_dir: Path) -> None:
    with (
        Container(io.BytesIO()) as made,
        pytest.raises(ValueError, match="has 1 bytes, not 2"),
    ):
        made.add("a", 2, [b"x"])


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
    data_key = seal.unwrap(put.wrapped_key, digest=put.sha256, key_id=put.key_id)
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
