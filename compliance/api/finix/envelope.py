"""What surrounds every call under /finix/: a request id, no cookies, and one shape for errors."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import http_date

from compliance.api.envelope import DoorMiddleware, request_id
from compliance.api.finix.conventions import (
    CODES,
    FAILED,
    HAL,
    MESSAGES,
    PATHS,
    REQUEST_ID,
    ROLE_HEADER,
    SERVER_ERROR,
)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; a field is named only where one is to be corrected."""

    code: str
    message: str
    field: str = ""


class ErrorResponse(HttpResponse):
    """The one shape of an error: HAL, with each problem under `errors`."""

    def __init__(self, request: HttpRequest, status: int, problems: Sequence[Problem]) -> None:
        # What the address holds is a stranger's word: it is shown without its question.
        source = {"source": {"href": request.build_absolute_uri(request.path)[:500]}}
        errors = [_error(one, request_id(request), source) for one in problems]
        body = {"total": len(errors), "_embedded": {"errors": errors}}
        super().__init__(
            json.dumps(body, separators=(",", ":")).encode(),
            status=status,
            content_type=_media_type(request),
        )


class FinixMiddleware(DoorMiddleware):
    """The door of the merchants' API, whose answers tell the time and the role of the key too."""

    paths = PATHS
    error = ErrorResponse

    def reshaped(self, request: HttpRequest, status: int) -> HttpResponse:
        return outside(request, status)

    def mark(self, request: HttpRequest, response: HttpResponseBase) -> None:
        response.headers[REQUEST_ID] = request_id(request)
        response.headers["Date"] = http_date(timezone.now().timestamp())
        role = request.META.get(ROLE_HEADER)
        if role:
            response.headers[ROLE_HEADER] = role


def note_role(request: Any, role: str) -> None:
    """Remember as whom a call was let in, for the headers of its answer."""
    request.META[ROLE_HEADER] = role


def outside(request: HttpRequest, status: int) -> ErrorResponse:
    """Say, in our shape, what something outside the views has refused."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ErrorResponse(request, status, [Problem(SERVER_ERROR, FAILED)])
    message = MESSAGES.get(status, f"{HTTPStatus(status).phrase}.")
    return ErrorResponse(request, status, [Problem(CODES.get(status, "BAD_REQUEST"), message)])


def _error(one: Problem, logref: str, source: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {"logref": logref, "message": one.message, "code": one.code}
    if one.field:
        said["field"] = one.field
    return {**said, "_links": source}


def _media_type(request: HttpRequest) -> str:
    asked = request.META.get("HTTP_ACCEPT", "")
    return "application/json" if "application/json" in asked and HAL not in asked else HAL
