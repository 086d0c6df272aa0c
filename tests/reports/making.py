"""Packs to look at: a frozen pack of a small engagement, its file, and what the verifier says."""

import io
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

from audits import packs
from audits.models import Engagement, Pack
from evidence import checkpoint, review
from evidence.models import Evidence
from reports import audit_pack_zip
from tests.audits.world import SECURITY, World, hand_in, hand_in_staff, staff_table, submission

VERIFIER = audit_pack_zip.VERIFIER


def engagement_with_evidence(world: World) -> Engagement:
    """An engagement in which items were accepted, returned, replaced, late and not reviewed."""
    engagement = world.engagement(SECURITY, "Availability")
    first = hand_in_staff(world, date(2026, 6, 10), without_mfa=1, prepared_by=None)
    second = hand_in_staff(world, date(2026, 6, 12), supersedes=first)
    review.accept(second, reviewer=world.alice, note="All of them have one now.")
    third = hand_in_staff(world, date(2026, 7, 9), without_mfa=2)
    review.return_with_reason(third, reviewer=world.alice, reason="=HYPERLINK(1)\nWrong system.")
    hand_in(
        submission(
            b"late\x00bytes", date(2026, 7, 1), date(2026, 7, 31), world.leavers, filename="Ö b.bin"
        ),
        received=date(2026, 8, 20),
    )
    return engagement


def many(world: World, count: int) -> list[Evidence]:
    return [
        hand_in(submission(f"report {number}".encode(), world.start, world.end, world.leavers))
        for number in range(count)
    ]


def frozen(world: World) -> Pack:
    return packs.freeze(engagement_with_evidence(world), by=world.alice)


def written(pack: Pack) -> bytes:
    file = io.BytesIO()
    audit_pack_zip.write(pack, file)
    return file.getvalue()


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def verify(content: bytes, folder: Path, *, key: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the real verifier as an auditor does, on a file and with the key from elsewhere."""
    path = folder / "handed-over.zip"
    path.write_bytes(content)
    command = [sys.executable, "-I", str(VERIFIER), str(path), "--key", key or checkpoint.vkey()]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def with_table(world: World, folder: Path) -> Evidence:
    """An item whose canonical table is another file than the original, such as a workbook."""
    content, population = staff_table()
    table = folder / "staff.csv"
    table.write_bytes(content)
    sent = submission(
        b"PK a workbook",
        date(2026, 8, 5),
        date(2026, 8, 5),
        world.mfa,
        collected=date(2026, 8, 5),
        filename="staff.xlsx",
        population=replace(population, table=table),
    )
    return hand_in(sent)
