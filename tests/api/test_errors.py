"""Whatever goes wrong under /api/, a program reads one shape."""

import logging
from typing import Any

import pytest
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from django.db import OperationalError
from django.http import Http404, UnreadablePostError
from django.test import Client
from pytest_django import Settings
from rest_framework.exceptions import ValidationError

from compliance.api import access, errors
from evidence.errors import EvidenceError, LedgerError, SignerBusyError, SigningRefusedError
from tests.api import calls
from tests.api.calls import EVIDENCE, Program

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/", "/api/v2/evidence", "/api/v1/evidence/", "/api/v1/none%00"]
)
def test_an_unknown_address_is_an_error_in_our_shape(client: Client, path: str) -> None:
    calls.error(client.get(path), 404, "not_found")


def test_other_pages_keep_their_own_errors(client: Client) -> None:
    answer = client.get("/nothing/at/all")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "X-Request-ID" not in answer.headers


def test_a_form_that_we_do_not_speak_is_refused(robot: Program) -> None:
    calls.error(robot.get(EVIDENCE, Accept="application/xml"), 406, "not_acceptable")


def test_a_form_in_the_address_changes_nothing(robot: Program) -> None:
    calls.error(robot.get(f"{EVIDENCE}?format=xml"), 400, "bad_query")


def test_a_host_that_is_not_ours_is_refused_in_our_shape(robot: Program) -> None:
    answer = robot.call("GET", EVIDENCE, headers={"Host": "elsewhere.example"})
    calls.error(answer, 400, "malformed")


def test_every_call_has_an_id_of_its_own(robot: Program) -> None:
    ids = {
        robot.get(EVIDENCE, X_Request_ID="chosen\tby the caller").headers["X-Request-ID"]
        for _ in range(3)
    }
    assert len(ids) == 3
    assert all(len(one) == 16 for one in ids)


def test_answers_are_not_kept_on_the_way(robot: Program, client: Client) -> None:
    assert robot.get(EVIDENCE).headers["Cache-Control"] == "no-store"
    assert client.get(EVIDENCE).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("debug", [False, True])
def test_a_failure_of_ours_tells_nothing_but_its_id(
    robot: Program,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    debug: bool,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the password is sesame")

    settings.DEBUG = debug
    monkeypatch.setattr(access, "evidence_by_token", fail)
    with caplog.at_level(logging.ERROR, "compliance.api"):
        answer = robot.get(EVIDENCE)
    said = calls.error(answer, 500, "internal_error")
    assert "sesame" not in answer.content.decode()
    [record] = [one for one in caplog.records if one.name == "compliance.api.errors"]
    assert said["request_id"] in record.getMessage()
    assert record.exc_info


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "forbidden"),
        (RequestDataTooBig(), 413, "too_large"),
        (TooManyFieldsSent(), 400, "malformed"),
        (SuspiciousOperation(), 400, "malformed"),
        (UnreadablePostError(), 400, "malformed"),
        (OperationalError("database is locked"), 503, "busy"),
        (SigningRefusedError("The folder /keys is gone."), 503, "log_not_signed"),
        (SignerBusyError(), 503, "log_not_signed"),
        (LedgerError("no lock"), 500, "internal_error"),
        (EvidenceError(), 500, "internal_error"),
        (KeyError("x"), 500, "internal_error"),
    ],
)
def test_each_kind_of_failure_has_its_code(
    robot: Program,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    code: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(access, "evidence_by_token", fail)
    answer = robot.get(EVIDENCE)
    calls.error(answer, status, code)
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert "/keys" not in answer.content.decode()


def test_messages_are_gathered_by_the_path_of_their_field() -> None:
    detail: Any = {"a": ["one", "two"], "b": {0: ["three"], 2: {"c": ["four"]}}}
    assert errors.flattened(ValidationError(detail).detail) == {
        "a": ["one", "two"],
        "b.0": ["three"],
        "b.2.c": ["four"],
    }
