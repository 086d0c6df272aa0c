"""Keeps an upload that is too large off the disk, and still lets its form say so."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class Discarded(UploadedFile):  # type: ignore[type-arg]  # Django knows no argument of it
    """Stands in for a file that was too large: its name and size, and nothing of its content."""

    def __init__(self, name: str, content_type: str, size: int) -> None:
        super().__init__(BytesIO(), name, content_type, size)


class Bounded(TemporaryFileUploadHandler):
    """Writes an upload to the disk; one beyond MAX_UPLOAD_BYTES is removed and only counted."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._received += len(raw_data)
        if self._received <= settings.MAX_UPLOAD_BYTES:
            super().receive_data_chunk(raw_data, start)
        elif not self.file.closed:
            self.file.close()

    def file_complete(self, file_size: int) -> Any:
        if self._received <= settings.MAX_UPLOAD_BYTES:
            return super().file_complete(file_size)
        return Discarded(self.file_name or "", self.content_type or "", self._received)
