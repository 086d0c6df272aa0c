"""Planted secrets leave no log, whichever logger wrote the line."""

import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from celery.utils.log import get_task_logger
from django.conf import settings as kept
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils.log import configure_logging, log_response
from hypothesis import given
from hypothesis import strategies as st

from accounts import tokens
from compliance import logs
from compliance.celery import app

TOKEN = "cs_p_Zk3vR0q7XyNnB1m2LkJhGf5dS4aQwErTyUiOpAsDfGh"
KNOWN = "correct-horse-battery-staple-42"
PEM = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----"
PLANTED = {
    "a token of ours": (TOKEN, TOKEN[6:]),
    "a bearer header": ("Authorization: Bearer abc.def-ghi.jkl", "abc.def-ghi.jkl"),
    "a basic header": ("sent Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    "a password in an address": ("postgres://app:hunter22@db/name", "hunter22"),
    "a one-time link": ("https://x.example/welcome/s3cr3t-link/", "s3cr3t-link"),
    "a merchant's link": ("https://x.example/sign/s3cr3t-link/parts/2/", "s3cr3t-link"),
    "a calendar": ("GET /calendar/s3cr3t-feed/", "s3cr3t-feed"),
    "a reset key": ("/accounts/password/reset/key/1-abc-def/", "1-abc-def"),
    "a field": ("password=hunter22 and more", "hunter22"),
    "a field in JSON": ('{"client_secret": "hunter 22", "a": 1}', "hunter 22"),
    "a field in a dict": ("{'api_key': 'hunter22'}", "hunter22"),
    "a parameter": ("GET /x?code=hunter22&state=1", "hunter22"),
    "a cookie": ("Cookie: sessionid=abcdef0123456789", "abcdef0123456789"),
    "a private key": (PEM, "MIGHAgEAMBMGByqGSM49"),
    "a private key that is cut": (PEM[:45], "MIGHAgEA"),
    "a key of AWS": ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    "a token of a code host": ("ghp_abcdefghijklmnop1234", "abcdefghijklmnop1234"),
    "a chat": ("https://hooks.slack.com/services/T0/B0/geheim", "geheim"),
    "a web token": ("eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "eyJzdWIiOiIx"),
    "a card": ("paid by 4111 1111 1111 1111 today", "1111 1111"),
    "a card without spaces": ("pan 5555555555554444", "5555555555554444"),
    "what the settings hold": (f"connecting with {KNOWN}", KNOWN),
}
LOGGERS = [
    "compliance.signin.adapters",
    "evidence.tasks",
    "jobs.performing",
    "django",
    "django.request",
    "django.security.csrf",
    "django.server",
    "django.db.backends",
    "celery",
    "celery.worker.strategy",
    "celery.redirected",
    "gunicorn.error",
    "httpx2",
    "urllib3.connectionpool",
    "botocore",
    "py.warnings",
    "a.library",
]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the handlers of a real process would write; the configuration of the tests comes back.

    The configuration goes through Django, as it does in every process of the house.
    """
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        configure_logging(kept.LOGGING_CONFIG, logs.config(level="DEBUG", known=[KNOWN]))
        # pytest puts a standard error of its own in place between a fixture and its test.
        stream = io.StringIO()
        monkeypatch.setattr(logs.ToStderr, "stream", property(lambda _: stream))
        yield stream
    finally:
        configure_logging(kept.LOGGING_CONFIG, kept.LOGGING)
        root.handlers[:], root.level = before, level


def everything(stream: io.StringIO, *hidden: str) -> str:
    text = stream.getvalue()
    assert text, "nothing was written, so nothing was tested"
    assert not [word for word in hidden if word in text], text
    return text


@pytest.mark.parametrize("name", LOGGERS)
def test_every_logger_is_cleaned(written: io.StringIO, name: str) -> None:
    log = logging.getLogger(name)
    for line, _ in PLANTED.values():
        log.error("It failed: %s", line)
        log.error(line)
        log.error("It failed: %(what)s", {"what": line})
    everything(written, *(secret for _, secret in PLANTED.values()))
    assert written.getvalue().count("It failed") == 2 * len(PLANTED)


@pytest.mark.parametrize("what", PLANTED)
def test_each_kind_of_secret_is_taken_out(what: str) -> None:
    line, secret = PLANTED[what]
    assert secret in line
    assert secret not in logs.conceal(line, [KNOWN])


def test_tracebacks_are_cleaned_too(written: io.StringIO) -> None:
    error = ValueError(f"cannot reach postgres://app:hunter22@db with {TOKEN}")
    try:
        raise error
    except ValueError:
        logging.getLogger("jobs.performing").exception("A job failed with %s", KNOWN)
    text = everything(written, "hunter22", TOKEN[6:], KNOWN)
    assert "Traceback (most recent call last)" in text


def test_what_came_along_with_a_record_is_not_written(written: io.StringIO) -> None:
    request = RequestFactory().get("/welcome/s3cr3t-link/", headers={"Authorization": TOKEN})
    log_response("Not Found: %s", request.path, response=HttpResponse(status=404), request=request)
    logging.getLogger("a.library").error("Broken", extra={"headers": {"x": "hunter22"}})
    text = everything(written, "s3cr3t-link", TOKEN[6:], "hunter22")
    assert "Not Found: /welcome/[removed]/" in text


@pytest.mark.django_db
def test_the_log_of_requests_names_no_secret_of_an_address(
    written: io.StringIO, client: Client
) -> None:
    client.get("/welcome/s3cr3t-link/")
    client.get("/calendar/s3cr3t-feed/?token=hunter22")
    client.get(f"/no/such/page/{TOKEN}")
    text = everything(written, "s3cr3t-link", "s3cr3t-feed", "hunter22", TOKEN[6:])
    assert "Not Found: /no/such/page/cs_p_[removed]" in text


def test_celery_adds_no_handler_past_the_rules(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = logging.getLogger().handlers[:]
    monkeypatch.setattr(app.log, "already_setup", False)
    app.log.setup(loglevel=logging.INFO)
    assert logging.getLogger().handlers == before
    get_task_logger("jobs.tick").error("Task got %s", TOKEN)
    text = everything(written, TOKEN[6:])
    assert text.count("Task got") == 1


def test_structlog_itself_goes_the_same_way(written: io.StringIO) -> None:
    log = structlog.get_logger("a.plugin").bind(password="hunter22", run=7)
    log.error("Fetched", url="https://app:hunter22@x.example", headers={"Cookie": "hunter22"})
    text = everything(written, "hunter22")
    assert "a.plugin: Fetched" in text
    assert "run=7" in text


def test_a_line_of_somebody_else_is_no_line_of_ours(written: io.StringIO) -> None:
    logging.getLogger("a.library").error("asked for %s", "x\n2026-01-01 error evidence: forged")
    assert len(written.getvalue().splitlines()) == 1


def test_ordinary_words_stay() -> None:
    for line in (
        "Job 7 (collect) was taken over; this run does not count.",
        "EV-000001: 1.2.3, 2026-11-01T08:00:00Z, 4 of 12 tokens left",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "order 1234567890123456 was not found",
        "GET /portal/ENG-1/evidence/ 404",
    ):
        assert logs.conceal(line, [KNOWN]) == line


def test_a_new_token_of_the_house_is_known_by_its_looks(db: None) -> None:
    secret = f"{tokens.MARK}_t_" + "A" * 43
    assert logs.conceal(secret) == f"cs_t_{logs.REMOVED}"


@given(st.text(), st.text(alphabet="abcXYZ019-_", min_size=12, max_size=40))
def test_a_known_secret_never_passes(around: str, secret: str) -> None:
    cleaned = logs.conceal(f"{around}{secret}{around}", [secret])
    assert secret not in cleaned or secret in around * 2


@given(st.text())
def test_any_text_can_be_cleaned_and_cleaning_again_changes_nothing_that_matters(text: str) -> None:
    assert isinstance(logs.conceal(text), str)


def test_a_process_of_its_own_writes_that_way(tmp_path: Path) -> None:
    code = (
        "import django, logging; django.setup();"
        f"logging.getLogger('evidence').error('with %s and %s', '{TOKEN}', 'a-known-secret-key')"
    )
    environment: dict[str, Any] = {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "VAR_DIR": str(tmp_path),
        "SECRET_KEY": "a-known-secret-key",
        "DJANGO_SETTINGS_MODULE": "compliance.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=kept.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "error evidence: with cs_p_[removed] and [removed]" in done.stderr
