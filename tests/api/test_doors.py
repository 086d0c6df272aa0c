"""Every address of the API at once: who gets in, and what each says to the others."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver

from accounts.models import User
from compliance.api import documents, urls
from compliance.api.base import ApiView
from tests import cast
from tests.api import calls
from tests.api.calls import EVIDENCE, Program

pytestmark = [pytest.mark.django_db, pytest.mark.walls]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
PUBLIC = {"/api/v1/openapi.json", "/api/v1/openapi.yaml", "/api/v1/docs/"}
FILLED = {"ref": "EV-000001", "number": "1", "draw": "2", "tile": "0/000.p/1"}
_PARAMETER = re.compile(r"<\w+:(\w+)>")


def _patterns(under: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in under:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, path)
        else:
            yield _PARAMETER.sub(lambda found: FILLED[found[1]], path), pattern.callback


ROUTES = dict(_patterns(urls.urlpatterns, "/api/"))
VIEWS = {path: view.view_class for path, view in ROUTES.items() if hasattr(view, "view_class")}
ALLOWED = [
    (method, path)
    for path, view in VIEWS.items()
    for method in METHODS
    if method.lower() in view.http_method_names
    and hasattr(view, "get" if method == "HEAD" else method.lower())
]
REFUSED = [(method, path) for path in VIEWS for method in METHODS if (method, path) not in ALLOWED]


DOCUMENTED = {written.format(**FILLED): written for written in documents.schema()["paths"]}


def test_the_walk_sees_every_route() -> None:
    assert len(VIEWS) == 27
    assert set(ROUTES) - set(VIEWS) == PUBLIC
    assert all(issubclass(view, ApiView) for view in VIEWS.values())


@pytest.mark.parametrize(("method", "path"), ALLOWED + REFUSED)
def test_nobody_gets_in_without_a_token(client: Client, method: str, path: str) -> None:
    answer = client.generic(method, path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="countersign"'
    if method != "HEAD":
        calls.error(answer, 401, "not_authenticated")


@pytest.mark.parametrize(("method", "path"), ALLOWED)
def test_a_token_without_scopes_reaches_nothing(alice: User, method: str, path: str) -> None:
    answer = Program(calls.give_token(alice)).call(method, path)
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    if method != "HEAD":
        assert "lacks the scope" in calls.error(answer, 403, "insufficient_scope")["message"]


@pytest.mark.parametrize(("method", "path"), ALLOWED)
def test_the_scope_in_the_document_is_the_one_that_is_asked_for(
    alice: User, method: str, path: str
) -> None:
    if method == "HEAD":
        return
    paths = documents.schema()["paths"]
    documented = paths[DOCUMENTED[path]][method.lower()]["security"]
    [needed] = documented[0]["token"]
    others = [scope for scope in calls.ALL_SCOPES if scope != needed]
    refused = calls.program(alice, *others).call(method, path)
    assert f"the scope {needed}." in calls.error(refused, 403, "insufficient_scope")["message"]
    for scope in (needed, "*"):
        assert calls.program(alice, scope).call(method, path).status_code not in {401, 403}


@pytest.mark.parametrize(("method", "path"), REFUSED)
def test_a_wrong_method_is_refused(robot: Program, method: str, path: str) -> None:
    answer = robot.call(method, path)
    assert answer.status_code == 405
    assert method not in answer.headers["Allow"].split(", ")
    if method != "HEAD":
        calls.error(answer, 405, "method_not_allowed")


@pytest.mark.parametrize("path", VIEWS)
def test_it_refuses_charlie_whatever_his_token_says(charlie: User, path: str) -> None:
    [method, *_] = [method for method, allowed in ALLOWED if allowed == path]
    for scopes in (calls.ALL_SCOPES, ("*",)):
        answer = calls.program(charlie, *scopes).call(method, path)
        said = calls.error(answer, 403, "insufficient_scope")
        assert "owner" in said["message"]


class TestDeadTokens:
    @pytest.fixture
    def messages(self) -> Iterator[set[str]]:
        seen: set[str] = set()
        yield seen
        assert len(seen) == 1

    def _refused(self, secret: str, messages: set[str]) -> None:
        answer = Program(secret).get(EVIDENCE)
        messages.add(calls.error(answer, 401, "not_authenticated")["message"])
        assert answer.headers["WWW-Authenticate"] == (
            'Bearer realm="countersign", error="invalid_token"'
        )

    def test_every_dead_token_hears_the_same(self, alice: User, messages: set[str]) -> None:
        live = calls.give_token(alice, "*")
        self._refused(calls.give_token(alice, "*", expires_in=timedelta(seconds=-1)), messages)
        self._refused(calls.give_token(alice, "*", revoked=True), messages)
        self._refused(live[:-1] + ("A" if live[-1] != "A" else "B"), messages)
        self._refused("cs_p_" + "x" * 43, messages)
        self._refused("", messages)
        self._refused("ü", messages)
        self._refused("a b\tc", messages)
        self._refused("cs_p_a\0b", messages)
        gone = cast.person("compliance-lead")
        secret = calls.give_token(gone, "*")
        gone.is_active = False
        gone.save(update_fields=["is_active"])
        self._refused(secret, messages)

    def test_a_role_that_ends_ends_what_its_tokens_reach(self) -> None:
        owner = cast.person("engineer")
        robot = calls.program(owner)
        assert robot.get(EVIDENCE).status_code == 200
        owner.grants.all().delete()
        calls.error(robot.get(EVIDENCE), 403, "insufficient_scope")

    def test_who_may_only_look_may_not_push(self) -> None:
        reader = calls.program(cast.person("executive"))
        assert reader.get(EVIDENCE).status_code == 200
        calls.error(reader.push(), 403, "insufficient_scope")


@pytest.mark.parametrize("scheme", ["Basic", "Token", "bearer_", ""])
def test_another_scheme_is_no_token(client: Client, alice: User, scheme: str) -> None:
    secret = calls.give_token(alice, "*")
    answer = client.get(EVIDENCE, headers={"Authorization": f"{scheme} {secret}"})
    calls.error(answer, 401, "not_authenticated")


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_may_be_spelt_in_any_case(client: Client, alice: User, scheme: str) -> None:
    secret = calls.give_token(alice, "*")
    answer = client.get(EVIDENCE, headers={"Authorization": f"{scheme} {secret}"})
    assert answer.status_code == 200


def test_a_token_in_the_address_is_no_token(client: Client, alice: User) -> None:
    secret = calls.give_token(alice, "*")
    calls.error(client.get(f"{EVIDENCE}?token={secret}"), 401, "not_authenticated")


@pytest.mark.parametrize("path", VIEWS)
def test_a_signed_in_browser_is_nobody_here(client: Client, alice: User, path: str) -> None:
    cast.sign_in(client, alice)
    with CaptureQueriesContext(connection) as queries:
        calls.error(client.get(path), 401, "not_authenticated")
    assert len(queries) == 0


def test_no_answer_sets_a_cookie(client: Client, alice: User, robot: Program) -> None:
    cast.sign_in(client, alice)
    answer = Program(robot.secret, client).get(EVIDENCE)
    assert answer.status_code == 200
    assert not answer.cookies
