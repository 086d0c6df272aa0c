"""The health page: says what works and what is missing, to anybody, and nothing else."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from compliance import health
from evidence import signing, verification

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def test_it_works(client: Client) -> None:
    answer = client.get("/health/")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert "no-cache" in answer["Cache-Control"]


def test_it_refuses_a_wrong_method(client: Client) -> None:
    assert client.post("/health/").status_code == 405


def test_a_store_that_is_gone_is_a_failure(client: Client, settings: Settings) -> None:
    settings.STORE_DIR = Path("/nonexistent")
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert answer.json()["store"] == "The store of evidence cannot be written."


def test_a_missing_pdf_engine_is_named_and_harmless(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(health.OPTIONAL, "pdf_engine", lambda: "apt-get install it")
    answer = client.get("/health/")
    assert answer.status_code == 200
    assert answer.json()["pdf_engine"] == "apt-get install it"


def test_a_log_that_is_not_signed_is_named(client: Client) -> None:
    signing.remember_refusal("A backup with 3 leaves was restored.")
    answer = client.get("/health/")
    assert answer.status_code == 200
    assert answer.json()["log"].startswith("The log is not signed.")
    assert "3 leaves" not in answer.text


def test_problems_in_the_log_are_named(client: Client) -> None:
    type(verification.begin()).objects.update(problem_count=2)
    assert "found problems" in client.get("/health/").json()["log"]


def test_a_log_that_was_not_checked_for_days_is_named(client: Client) -> None:
    long_ago = timezone.now() - timedelta(days=4)
    type(verification.begin()).objects.update(finished_at=long_ago)
    assert "not checked" in client.get("/health/").json()["log"]
