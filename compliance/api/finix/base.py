"""What all views of this part of the door share: who calls, in which style, and what was sent."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from rest_framework.exceptions import NotAcceptable, ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from compliance.api.finix import errors
from compliance.api.finix.authentication import KeyAuthentication, KeyThrottle
from compliance.api.finix.conventions import HAL, PATHS, VERSION
from merchants.models import ApiUser


class Hal(JSONRenderer):
    media_type = HAL
    format = "hal"


class JsonApi(JSONRenderer):
    """What the SDKs ask for around files; it is plain JSON all the same."""

    media_type = "application/vnd.api+json"
    format = "vnd"


class Bytes(JSONRenderer):
    """Lets a call for bytes through; what is no file is told as JSON."""

    media_type = "application/octet-stream"
    format = "bytes"


class HalParser(JSONParser):
    media_type = HAL


class JsonApiParser(JSONParser):
    media_type = "application/vnd.api+json"


class Negotiation(DefaultContentNegotiation):
    """Chooses by the header alone: no parameter of the address changes the form of an answer."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        chosen, media_type = super().select_renderer(request, renderers, format_suffix)
        if isinstance(chosen, Bytes):
            # A view that hands out bytes does so by itself.
            return renderers[0], renderers[0].media_type
        return chosen, media_type


class HasKey(BasePermission):
    """Whoever has no key of the environment is nobody here."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, ApiUser)


class FinixView(APIView):
    """A view that is reached with a key of its environment only."""

    schema = None
    authentication_classes = [KeyAuthentication]
    permission_classes = [HasKey]
    throttle_classes = [KeyThrottle]
    renderer_classes = [Hal, JSONRenderer, JsonApi, Bytes]
    parser_classes = [JSONParser, HalParser, JsonApiParser]
    content_negotiation_class = Negotiation
    http_method_names = ["get", "head", "post", "put"]

    def get_exception_handler(self) -> Callable[..., Any]:
        return errors.answer

    @property
    def caller(self) -> ApiUser:
        """The key of the call; the permission of every view sees to it that there is one."""
        assert isinstance(self.request.auth, ApiUser)  # noqa: S101  narrows the type
        return self.request.auth

    @property
    def environment(self) -> str:
        return str(self.kwargs["environment"])

    @property
    def base(self) -> str:
        """The address of the environment, as the caller reached it."""
        return self.request.build_absolute_uri(f"{PATHS}{self.environment}")

    @property
    def is_by_cursor(self) -> bool:
        """Whether the caller named the version with pages by cursor; others get offsets."""
        return bool(self.request.headers.get("Finix-Version") == VERSION)


def body_of(request: Request) -> Mapping[str, Any]:
    """Return the object that was sent; an empty body is an empty object."""
    try:
        data = request.data
    except RecursionError as error:
        raise errors.malformed() from error
    if not isinstance(data, Mapping):
        raise ParseError("The body is no JSON object.")
    _refuse_unkeepable(data)
    return data


def _refuse_unkeepable(data: Mapping[str, Any]) -> None:
    """Refuse what no database keeps: NUL, and halves of letters that UTF-8 has no place for."""
    try:
        text = json.dumps(data, ensure_ascii=False, default=str)
        text.encode()
    except (UnicodeEncodeError, RecursionError, ValueError) as error:
        raise errors.malformed() from error
    if "\\u0000" in text:
        raise errors.malformed()


def created(shape: Mapping[str, Any]) -> Response:
    return Response(shape, status=201)


__all__ = ["FinixView", "NotAcceptable", "body_of", "created"]
