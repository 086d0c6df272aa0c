"""Keeps sealed files in an S3 bucket: versioned, so that nobody hides or replaces one unseen.

Rules:
- A file is put only where nothing lies yet, and the server's own SHA-256 of it is compared.
- It is read by the version that was put; a delete marker or a later version changes nothing.
- Object Lock and legal hold are set once the rows say how long the content must be kept.
"""

import base64
import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from evidence import addresses
from evidence.errors import AddressError, StoreError
from evidence.stores.ranges import RangedFile
from evidence.stores.staged import Staged

SCHEME = "s3"
PART = 64 * 1024 * 1024
PARALLEL = 8
_EXISTS = {"PreconditionFailed", "ConditionalRequestConflict"}
_GONE = {"NoSuchKey", "NoSuchVersion", "404"}


def connect(url: str) -> "Bucket":
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.query:
        raise StoreError("STORE_URL names no bucket. Set it as in s3://bucket/folder.")
    prefix = parts.path.strip("/")
    return Bucket(parts.netloc, f"{prefix}/" if prefix else "")


class Bucket:
    """One bucket, and how the names of our files in it begin."""

    def __init__(self, name: str, prefix: str) -> None:
        self._name = name
        self._prefix = prefix

    def stage(self, _location: str) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="store-", dir=settings.SCRATCH_DIR))
        return folder / "sealed"

    def keep(self, files: Sequence[Staged]) -> None:
        with _told():
            if len(files) == 1:
                self._put(files[0])
            elif files:
                with ThreadPoolExecutor(PARALLEL) as pool:
                    list(pool.map(self._put, files))

    def discard(self, file: Staged) -> None:
        _unstage(file)
        if file.version:
            # No row names it, so it does no harm where the bucket is away; others must go as well.
            with suppress(StoreError, FileNotFoundError), _told():
                self._delete(file.location, file.version)

    def open(self, location: str, version: str, size: int) -> io.RawIOBase:
        """Open a file of so many bytes; its first bytes are asked for at once."""

        def read(start: int, end: int) -> bytes:
            answer = self._client.get_object(
                **self._object(location, version), Range=f"bytes={start}-{end - 1}"
            )
            content: bytes = answer["Body"].read()
            return content

        with _told():
            return RangedFile(_reader(read), size)

    def has(self, location: str, version: str, size: int) -> bool:
        if not version:
            return False
        try:
            with _told():
                found = self._client.head_object(**self._object(location, version))
        except (FileNotFoundError, StoreError):
            # A version of another bucket is none of this one, which says so in various ways.
            return False
        return bool(found["ContentLength"] == size)

    def remove(self, location: str, version: str) -> None:
        with _told():
            self._delete(location, version)

    def lock(self, location: str, version: str, until: date) -> bool:
        """Have the store refuse to remove a file before the end of a day (UTC)."""
        if not settings.STORE_S3_MODE:
            return False
        with _told():
            self._client.put_object_retention(
                **self._object(location, version),
                Retention={
                    "Mode": settings.STORE_S3_MODE,
                    "RetainUntilDate": datetime.combine(until, time(23, 59, 59), UTC),
                },
            )
        return True

    def hold(self, location: str, version: str, *, is_held: bool) -> None:
        """Put a file under the legal hold of the store, or take it away."""
        if not settings.STORE_S3_MODE:
            return
        with _told():
            self._client.put_object_legal_hold(
                **self._object(location, version), LegalHold={"Status": "ON" if is_held else "OFF"}
            )

    def problem(self, *, is_starting: bool = False) -> str:
        try:
            with _told():
                state = self._client.get_bucket_versioning(Bucket=self._name).get("Status")
                if state != "Enabled":
                    return (
                        f"The bucket {self._name} keeps no versions, so that anybody could replace"
                        " a file unseen. Switch its versioning on."
                    )
                return self._lock_problem() if is_starting and settings.STORE_S3_MODE else ""
        except StoreError as error:
            return str(error)

    def _lock_problem(self) -> str:
        try:
            found = self._client.get_object_lock_configuration(Bucket=self._name)
            state = found["ObjectLockConfiguration"].get("ObjectLockEnabled")
        except ClientError:
            state = None
        if state == "Enabled":
            return ""
        return (
            f"The bucket {self._name} locks nothing, but STORE_S3_MODE is {settings.STORE_S3_MODE}."
            " Switch its Object Lock on, or set STORE_S3_MODE to NONE."
        )

    @cached_property
    def _client(self) -> Any:
        try:
            addresses.refuse_named(settings.STORE_S3_ENDPOINT, addresses.STORAGE)
        except AddressError as error:
            raise StoreError(str(error)) from error
        config = Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "total_max_attempts": 5},
            max_pool_connections=2 * PARALLEL,
        )
        return boto3.client("s3", endpoint_url=settings.STORE_S3_ENDPOINT or None, config=config)

    def _object(self, location: str, version: str) -> dict[str, str]:
        named = {"Bucket": self._name, "Key": self._prefix + location}
        return named | ({"VersionId": version} if version else {})

    def _put(self, file: Staged) -> None:
        size = file.path.stat().st_size
        put = self._put_whole if size <= PART else self._put_in_parts
        file.version = put(file)
        _unstage(file)

    def _put_whole(self, file: Staged) -> str:
        with file.path.open("rb") as content:
            digest = _encoded(hashlib.file_digest(content, "sha256").digest())
            content.seek(0)

            def put() -> Any:
                content.seek(0)
                return self._client.put_object(
                    **self._object(file.location, ""),
                    Body=content,
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=digest,
                    IfNoneMatch="*",
                )

            return self._kept(file, put, digest)

    def _put_in_parts(self, file: Staged) -> str:
        named = self._object(file.location, "")
        upload = self._client.create_multipart_upload(**named, ChecksumAlgorithm="SHA256")
        named["UploadId"] = upload["UploadId"]
        try:
            parts, digests = [], b""
            for number, (content, digest) in enumerate(_parts(file.path), 1):
                answer = self._client.upload_part(
                    **named, PartNumber=number, Body=content, ChecksumSHA256=_encoded(digest)
                )
                digests += digest
                parts.append(
                    {
                        "PartNumber": number,
                        "ETag": answer["ETag"],
                        "ChecksumSHA256": _encoded(digest),
                    }
                )
        except BaseException:
            self._client.abort_multipart_upload(**named)
            raise

        def complete() -> Any:
            return self._client.complete_multipart_upload(
                **named, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
            )

        # The SHA-256 of a file in parts is that of the digests of its parts.
        return self._kept(file, complete, _encoded(hashlib.sha256(digests).digest()))

    def _kept(self, file: Staged, put: Callable[[], Any], digest: str) -> str:
        """Put a file and return its version, which the server must have with the same digest.

        Where something lies there already, it is our own: an answer was lost on its way.
        """
        try:
            answer = put()
        except ClientError as error:
            if _code(error) not in _EXISTS:
                raise
            answer = self._head(file.location, "")
        version = answer.get("VersionId")
        if not version or version == "null":
            raise StoreError(
                f"The bucket {self._name} keeps no versions. Switch its versioning on; nothing was"
                " stored."
            )
        said = answer.get("ChecksumSHA256") or self._head(file.location, str(version)).get(
            "ChecksumSHA256", ""
        )
        # Some servers say the number of parts after a hyphen, some do not.
        if said.partition("-")[0] != digest:
            self._delete(file.location, str(version))
            raise StoreError("The bucket did not keep the bytes that were sent. Send them again.")
        return str(version)

    def _head(self, location: str, version: str) -> Any:
        named = self._object(location, version)
        return self._client.head_object(**named, ChecksumMode="ENABLED")

    def _delete(self, location: str, version: str) -> None:
        self._client.delete_object(**self._object(location, version))


@contextmanager
def _told() -> Iterator[None]:
    """Tell what the bucket refused as StoreError, and what is not there as FileNotFoundError."""
    try:
        yield
    except ClientError as error:
        raise _as_ours(error) from error
    except BotoCoreError as error:
        raise StoreError(f"The bucket did not answer: {type(error).__name__}.") from error


def _as_ours(error: ClientError) -> Exception:
    if _code(error) in _GONE:
        return FileNotFoundError(_code(error))
    said = error.response.get("Error", {}).get("Message", "")
    return StoreError(f"The bucket refused: {_code(error)} {said}".strip())


def _reader(read: Callable[[int, int], bytes]) -> Callable[[int, int], bytes]:
    """Return a reader of ranges that tells its errors as the store does, also from a thread."""

    def told(start: int, end: int) -> bytes:
        with _told():
            return read(start, end)

    return told


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _encoded(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _parts(path: Path) -> Iterator[tuple[bytes, bytes]]:
    with path.open("rb") as file:
        while part := file.read(PART):
            yield part, hashlib.sha256(part).digest()


def _unstage(file: Staged) -> None:
    file.path.unlink(missing_ok=True)
    if file.path.parent.exists():
        file.path.parent.rmdir()
