"""Takes files off the wire: bounded before they are read, and never named by their sender."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from django.conf import settings
from rest_framework.request import Request

from compliance.api.finix.errors import FieldsRefused
from merchants import files

ENVELOPE = 64 * 1024
"""What the parts around a file may need."""
DRAINED = 100 * 1024 * 1024
"""So much of a body that is refused is read: who is cut off in the middle sees no answer."""
_CHUNK = 256 * 1024


def refuse_large(request: Request) -> None:
    """Raise FieldsRefused for a body that holds more than a file may; it is read to its end."""
    size = _length(request)
    if size <= files.MOST_BYTES + ENVELOPE:
        return
    stream: Any = request._request  # noqa: SLF001  the framework's own way to the raw stream
    left = min(size, DRAINED)
    while left > 0 and (chunk := stream.read(min(_CHUNK, left))):
        left -= len(chunk)
    raise FieldsRefused({"file": f"The file is larger than {files.MOST_BYTES // 1024**2} MB."})


def part(request: Request) -> tuple[BinaryIO, str]:
    """Return the part `file` of a body with its name; FieldsRefused where there is none."""
    sent: Any = request.FILES.get("file")
    if sent is None:
        raise FieldsRefused({"file": "file is required, as a part of multipart/form-data"})
    return sent.file, str(sent.name or "")


@contextmanager
def whole_body(request: Request) -> Iterator[BinaryIO]:
    """Give the body as a file that is gone afterwards."""
    left = _length(request)
    stream: Any = request._request  # noqa: SLF001
    with tempfile.TemporaryFile(dir=settings.SCRATCH_DIR) as file:
        while left > 0 and (chunk := stream.read(min(_CHUNK, left))):
            file.write(chunk)
            left -= len(chunk)
        if left:
            raise FieldsRefused({"file": "The body was cut off before its end. Send it again."})
        file.seek(0)
        yield file


def _length(request: Request) -> int:
    said = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 15 else 0
