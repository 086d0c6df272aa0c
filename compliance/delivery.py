"""Hands stored bytes over as a file to save: whole, or from where a download broke off.

Evidence may be hostile, so a browser never opens it: it is an attachment, its type is not guessed,
and a sandbox without any source holds where somebody opens it all the same.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from evidence import store
from evidence.models import Evidence

_CHUNK: Final = 256 * 1024
_RANGE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})", re.IGNORECASE)


class NoSuchPartError(Exception):
    """No part of the file lies in the range asked for."""


@dataclass(frozen=True)
class Part:
    """The bytes of a file from `start` up to, not including, `end`."""

    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


def attachment(
    request: HttpRequest, evidence: Evidence, *, media_type: str = "application/octet-stream"
) -> HttpResponseBase:
    """Return the original bytes of a version; its SHA-256 is the ETag, `Range` resumes (RFC 9110).

    Raises StoreError or SealError before anything is sent where the file cannot be read. Only an
    answer that carries bytes is a streaming one (200, 206): that is what a door must keep a note
    of, and what it does not for a 304, a 416 and the answer to a HEAD.
    """
    etag = f'"{evidence.blob_id}"'
    if _has_it_already(request, etag):
        return HttpResponse(status=304, headers={"ETag": etag})
    size = evidence.blob.size
    try:
        part = requested_part(request, size=size, etag=etag)
    except NoSuchPartError:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    response = _answer(request, evidence, part or Part(0, size), status=206 if part else 200)
    if part:
        response["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    response["Content-Type"] = media_type
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=evidence.filename) or "attachment"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-cache"
    return response


def requested_part(request: HttpRequest, *, size: int, etag: str) -> Part | None:
    """Return the range asked for; None for the whole file. Raises NoSuchPartError.

    Several ranges at once get the whole file, which RFC 9110 section 14.2 allows; so does a range
    of another version (`If-Range`), and one that is asked of another method than GET.
    """
    wanted = _RANGE.fullmatch(request.META.get("HTTP_RANGE", ""))
    if wanted is None or request.method != "GET":
        return None
    if request.META.get("HTTP_IF_RANGE", etag) != etag:
        return None
    first, last = wanted.groups()
    if not (first or last) or (first and last and int(last) < int(first)):
        return None
    if first:
        part = Part(int(first), min(int(last) + 1 if last else size, size))
    else:
        part = Part(max(0, size - int(last)), size)
    if part.size <= 0:
        raise NoSuchPartError
    return part


def _has_it_already(request: HttpRequest, etag: str) -> bool:
    held = [each.strip() for each in request.META.get("HTTP_IF_NONE_MATCH", "").split(",")]
    return "*" in held or any(each.removeprefix("W/") == etag for each in held)


def _answer(
    request: HttpRequest, evidence: Evidence, part: Part, *, status: int
) -> HttpResponseBase:
    """Return the bytes of a part, or for HEAD none, with their number."""
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse(status=status)
    else:
        response = StreamingHttpResponse(
            _Bytes(store.open_blob(evidence.blob_id), part), status=status
        )
    response["Content-Length"] = str(part.size)
    return response


class _Bytes(Iterator[bytes]):
    """Reads a part of a file chunk by chunk; is closed also where nobody goes on reading.

    The first chunk is read at once, so that a file that was damaged is known before the answer
    has begun.
    """

    def __init__(self, reader: BinaryIO, part: Part) -> None:
        self._reader = reader
        self._left = part.size
        try:
            reader.seek(part.start)
            self._ahead = self._read()
        except BaseException:
            reader.close()
            raise

    def __next__(self) -> bytes:
        chunk, self._ahead = self._ahead, b""
        chunk = chunk or self._read()
        if not chunk:
            self.close()
            raise StopIteration
        return chunk

    def close(self) -> None:
        self._reader.close()

    def _read(self) -> bytes:
        if self._reader.closed:
            return b""
        chunk = self._reader.read(min(_CHUNK, self._left))
        self._left -= len(chunk)
        return chunk
