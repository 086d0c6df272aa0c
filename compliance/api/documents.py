"""The OpenAPI document and its viewer: public, for they hold no secret; nothing from outside."""

from functools import cache
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer


@cache
def schema() -> dict[str, Any]:
    """Return the document as data; written once per process."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    made: dict[str, Any] = generator.get_schema(  # type: ignore[no-untyped-call]
        request=None, public=True
    )
    return made


@cache
def document(form: str) -> tuple[bytes, str]:
    """Return the document as JSON or YAML with its ETag."""
    renderer = OpenApiJsonRenderer() if form == "json" else OpenApiYamlRenderer()
    data: bytes = renderer.render(schema(), renderer_context={})
    return data, f'"{sha256(data).hexdigest()}"'


@require_safe
def openapi(request: HttpRequest, form: str) -> HttpResponseBase:
    """Hand out the document."""
    return handed_out(request, *document(form), form=form)


def handed_out(request: HttpRequest, data: bytes, etag: str, *, form: str) -> HttpResponseBase:
    """Return a document, or say that the one which the caller has is the same."""
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(data, content_type=f"application/{form}", headers=headers)


@require_safe
def viewer(request: HttpRequest) -> HttpResponse:
    """Show the document to people, with files of this installation only."""
    return render(request, "api/docs.html", {"document": "api:openapi_json"})
