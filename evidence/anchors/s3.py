"""Puts checkpoints into an S3 bucket with Object Lock, where nobody can change or remove them."""

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.utils import timezone

from evidence import addresses
from evidence.anchors.note import Note
from evidence.errors import AddressError, AnchorError

TITLE = "S3 bucket with Object Lock"
_EXISTS = {"PreconditionFailed", "ConditionalRequestConflict"}


def where() -> str:
    bucket = str(settings.ANCHOR_S3_BUCKET)
    return f"s3://{bucket}/{settings.ANCHOR_S3_PREFIX}"[:200] if bucket else ""


def deposit(note: Note) -> str:
    try:
        addresses.refuse_named(settings.ANCHOR_S3_ENDPOINT, addresses.ANCHORS)
    except AddressError as error:
        raise AnchorError(str(error)) from error
    client = boto3.client("s3", endpoint_url=settings.ANCHOR_S3_ENDPOINT or None)
    key = f"{settings.ANCHOR_S3_PREFIX}{note.path}"
    try:
        version = (
            _found(client, key, note.text)
            or _put(client, key, note.text)
            # Somebody else was first between the two.
            or _found(client, key, note.text)
        )
        kept = client.head_object(Bucket=settings.ANCHOR_S3_BUCKET, Key=key, VersionId=version)
    except ClientError as error:
        said = error.response.get("Error", {})
        raise AnchorError(f"S3 refused: {said.get('Code')} {said.get('Message')}") from error
    except BotoCoreError as error:
        raise AnchorError(f"S3 did not answer: {type(error).__name__}.") from error
    until: datetime | None = kept.get("ObjectLockRetainUntilDate")
    if until is None:
        raise AnchorError("The bucket locks nothing. Make one with Object Lock switched on.")
    return f"{key} version {version}, {kept['ObjectLockMode']} until {until:%Y-%m-%d}"


def _put(client: Any, key: str, text: str) -> str:
    """Put the note where nothing lies yet and return its version; empty where something does."""
    content = text.encode()
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    until = timezone.now() + timedelta(days=settings.ANCHOR_S3_RETENTION_DAYS)
    try:
        answer = client.put_object(
            Bucket=settings.ANCHOR_S3_BUCKET,
            Key=key,
            Body=content,
            ContentType="text/plain; charset=utf-8",
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=digest,
            IfNoneMatch="*",
            ObjectLockMode=settings.ANCHOR_S3_MODE,
            ObjectLockRetainUntilDate=until,
        )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _EXISTS:
            return ""
        raise
    if not answer.get("VersionId"):
        raise AnchorError("The bucket keeps no versions. Make one with Object Lock switched on.")
    return str(answer["VersionId"])


def _found(client: Any, key: str, text: str) -> str:
    """Return the version that an earlier deposit left; AnchorError where it is something else."""
    try:
        answer = client.get_object(Bucket=settings.ANCHOR_S3_BUCKET, Key=key)
    except client.exceptions.NoSuchKey:
        return ""
    if answer["Body"].read() != text.encode():
        raise AnchorError(f"{key} in the bucket holds something else already.")
    return str(answer["VersionId"])
