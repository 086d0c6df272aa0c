"""Keeps secrets sealed by AWS KMS: the disk and its backups hold nothing that opens anything.

A secret is decrypted once per process and then lives in memory only. KMS itself signs Ed25519 now,
but over at most 4,096 bytes, which the statement of a pack exceeds; so the signing key is a file
that KMS has sealed, like the sealing key.
"""

import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from evidence import addresses
from evidence.errors import AddressError, SealError

TITLE = "AWS KMS"
_QUICK = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
_REMEMBERED_SECONDS = 60


class _Last:
    """What KMS answered when last asked how it is, so that visitors cannot make it be asked."""

    at = 0.0
    about = ""
    said = ""


def identity() -> str:
    return str(settings.KEYS_KMS_KEY)


def protect(name: str, secret: bytes) -> bytes:
    answer = _asked("encrypt", KeyId=identity(), Plaintext=secret, EncryptionContext=_purpose(name))
    return bytes(answer["CiphertextBlob"])


def reveal(name: str, kept: bytes) -> bytes:
    # The key is named, so that a file which another key has sealed does not open.
    key = {"KeyId": identity()} if identity() else {}
    answer = _asked("decrypt", CiphertextBlob=kept, EncryptionContext=_purpose(name), **key)
    return bytes(answer["Plaintext"])


def problem() -> str:
    """Say why KMS cannot be asked; it is asked once a minute at most."""
    about, now = f"{identity()} {settings.KEYS_KMS_ENDPOINT}", time.monotonic()
    if _Last.about == about and now - _Last.at < _REMEMBERED_SECONDS:
        return _Last.said
    try:
        told = _asked("describe_key", KeyId=identity())["KeyMetadata"]
        said = "" if told["Enabled"] else "The key of KMS is disabled or about to be deleted."
    except SealError as error:
        said = str(error)
    _Last.about, _Last.at, _Last.said = about, now, said
    return said


def _purpose(name: str) -> dict[str, str]:
    """Bind a sealed key to what it is for; the name of its file may change on rotation."""
    return {"countersign": "sealing" if name.startswith("sealing") else "log-signing"}


def _asked(verb: str, **arguments: Any) -> dict[str, Any]:
    try:
        addresses.refuse_named(settings.KEYS_KMS_ENDPOINT, addresses.STORAGE)
        client = boto3.client("kms", endpoint_url=settings.KEYS_KMS_ENDPOINT or None, config=_QUICK)
        answer: dict[str, Any] = getattr(client, verb)(**arguments)
    except AddressError as error:
        raise SealError(str(error)) from error
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        raise SealError(
            f"KMS refused to {verb.replace('_', ' ')} ({code}). Check KEYS_KMS_KEY, and that the"
            " service may use this key."
        ) from error
    except (BotoCoreError, ValueError) as error:
        raise SealError(
            f"KMS did not answer ({type(error).__name__}). Check the region, the credentials and"
            " KEYS_KMS_ENDPOINT."
        ) from error
    return answer
