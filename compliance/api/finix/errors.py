"""Turns whatever a view raises into the one shape of an error."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    NotAuthenticated,
    ParseError,
    Throttled,
)

from compliance.api.envelope import request_id
from compliance.api.finix.conventions import (
    CHALLENGE,
    CODES,
    FAILED,
    INVALID_FIELD,
    MESSAGES,
    SERVER_ERROR,
)
from compliance.api.finix.envelope import ErrorResponse, Problem
from evidence import disk
from evidence.errors import BlobDisposedError, EvidenceError
from evidence.group_commit import GroupError
from merchants.errors import (
    AnswersError,
    FieldError,
    FileHereError,
    FormClosedError,
    IncompleteError,
    LinkLapsedError,
    MerchantsError,
    OrderError,
    SignatureError,
    SignedAlreadyError,
)

log = logging.getLogger(__name__)

_STATUS: dict[type[MerchantsError], int] = {
    SignedAlreadyError: 409,
    FileHereError: 409,
    FormClosedError: 422,
    IncompleteError: 422,
    OrderError: 422,
    LinkLapsedError: 404,
}


class Refused(APIException):
    """A refusal with its status and sentences; each may name the field that is to be corrected."""

    def __init__(self, status_code: int, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.status_code = status_code
        self.field = field


class NotFoundError(Refused):
    """What is not there, or is somebody else's: both sound the same."""

    def __init__(self, name: str) -> None:
        super().__init__(404, f"{name[:80]} was not found")


class FieldsRefused(APIException):
    """Some fields are to be corrected, each with its sentence."""

    status_code = 422

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


def answer(error: Exception, context: Mapping[str, Any]) -> ErrorResponse:
    """Return the response to any exception of a view; what nobody expected goes to the log."""
    # The framework's wrapper hands on what it does not know to the request itself.
    request = context["request"]
    status, problems = _read(error)
    if status >= 500:
        log.error("Finix API call %s failed", request_id(request), exc_info=error)
    response = ErrorResponse(request, status, problems)
    if status == 401:
        response.headers["WWW-Authenticate"] = CHALLENGE
    wait = getattr(error, "wait", None)
    if isinstance(error, Throttled) and wait is not None:
        response.headers["Retry-After"] = str(wait)
    return response


def _read(error: Exception) -> tuple[int, list[Problem]]:
    if isinstance(error, FieldsRefused):
        return 422, _named(error.fields)
    if isinstance(error, FieldError | SignatureError | AnswersError):
        return 422, _named(error.problems)
    if isinstance(error, AuthenticationFailed | NotAuthenticated):
        return 401, [Problem(CODES[401], MESSAGES[401])]
    if isinstance(error, Refused) and error.field:
        return error.status_code, [Problem(INVALID_FIELD, str(error.detail), error.field)]
    if isinstance(error, APIException):
        return _plain(error.status_code, str(error.detail))
    if isinstance(error, MerchantsError):
        return _plain(_STATUS.get(type(error), 422), str(error))
    return _foreign(error)


def _named(fields: Mapping[str, str]) -> list[Problem]:
    return [Problem(INVALID_FIELD, message, field) for field, message in fields.items()]


def _plain(status: int, message: str) -> tuple[int, list[Problem]]:
    return status, [Problem(CODES.get(status, "BAD_REQUEST"), message)]


_FOREIGN: dict[type[Exception], Callable[[Exception], tuple[int, str] | None]] = {
    Http404: lambda _: (404, MESSAGES[404]),
    RequestDataTooBig: lambda _: (413, MESSAGES[413]),
    SuspiciousOperation: lambda _: (400, MESSAGES[400]),
    UnreadablePostError: lambda _: (400, MESSAGES[400]),
    BlobDisposedError: lambda error: (404, str(error)),
    OperationalError: lambda _: (503, FAILED),
    InterfaceError: lambda _: (503, FAILED),
    GroupError: lambda _: (503, FAILED),
    OSError: lambda error: (503, disk.FULL) if disk.is_full(error) else None,
    EvidenceError: lambda _: (503, FAILED),
}


def _foreign(error: Exception) -> tuple[int, list[Problem]]:
    for kind, meant in _FOREIGN.items():
        found = meant(error) if isinstance(error, kind) else None
        if found and found[0] < 500:
            return _plain(*found)
        if found:
            return found[0], [Problem(SERVER_ERROR, found[1])]
    return 500, [Problem(SERVER_ERROR, FAILED)]


def malformed() -> ParseError:
    return ParseError(MESSAGES[400])
