"""A pack is a ZIP of plain files and nothing else: any other byte, name or member is refused."""

import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest

from tests.reports.verifier.conftest import Verifier
from tests.reports.verifier.packs import good
from tests.reports.verifier.zips import unzipped, zipped

FIRST = "evidence/EV-000001/staff_mfa 2026-01.csv"
GOOD = good().seal()
BYTES = zipped(GOOD)


def with_file(name: str, content: bytes) -> dict[str, bytes]:
    return GOOD | {name: content}


NAMES = [
    ("../escape.csv", "could lead out of its folder"),
    ("evidence/../../escape.csv", "could lead out of its folder"),
    ("/etc/passwd", "could lead out of its folder"),
    ("evidence//double.csv", "could lead out of its folder"),
    ("evidence/folder/", "could lead out of its folder"),
    ("evidence\\EV-000001\\x.csv", "could lead out of its folder"),
    ("C:/x.csv", "could lead out of its folder"),
    ("evidence/EV-000001/trailing.", "could lead out of its folder"),
    ("evidence/U\u0308bersicht.pdf", "invisible or ambiguous"),
    ("evidence/line\nbreak.csv", "invisible or ambiguous"),
    ("evidence/escape\x1b[2J.csv", "invisible or ambiguous"),
    ("evidence/gpj.\u202eexe.csv", "invisible or ambiguous"),
    ("evidence/zero\u200bwidth.csv", "invisible or ambiguous"),
]


@pytest.mark.parametrize(("name", "reason"), NAMES, ids=[repr(name) for name, _ in NAMES])
def test_it_refuses_names_that_could_surprise(verified: Verifier, name: str, reason: str) -> None:
    outcome = verified(zipped(with_file(name, b"x")))
    assert outcome.refuses(name, reason), outcome


def test_it_refuses_a_name_that_hides_behind_a_nul(verified: Verifier) -> None:
    name = b"index.xlsx".replace(b"d", b"\0")
    assert verified(BYTES.replace(b"index.xlsx", name)).status == 1


def test_it_refuses_two_members_of_one_name(verified: Verifier) -> None:
    pairs = [*sorted(GOOD.items()), (FIRST, b"another content")]
    with pytest.warns(UserWarning, match="Duplicate name"):
        pack = zipped(pairs)
    assert verified(pack).refuses("the pack", "two files of one name")


def test_it_refuses_names_that_differ_only_in_case(verified: Verifier) -> None:
    outcome = verified(zipped(with_file(FIRST.upper(), b"x")))
    assert outcome.refuses("the pack", "differ only in case")


def bend_mode(info: zipfile.ZipInfo) -> None:
    info.external_attr = 0o120777 << 16


def bend_date(info: zipfile.ZipInfo) -> None:
    info.date_time = (2026, 1, 31, 12, 0, 0)


def bend_compression(info: zipfile.ZipInfo) -> None:
    info.compress_type = zipfile.ZIP_DEFLATED


def bend_comment(info: zipfile.ZipInfo) -> None:
    info.comment = b"all is well"


def bend_extra(info: zipfile.ZipInfo) -> None:
    # A Unicode path field, by which some programs would unpack the file under another name.
    crc = zlib.crc32(info.filename.encode())
    info.extra = struct.pack("<HHBL", 0x7075, 5 + len("other.csv"), 1, crc) + b"other.csv"


BENDS = (bend_mode, bend_date, bend_compression, bend_comment, bend_extra)


@pytest.mark.parametrize("bend", BENDS)
def test_it_refuses_members_that_are_more_than_plain_files(
    verified: Verifier, bend: Callable[[zipfile.ZipInfo], None]
) -> None:
    def only_first(info: zipfile.ZipInfo) -> None:
        if info.filename == FIRST:
            bend(info)

    outcome = verified(zipped(GOOD, only_first))
    assert outcome.refuses("the pack", f"holds {FIRST!r} not as a plain file"), outcome


def test_it_refuses_a_bomb_before_it_unpacks_anything(verified: Verifier) -> None:
    bomb = zipped(with_file(FIRST, bytes(50_000_000)), bend_compression)
    assert len(bomb) < 200_000
    assert verified(bomb).refuses("the pack", "not as a plain file")


def test_it_refuses_a_pack_that_was_not_written_as_a_stream(verified: Verifier) -> None:
    """There is one way to write a pack, so that the same pack is the same bytes everywhere."""
    outcome = verified(zipped(GOOD, streamed=False))
    assert outcome.refuses("the pack", "holds 'README.txt' not as a plain file")


CENTRAL = BYTES.index(b"PK\1\2")
LOCAL = BYTES.index(b"PK\3\4", 4)


def patched(at: int, content: bytes) -> bytes:
    return BYTES[:at] + content + BYTES[at + len(content) :]


BENT = {
    "bytes before": (b"MZ polyglot " + BYTES, "not as a plain file"),
    "bytes behind": (BYTES + b"more", "hides something around its directory"),
    "twice": (BYTES + BYTES, "hides something around its directory"),
    "a comment behind": (BYTES[:-2] + b"\4\0more", "hides something around its directory"),
    "cut by one byte": (BYTES[:-1], "is not a ZIP file"),
    "without directory": (BYTES[:CENTRAL], "is not a ZIP file"),
    "empty": (b"", "is not a ZIP file"),
    "no zip": (b"not a zip at all", "is not a ZIP file"),
    "marked as encrypted": (patched(CENTRAL + 8, b"\1\0"), "not as a plain file"),
    "another size": (patched(CENTRAL + 20, struct.pack("<L", 1)), "not as a plain file"),
    "another count": (
        patched(len(BYTES) - 12, struct.pack("<H", 3)),
        "hides something around its directory",
    ),
}


@pytest.mark.parametrize(("pack", "reason"), BENT.values(), ids=BENT)
def test_it_refuses_a_bent_container(verified: Verifier, pack: bytes, reason: str) -> None:
    outcome = verified(pack)
    assert outcome.refuses("the pack", reason), outcome


def test_it_refuses_bytes_hidden_between_two_files(verified: Verifier) -> None:
    """The offsets in the directory are moved along, so that other programs notice nothing."""
    directory, end = BYTES[CENTRAL:-22], BYTES[-22:]
    moved = b""
    while directory:
        name, extra = struct.unpack("<2H", directory[28:32])
        place = struct.unpack("<L", directory[42:46])[0]
        place += 6 if place >= LOCAL else 0
        length = 46 + name + extra
        moved += directory[:42] + struct.pack("<L", place) + directory[46:length]
        directory = directory[length:]
    start = struct.pack("<L", CENTRAL + 6)
    pack = BYTES[:LOCAL] + b"hidden" + BYTES[LOCAL:CENTRAL] + moved + end[:16] + start + end[20:]
    assert unzipped(pack) == GOOD
    outcome = verified(pack)
    assert outcome.refuses("the pack", f"hides something in front of {sorted(GOOD)[1]!r}"), outcome


def test_it_refuses_bytes_hidden_behind_the_last_file(verified: Verifier) -> None:
    start = struct.pack("<L", CENTRAL + 6)
    pack = BYTES[:CENTRAL] + b"hidden" + BYTES[CENTRAL:-6] + start + BYTES[-2:]
    assert unzipped(pack) == GOOD
    assert verified(pack).refuses("the pack", "hides something around its directory")


def test_it_refuses_an_end_of_a_file_that_lies_about_it(verified: Verifier) -> None:
    outcome = verified(patched(LOCAL - 4, b"\1"))
    assert outcome.refuses(min(GOOD), "has an end that contradicts the ZIP"), outcome


CONTENT = BYTES.index(GOOD[FIRST])


def of_another_checksum() -> bytes:
    """A pack whose directory and descriptor agree on a checksum that is not that of the file."""
    true, false = (struct.pack("<L", zlib.crc32(GOOD[FIRST]) ^ bit) for bit in (0, 1))
    assert BYTES.count(true) == 2
    return BYTES.replace(true, false)


def test_it_refuses_a_file_that_other_programs_would_call_damaged(verified: Verifier) -> None:
    pack = of_another_checksum()
    with pytest.raises(zipfile.BadZipFile, match="Bad CRC-32"):
        unzipped(pack)
    outcome = verified(pack)
    assert outcome.failures == [(FIRST, "is whole, but the ZIP tells another checksum (CRC-32)")]


def test_of_a_changed_file_its_digest_is_told_first(verified: Verifier) -> None:
    pack = patched(CONTENT, bytes([BYTES[CONTENT] ^ 1]))
    ((file, reason),) = verified(pack).failures
    assert (file, reason[:31]) == (FIRST, "is not the file that was signed")


LIES = {
    "version": (4, b"\x2d"),
    "flags": (6, b"\0"),
    "method": (8, b"\x08"),
    "time": (10, b"\1"),
    "crc": (14, b"\1"),
    "size": (18, b"\1"),
    "name": (30, b"X"),
}


@pytest.mark.parametrize(("at", "content"), LIES.values(), ids=LIES)
def test_it_refuses_a_header_that_lies_about_its_file(
    verified: Verifier, at: int, content: bytes
) -> None:
    name = sorted(GOOD)[1]
    outcome = verified(patched(LOCAL + at, content))
    assert outcome.refuses(name, "has a header that contradicts the ZIP"), outcome
