"""Turns whatever a view raises into the one shape of an error, with a code for programs."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from rest_framework.exceptions import (
    APIException,
    NotFound,
    ParseError,
    PermissionDenied,
    Throttled,
)

from accounts.errors import ScopeError
from compliance.api.conventions import CHALLENGE
from compliance.api.envelope import FAILED, ErrorResponse, Fields, request_id
from evidence import disk
from evidence.errors import (
    BlobDisposedError,
    DigestMismatchError,
    EmptyContentError,
    EvidenceError,
    FilenameError,
    HandlingError,
    IdempotencyConflictError,
    PeriodError,
    QuarantinedError,
    ScreeningError,
    SigningRefusedError,
    StoreError,
    SupersededError,
    TimeError,
    TooLargeError,
)
from evidence.group_commit import GroupError

log = logging.getLogger(__name__)

STORE_AWAY = (
    "The store of evidence does not answer, so nothing was stored. Try again later with the same "
    "idempotency key."
)

_CODES = {
    400: "malformed",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    415: "unsupported_media_type",
    422: "invalid",
    429: "throttled",
}
# What has a status and a code of its own.
_PLAIN: dict[type[EvidenceError], tuple[int, str]] = {
    TooLargeError: (413, "too_large"),
    IdempotencyConflictError: (409, "idempotency_conflict"),
    SupersededError: (409, "superseded"),
    BlobDisposedError: (410, "disposed"),
}
# What intake refuses, and which field of the request its sentence belongs to.
_BLAMED: dict[type[EvidenceError], str] = {
    EmptyContentError: "file",
    FilenameError: "file",
    ScreeningError: "file",
    DigestMismatchError: "sha256",
    PeriodError: "covers_to",
    TimeError: "collected_at",
    HandlingError: "steps",
}


class Refusal(APIException):
    """A refusal with its own code; `fields` says what to mend where."""

    def __init__(
        self,
        status_code: int,
        code: str,
        message: str,
        *,
        fields: Fields | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, code)
        self.status_code = status_code
        self.code = code
        self.fields = fields
        self.headers = headers or {}


def answer(error: Exception, context: Mapping[str, Any]) -> ErrorResponse:
    """Return the response to any exception of a view; what nobody expected goes to the log."""
    number = request_id(context["request"])
    known = _known(error)
    if known is None:
        log.error("API call %s failed", number, exc_info=error)
        return ErrorResponse(500, "internal_error", FAILED, request_id=number)
    fields = known.fields if isinstance(known, Refusal) else None
    code = known.code if isinstance(known, Refusal) else _CODES.get(known.status_code, "refused")
    response = ErrorResponse(
        known.status_code, code, str(known.detail), request_id=number, fields=fields
    )
    for name, value in _headers(known):
        response.headers[name] = value
    return response


def _known(error: Exception) -> APIException | None:
    """Return the refusal that an exception stands for; None for a failure of ours."""
    if isinstance(error, APIException):
        return error
    if isinstance(error, EvidenceError):
        return _intake(error)
    return next((meant(error) for kind, meant in _MEANT.items() if isinstance(error, kind)), None)


def _lacking(error: Exception) -> Refusal:
    challenge = {"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope"'}
    return Refusal(403, "insufficient_scope", str(error), headers=challenge)


def _broken(_: Exception) -> ParseError:
    return ParseError("The body of the request is malformed or was cut off.")


def _busy(error: Exception) -> Refusal:
    log.warning("The database refused a call", exc_info=error)
    return Refusal(503, "busy", FAILED, headers={"Retry-After": "5"})


def not_signed() -> Refusal:
    """Say that the log is not signed or its tree not whole; why is for the staff alone."""
    message = "The log is not signed at present. The staff of this installation sees the reason."
    return Refusal(503, "log_not_signed", message, headers={"Retry-After": "300"})


def _no_room(error: Exception) -> Refusal | None:
    if not disk.is_full(error):
        return None
    log.error("There is no room left on the disk", exc_info=error)
    message = f"{disk.FULL} Nothing was stored."
    return Refusal(503, "no_room", message, headers={"Retry-After": "300"})


# The first that fits counts, so what is special stands before what is general.
_MEANT: dict[type[Exception], Callable[[Exception], APIException | None]] = {
    Http404: lambda _: NotFound("There is no such thing here."),
    ScopeError: _lacking,
    DjangoPermissionDenied: lambda _: PermissionDenied(),
    RequestDataTooBig: lambda _: Refusal(413, "too_large", "The fields are too large."),
    SuspiciousOperation: _broken,
    UnreadablePostError: _broken,
    OperationalError: _busy,
    InterfaceError: _busy,
    GroupError: _busy,
    OSError: _no_room,
}


def _intake(error: EvidenceError) -> Refusal | None:
    message = str(error)
    for kind, (status, code) in _PLAIN.items():
        if isinstance(error, kind):
            return Refusal(status, code, message)
    if isinstance(error, SigningRefusedError):
        log.error("The log is not signed: %s", message)
        return not_signed()
    if isinstance(error, QuarantinedError):
        return Refusal(422, "quarantined", message, fields=_held(error))
    if type(error) is StoreError:
        log.error("The store of evidence fails: %s", message)
        return Refusal(503, "store_away", STORE_AWAY, headers={"Retry-After": "30"})
    blamed = _BLAMED.get(type(error))
    if blamed is None:
        return None
    code = "screened" if isinstance(error, ScreeningError) else "invalid"
    if error.position is not None:
        blamed = item_field(error.position, blamed)
    return Refusal(422, code, message, fields={blamed: [message]})


def _held(error: QuarantinedError) -> Fields:
    """Say of each item that was held back where it lies now."""
    found = {}
    for place, ref in error.refs.items():
        for name, words in (("file", f"It lies in quarantine as {ref}."), ("quarantine", ref)):
            found[name if place is None else item_field(place, name)] = [words]
    return found


def item_field(position: int, name: str) -> str:
    """Name a field of one of several items, which are counted from 0."""
    return f"items.{position}.{name}"


def flattened(detail: object) -> dict[str, list[str]]:
    """Return the messages of a serializer by the path of their field."""
    gathered: dict[str, list[str]] = {}
    for path, message in _messages(detail, ""):
        gathered.setdefault(path, []).append(message)
    return gathered


def _messages(detail: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _messages(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        for inner in detail:
            yield from _messages(inner, path)
    else:
        yield path, str(detail)


def _headers(known: APIException) -> Iterator[tuple[str, str]]:
    if isinstance(known, Refusal):
        yield from known.headers.items()
    challenge = getattr(known, "auth_header", None)
    if challenge:
        yield "WWW-Authenticate", challenge
    wait = getattr(known, "wait", None)
    if isinstance(known, Throttled) and wait is not None:
        yield "Retry-After", str(wait)
