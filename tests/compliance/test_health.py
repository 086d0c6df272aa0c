"""The health page: says what works and what is missing, to anybody, and nothing else."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from compliance import health
from evidence import signing, verification
from jobs import wakeup
from jobs.models import Beat

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


def test_a_process_that_answers_is_alive(client: Client, settings: Settings) -> None:
    settings.STORE_DIR = Path("/nonexistent")
    answer = client.get("/health/live/")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_it_is_ready_when_work_goes_on(client: Client) -> None:
    Beat.objects.create(name="a.tick", due_at=timezone.now(), last_run_at=timezone.now())
    answer = client.get("/health/ready/")
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "database", "store", "broker", "schedule", "disk"}


def test_a_schedule_that_stands_still_is_not_ready_but_pages_are_served(client: Client) -> None:
    assert "stands still" in client.get("/health/ready/").json()["schedule"]
    long_ago = timezone.now() - timedelta(minutes=6)
    Beat.objects.create(name="a.tick", due_at=long_ago, last_run_at=long_ago)
    assert client.get("/health/ready/").status_code == 503
    assert client.get("/health/").status_code == 200


@pytest.mark.parametrize(
    ("look", "said"),
    [
        ("broker", "The broker does not answer"),
        ("disk", "The disk of the installation is nearly full."),
    ],
)
def test_what_stops_work_is_named(
    client: Client, monkeypatch: pytest.MonkeyPatch, look: str, said: str
) -> None:
    monkeypatch.setattr(wakeup, "unread", lambda: None)
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 1 << 80)
    answer = client.get("/health/ready/")
    assert answer.status_code == 503
    assert answer.json()[look].startswith(said)


def test_no_part_of_it_takes_a_wrong_method(client: Client) -> None:
    assert client.post("/health/live/").status_code == 405
    assert client.post("/health/ready/").status_code == 405
