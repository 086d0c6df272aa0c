"""What surrounds every call under /api/: a request id, no cookies, and one shape for errors."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from compliance.api.conventions import PATHS

REQUEST_ID = "X-Request-ID"
_ID_IN_META = "HTTP_X_REQUEST_ID"

Fields = Mapping[str, Sequence[str]]

_OUTSIDE = {
    HTTPStatus.BAD_REQUEST: ("malformed", "The request cannot be understood."),
    HTTPStatus.NOT_FOUND: ("not_found", "There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed", "This address has no such method."),
}
FAILED = (
    "Something failed on our side. Try again later with the same idempotency key; "
    "if it stays, tell your administrator the request id."
)


class ErrorResponse(JsonResponse):
    """The one shape of an error."""

    def __init__(
        self, status: int, code: str, message: str, *, request_id: str, fields: Fields | None = None
    ) -> None:
        error: dict[str, object] = {"code": code, "message": message}
        if fields:
            error["fields"] = fields
        error["request_id"] = request_id
        super().__init__({"error": error}, status=status)


class DoorMiddleware(ABC):
    """Stands before all other middleware, whose refusals need the same shape as those of views.

    A door for programs says where it is, what its errors are, and how others' are said again.
    """

    paths: str | tuple[str, ...]
    error: type[HttpResponse]

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(self.paths):
            return self.get_response(request)
        request.META[_ID_IN_META] = secrets.token_hex(8)
        # A browser's session must mean nothing here: what cannot be sent cannot be forged.
        request.META.pop("HTTP_COOKIE", None)
        response = self.get_response(request)
        if response.status_code >= HTTPStatus.BAD_REQUEST and not isinstance(response, self.error):
            response = self.reshaped(request, response.status_code)
        self.mark(request, response)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @abstractmethod
    def reshaped(self, request: HttpRequest, status: int) -> HttpResponse:
        """Say again, in the shape of this door, what something outside the views has refused."""

    def mark(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Add the headers that every answer of this door has."""
        response.headers[REQUEST_ID] = request_id(request)


class EnvelopeMiddleware(DoorMiddleware):
    """The door of the API."""

    paths = PATHS
    error = ErrorResponse

    def reshaped(self, request: HttpRequest, status: int) -> HttpResponse:
        return _reshaped(request, status)


def request_id(request: HttpRequest) -> str:
    """Return the id under which a call is found in the server's log."""
    return str(request.META.get(_ID_IN_META, ""))


def _reshaped(request: HttpRequest, status: int) -> ErrorResponse:
    """Say again, in our shape, what something outside the views has refused."""
    phrase = HTTPStatus(status).phrase
    default = ("internal_error", FAILED) if status >= 500 else ("refused", f"{phrase}.")
    code, message = _OUTSIDE.get(HTTPStatus(status), default)
    return ErrorResponse(status, code, message, request_id=request_id(request))
