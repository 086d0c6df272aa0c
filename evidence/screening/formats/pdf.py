"""PDF files: the words of pages, comments, fields and properties, and files attached to them.

They are read by a process of its own (evidence/screening/pdf_reader.py). What stands in a PDF as a
picture is not seen.
"""

import base64
import json
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from evidence.screening import pdf_limits
from evidence.screening.budget import UnreadableError
from evidence.screening.places import Into, within

READS_AS_IT_IS = True
_READER = Path(__file__).parents[1] / "pdf_reader.py"
_BLOCK = 1024 * 1024
_SAID = {3: "it is a PDF with a password", 4: "it is a PDF that cannot be read"}


def fits(head: bytes) -> bool:
    # Readers take a file whose mark stands within the first kilobyte.
    return head.startswith(b"%PDF-") or b"\n%PDF-" in head[:1024]


def look(source: BinaryIO, into: Into, place: str, depth: int) -> None:
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        copy, told = Path(folder) / "file.pdf", Path(folder) / "told"
        with copy.open("xb") as target:
            while piece := source.read(_BLOCK):
                target.write(piece)
        with told.open("xb") as output:
            _read(copy, output, seconds=min(pdf_limits.SECONDS, into.budget.left()))
        with told.open("rb") as lines:
            for line in lines:
                into.budget.spend(len(line))
                _part(json.loads(line), into, place, depth)


def _read(copy: Path, output: BinaryIO, *, seconds: float) -> None:
    command = [
        sys.executable,
        "-P",
        str(_READER),
        str(copy),
        str(pdf_limits.MEGABYTES),
        str(max(1, int(seconds))),
    ]
    try:
        done = subprocess.run(  # noqa: S603  # our own program; the path is one that we made
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
            timeout=seconds + 5,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        message = f"it is a PDF that takes longer than {seconds:.0f} seconds to read"
        raise UnreadableError(message) from error
    if done.returncode:
        default = "it is a PDF that needs more memory or time than it gets"
        raise UnreadableError(_SAID.get(done.returncode, default))


def _part(part: dict[str, str], into: Into, place: str, depth: int) -> None:
    where = within(place, part["place"])
    if "file" in part:
        into.packed(BytesIO(base64.b64decode(part["file"])), where, depth + 1)
    else:
        into.text(BytesIO(part["text"].encode(errors="replace")), where)
