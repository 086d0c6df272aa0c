"""The OpenAPI document of the merchants' API and its viewer, made of the addresses themselves.

Public, for they hold no secret; nothing is loaded from outside.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Any

import yaml
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.http import require_safe

from compliance.api.documents import handed_out
from compliance.api.finix import urls
from compliance.api.finix.base import FinixView
from compliance.api.finix.conventions import HAL, VERSION
from compliance.api.finix.described import OPERATIONS, PAGING, PARAMETERS, STATES, Operation
from compliance.api.finix.schemas import ANSWERS, BODIES, TEXT, named, page_of, word
from merchants.models import Environment

_PARAMETER = re.compile(r"<(\w+):(\w+)>")
_ABOUT = (
    "Forms by which merchants attest to their card security, for programs of platforms. The "
    "conventions are those that clients of Finix know: a user name and a password for each "
    "program, pages by cursor, HAL, and errors in one shape."
)
_ERRORS = {
    "4XX": "What was asked is refused; each problem says what to correct.",
    "5XX": "Something failed on our side; say the logref.",
}


@cache
def schema() -> dict[str, Any]:
    """Return the document as data; written once per process."""
    paths: dict[str, Any] = {}
    for route, view in _walk(urls.urlpatterns, "/finix/"):
        address = _PARAMETER.sub(r"{\2}", route)
        paths[address] = {
            "parameters": [_of_address(one) for one in _PARAMETER.findall(route)],
            **{method: _operation(view, one) for method, one in OPERATIONS[view].items()},
        }
    return {
        "openapi": "3.1.1",
        "info": {"title": "Countersign: merchants' API", "version": VERSION, "description": _ABOUT},
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": {**ANSWERS, **BODIES},
            "securitySchemes": {"key": {"type": "http", "scheme": "basic"}},
        },
    }


@cache
def document(form: str) -> tuple[bytes, str]:
    """Return the document as JSON or YAML with its ETag."""
    text = (
        json.dumps(schema(), indent=1, ensure_ascii=False)
        if form == "json"
        else yaml.dump(json.loads(json.dumps(schema())), sort_keys=False, allow_unicode=True)
    )
    return text.encode(), f'"{sha256(text.encode()).hexdigest()}"'


@require_safe
def openapi(request: HttpRequest, form: str) -> HttpResponseBase:
    """Hand out the document."""
    return handed_out(request, *document(form), form=form)


@require_safe
def viewer(request: HttpRequest) -> HttpResponseBase:
    """Show the document to people, with files of this installation only."""
    return render(request, "api/docs.html", {"document": "finix_docs:openapi_json"})


def _walk(
    under: list[URLPattern | URLResolver], prefix: str
) -> Iterator[tuple[str, type[FinixView]]]:
    for pattern in under:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield route, getattr(pattern.callback, "view_class", FinixView)


def _of_address(parameter: tuple[str, str]) -> dict[str, Any]:
    kind, name = parameter
    schema = word(*Environment.values) if kind == "finix" else TEXT
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _operation(view: type[FinixView], one: Operation) -> dict[str, Any]:
    answered = {"description": "Done.", **_content(one)}
    refused = {"content": {HAL: {"schema": named("Errors")}}}
    found: dict[str, Any] = {
        "operationId": one.name,
        "tags": [_family(view)],
        "summary": one.says,
        "parameters": list(_parameters(one)),
        "responses": {
            str(one.status): answered,
            **{status: {"description": words, **refused} for status, words in _ERRORS.items()},
        },
    }
    if not view.authentication_classes:
        found["security"] = []
    if one.body:
        schema = named(one.body) if one.media_type != "application/octet-stream" else {}
        found["requestBody"] = {"content": {one.media_type: {"schema": schema}}}
    return found


def _content(one: Operation) -> dict[str, Any]:
    if not one.answer:
        return {"content": {"application/octet-stream": {}}}
    schema = page_of(one.listed, one.answer) if one.listed else named(one.answer)
    return {"content": {HAL: {"schema": schema}}}


def _parameters(one: Operation) -> Iterator[dict[str, Any]]:
    for name in (*one.filters, *(PAGING if one.listed else ())):
        words, schema = PARAMETERS[name]
        yield {"name": name, "in": "query", "description": words, "schema": schema}
    if one.state:
        yield {
            "name": one.state,
            "in": "query",
            "description": "One state, or several by comma.",
            "explode": False,
            "schema": {"type": "array", "items": STATES[one.listed]},
        }
    yield {
        "name": "Finix-Version",
        "in": "header",
        "description": f"`{VERSION}` for pages by cursor; without it pages have an offset.",
        "schema": {**TEXT, "default": VERSION},
    }


def _family(view: type[FinixView]) -> str:
    return view.__module__.rpartition(".")[2].replace("_", " ")


app_name = "finix_docs"
urlpatterns: list[URLPattern | URLResolver] = [
    path("openapi.json", openapi, {"form": "json"}, name="openapi_json"),
    path("openapi.yaml", openapi, {"form": "yaml"}, name="openapi_yaml"),
    path("docs/", viewer, name="page"),
]
