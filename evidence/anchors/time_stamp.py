"""Asks time-stamp authorities (RFC 3161) to say that a checkpoint existed at a time."""

from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from cryptography import x509
from django.conf import settings
from django.utils import timezone

from evidence import addresses
from evidence.anchors.note import Note
from evidence.errors import AddressError, AnchorError
from evidence.log_models import TimeStamp
from evidence.models import Checkpoint

rfc3161_client: Any
try:
    rfc3161_client = import_module("rfc3161_client")
except ImportError:  # The extra `signing` is not installed.
    rfc3161_client = None

TITLE = "Time-stamp authorities"
_SECONDS = 30
_LARGEST = 256 * 1024
_ASKS = "application/timestamp-query"


def where() -> str:
    return ", ".join(_name(url) for url in settings.TIME_STAMP_URLS)[:200]


def deposit(note: Note) -> str:
    """Get a token from every authority that has not given one; raises AnchorError for the first."""
    signed = Checkpoint.objects.get(size=note.size)
    failed = obtain(signed)
    if failed:
        raise AnchorError(" ".join(f"{name}: {reason}" for name, reason in failed.items()))
    tokens = signed.time_stamps.order_by("pk")
    return "; ".join(f"{one.authority} at {one.stated_at:%Y-%m-%d %H:%M:%S} UTC" for one in tokens)


def obtain(signed: Checkpoint, *, seconds: int = _SECONDS) -> dict[str, str]:
    """Get a token from every authority that has not given one; return who failed, and why."""
    known = set(signed.time_stamps.values_list("authority", flat=True))
    failed = {}
    for url in settings.TIME_STAMP_URLS:
        if _name(url) not in known:
            try:
                _keep(signed, url, seconds)
            except AnchorError as error:
                failed[_name(url)] = str(error)
    return failed


def _keep(signed: Checkpoint, url: str, seconds: int) -> None:
    if rfc3161_client is None:
        raise AnchorError("Install the extra `signing`, or leave TIME_STAMP_URLS out.")
    text = signed.note.encode()
    request = rfc3161_client.TimestampRequestBuilder().data(text).cert_request(cert_request=True)
    query = request.build()
    raw = _asked(url, query.as_bytes(), seconds)
    try:
        answer = rfc3161_client.decode_timestamp_response(raw)
        builder = rfc3161_client.VerifierBuilder.from_request(query)
        for root in _roots():
            builder = builder.add_root_certificate(root)
        builder.build().verify_message(answer, text)
    except (ValueError, rfc3161_client.VerificationError) as error:
        raise AnchorError(f"The token does not hold: {error}.") from error
    given = {"token": raw, "stated_at": answer.tst_info.gen_time, "received_at": timezone.now()}
    # A deposit and a pack may ask at once; the token that came first is the one that is kept.
    TimeStamp.objects.get_or_create(checkpoint=signed, authority=_name(url), defaults=given)


def verified(token: bytes, note: str) -> datetime:
    """Return the time that a kept token states about a note; raises AnchorError."""
    if rfc3161_client is None:
        raise AnchorError("It cannot be checked: install the extra `signing`.")
    try:
        answer = rfc3161_client.decode_timestamp_response(token)
        builder = rfc3161_client.VerifierBuilder()
        for root in _roots():
            builder = builder.add_root_certificate(root)
        builder.build().verify_message(answer, note.encode())
    except (ValueError, rfc3161_client.VerificationError) as error:
        raise AnchorError(f"The token does not hold: {error}.") from error
    stated: datetime = answer.tst_info.gen_time
    return stated


def _asked(url: str, query: bytes, seconds: int) -> bytes:
    try:
        # The environment is not trusted: a proxy there would be asked in place of the authority.
        with (
            httpx2.Client(trust_env=False, timeout=seconds) as client,
            client.stream(
                "POST",
                url,
                content=query,
                headers={"Content-Type": _ASKS},
                extensions={"trace": addresses.watch(addresses.ANCHORS)},
            ) as answer,
        ):
            if answer.status_code != 200:
                raise AnchorError(f"It answered {answer.status_code}.")
            raw = b""
            for part in answer.iter_bytes():
                raw += part
                if len(raw) > _LARGEST:
                    raise AnchorError("Its answer is too long to be a token.")
    except AddressError as error:
        raise AnchorError(str(error)) from error
    except httpx2.HTTPError as error:
        raise AnchorError(f"It did not answer ({type(error).__name__}).") from error
    return raw


def _roots() -> list[x509.Certificate]:
    """Read the certificates of those whom we trust to issue time-stamp authorities."""
    try:
        return x509.load_pem_x509_certificates(Path(settings.TIME_STAMP_ROOTS).read_bytes())
    except (OSError, ValueError) as error:
        raise AnchorError(
            "TIME_STAMP_ROOTS does not name a readable PEM file with the root certificates of the"
            " authorities."
        ) from error


def _name(url: str) -> str:
    """Name an authority without the password that its address may hold."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:200]
