"""Reads multipart bodies without guessing: a body that was cut off is no body."""

from collections.abc import Mapping
from typing import Any, Protocol

from django.conf import settings
from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParser as DjangoParser
from django.http.multipartparser import MultiPartParserError
from django.utils.http import parse_header_parameters
from rest_framework.exceptions import ParseError
from rest_framework.parsers import DataAndFiles, MultiPartParser

from evidence import intake

_TAIL = 512


class _Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class _Watched:
    """Passes a body on, counts its bytes and keeps its end."""

    def __init__(self, source: _Readable) -> None:
        self._source = source
        self.size = 0
        self.tail = b""

    def read(self, size: int | None = None, /) -> bytes:
        data = self._source.read(-1 if size is None else size)
        self.size += len(data)
        self.tail = (self.tail + data[-_TAIL:])[-_TAIL:]
        return data


class _Parser(DjangoParser):
    """Keeps file names as intake does, where Django would drop odd letters in silence."""

    def sanitize_file_name(self, file_name: str) -> str:
        return intake.safe_filename(file_name)


class WholeMultiPartParser(MultiPartParser):
    """Refuses a body that is shorter than declared or lacks its closing boundary.

    Django takes what came for the whole, so a lost connection would leave half a file as evidence.
    """

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> "DataAndFiles[Any, Any]":
        context = parser_context or {}
        request = context["request"]
        meta = {**request.META, "CONTENT_TYPE": media_type or ""}
        watched = _Watched(stream)
        try:
            parser = _Parser(
                meta,
                watched,  # type: ignore[arg-type]  # no other method than read is used
                # Not those of the forms, which stop at a limit made for people.
                [MemoryFileUploadHandler(request), TemporaryFileUploadHandler(request)],
                context.get("encoding", settings.DEFAULT_CHARSET),
            )
            data, files = parser.parse()
        except MultiPartParserError as error:
            raise ParseError(f"The multipart body cannot be read: {error}") from error
        if watched.size < int(meta["CONTENT_LENGTH"]) or _closing(media_type) not in watched.tail:
            for _, parts in files.lists():
                for part in parts:
                    part.close()
            raise ParseError("The body was cut off before its end. Send it again.")
        return DataAndFiles(data, files)


def _closing(media_type: str | None) -> bytes:
    _, parameters = parse_header_parameters(media_type or "")
    return b"--" + parameters.get("boundary", "").encode() + b"--"
