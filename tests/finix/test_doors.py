"""Every address below /finix/ at once: it works, and refuses methods, strangers and people."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver

from accounts.models import User
from compliance.api.finix import urls
from compliance.api.finix.base import FinixView
from merchants import api_users
from merchants.models import ComplianceForm
from tests import cast
from tests.finix import calls, things
from tests.finix.calls import Program
from tests.merchants import shops

pytestmark = pytest.mark.django_db
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_PARAMETER = re.compile(r"<\w+:(\w+)>")


def _walk(under: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in under:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        else:
            yield path.removeprefix("<finix:environment>/"), pattern.callback


VIEWS = {path: view.view_class for path, view in _walk(urls.urlpatterns, "")}
KEYED = {path: view for path, view in VIEWS.items() if view.authentication_classes}
ALLOWED = [
    (method, path)
    for path, view in VIEWS.items()
    for method in METHODS
    if method.lower() in view.http_method_names
    and hasattr(view, "get" if method == "HEAD" else method.lower())
]
REFUSED = [(method, path) for path in VIEWS for method in METHODS if (method, path) not in ALLOWED]


@pytest.fixture
def form(alice: User) -> ComplianceForm:
    return shops.form(alice)


@pytest.fixture
def known(form: ComplianceForm, robot: Program) -> dict[str, str]:
    """What stands for the parameters, by what stands before them."""
    file, hook = things.file(form, robot.key), things.webhook()
    delivery = things.delivery(hook, form)
    return {
        "compliance_forms": form.ref,
        "merchants": form.merchant.ref,
        "identities": form.merchant.identity_ref,
        "applications": form.application.ref,
        "verifications": f"VI{form.merchant.ref[2:]}",
        "users": robot.key.ref,
        "files": file.ref,
        "external_links": things.link(file, robot.key).ref,
        "webhooks": hook.ref,
        "deliveries": delivery.ref,
        "events": delivery.event.ref,
        "external": "EL_1",
    }


def filled(path: str, known: dict[str, str]) -> str:
    """Return an address with a real thing for each parameter."""
    parts = path.split("/")
    for place, part in enumerate(parts):
        if _PARAMETER.fullmatch(part):
            parts[place] = known.get(parts[place - 1], "0")
    return "/".join(parts)


def test_the_walk_sees_every_route() -> None:
    assert len(VIEWS) == 33
    assert [path for path in VIEWS if path not in KEYED] == ["external/<id:link>/<id:proof>"]
    assert all(issubclass(view, FinixView) for view in VIEWS.values())
    assert not any(path.endswith("/") for path in VIEWS)


@pytest.mark.parametrize("path", [path for method, path in ALLOWED if method == "GET"])
def test_it_answers_who_has_a_key(robot: Program, known: dict[str, str], path: str) -> None:
    answer = robot.get(filled(path, known))
    if path.startswith("external/"):
        calls.errors(answer, 404, "NOT_FOUND")
    elif path.endswith("/download"):
        calls.errors(answer, 422, "UNPROCESSABLE_ENTITY")
    else:
        assert answer.status_code == 200, answer.content
        assert answer.json()


@pytest.mark.walls
@pytest.mark.parametrize(("method", "path"), ALLOWED)
def test_nobody_gets_in_without_a_key(
    client: Client, alice: User, known: dict[str, str], method: str, path: str
) -> None:
    for caller in (client, cast.sign_in(Client(), alice)):
        answer = caller.generic(method, f"/finix/live/{filled(path, known)}")
        assert answer.status_code == (401 if path in KEYED else 404)
        if method != "HEAD":
            assert answer.json()["total"] == 1


@pytest.mark.walls
@pytest.mark.parametrize(("method", "path"), [one for one in ALLOWED if one[1] in KEYED])
def test_it_refuses_who_is_of_another_platform_or_environment(
    alice: User, sandbox: Program, known: dict[str, str], method: str, path: str
) -> None:
    stranger = Program(*api_users.add_partner_key(shops.application(alice), actor="system"))
    data: dict[str, str] | None = None if method in {"GET", "HEAD"} else {}
    for program in (stranger, sandbox):
        answer = program.call(method, filled(path, known), data)
        if "<" in path:
            assert answer.status_code in {403, 404}, answer.content
        elif method == "GET":
            assert not {*known.values()} & set(calls.ids_of(answer.json())), path
    answer = program.client.generic(
        method,
        f"/finix/live/{filled(path, known)}",
        headers={"Authorization": calls.basic(program.key.ref, program.password)},
    )
    assert answer.status_code == 401


@pytest.mark.walls
@pytest.mark.parametrize(("method", "path"), REFUSED)
def test_a_wrong_method_is_refused(
    robot: Program, known: dict[str, str], method: str, path: str
) -> None:
    answer = robot.client.generic(
        method,
        robot.path(filled(path, known)),
        headers={"Authorization": calls.basic(robot.key.ref, robot.password)},
    )
    assert answer.status_code == 405
    if method != "HEAD":
        calls.errors(answer, 405, "METHOD_NOT_ALLOWED")
