"""ZIP files: every member, and archives within archives."""

import zipfile
from contextlib import nullcontext
from typing import BinaryIO, cast

from evidence.screening import archive, office
from evidence.screening.places import Into, within

# Members that are not packed, and what lies between the members, are seen so.
READS_AS_IT_IS = True


def fits(head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK\x03\x04"))


def look(source: BinaryIO, into: Into, place: str, depth: int) -> None:
    with archive.opened(source) as opened:
        is_document = office.is_document(opened)
        if is_document:
            office.look(opened, into, place)
        # What a document says was told by sheet and row; its parts may hold more than that.
        with into.echoing() if is_document else nullcontext():
            _members(opened, into, place, depth)


def _members(opened: zipfile.ZipFile, into: Into, place: str, depth: int) -> None:
    for member in opened.infolist():
        if into.is_full:
            return
        if not member.is_dir():
            _member(opened, member, into, place, depth)


def _member(
    opened: zipfile.ZipFile, member: zipfile.ZipInfo, into: Into, place: str, depth: int
) -> None:
    where = within(place, member.filename)
    if archive.is_encrypted(member):
        into.lacks(where, "it is encrypted")
        return
    with opened.open(member) as unpacked:
        packed = max(member.compress_size, 0)
        into.packed(cast("BinaryIO", unpacked), where, depth + 1, packed=packed)
