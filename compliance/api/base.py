"""What all views of this door share."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import ApiToken
from accounts.tokens import Scope
from compliance.api.conventions import ERROR_SHAPE, TOKEN_SCHEME

Handler = TypeVar("Handler", bound=Callable[..., Any])


class ApiView(APIView):
    """A view that is reached with a token only."""

    http_method_names = ["get", "head"]

    @property
    def token(self) -> ApiToken:
        """The token of the call; the permission of every view sees to it that there is one."""
        assert isinstance(self.request.auth, ApiToken)  # noqa: S101  narrows the type
        return self.request.auth


class PlainText(BaseRenderer):
    """Writes text as it is, for formats that have a text form of their own."""

    media_type = "text/plain"
    format = "txt"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002  the framework hands it over
        renderer_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> bytes:
        return str(data).encode()


def wants_text(request: Request) -> bool:
    """Whether the caller asked for the text form."""
    return isinstance(request.accepted_renderer, PlainText)


def operation(
    name: str,
    summary: str,
    *,
    scope: Scope,
    responses: Mapping[Any, Any],
    refusals: tuple[int, ...] = (),
    description: str = "",
    **more: Any,
) -> Callable[[Handler], Handler]:
    """Describe a method of a view in the OpenAPI document: its scope, answers and refusals."""
    refused = {
        (code, "application/json"): OpenApiResponse(
            response=ERROR_SHAPE, description=HTTPStatus(code).phrase
        )
        for code in sorted({401, 403, 429, 500, 503, *refusals})
    }
    needed: Any = [{TOKEN_SCHEME: [str(scope)]}]
    decorate: Callable[[Handler], Handler] = extend_schema(
        operation_id=name,
        summary=summary,
        description=f"{description}\n\nNeeds the scope `{scope}`.".strip(),
        auth=needed,
        responses={**responses, **refused},
        **more,
    )
    return decorate
