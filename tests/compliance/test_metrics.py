"""Metrics: what Prometheus may ask, who may, and that nothing in them is about a person."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from accounts.models import User
from collectors import defaults
from jobs.models import Beat, Job
from tests.audits.world import World, hand_in_staff
from tests.collectors import world as collecting
from tests.staff.desk import at_most

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
TOKEN = "a-token-for-the-metrics-of-tests"


def read(client: Client, **headers: str) -> dict[str, float]:
    """Return every sample by its name and labels, read as Prometheus reads them."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        "".join([sample.name, *(f" {value}" for value in sample.labels.values())]): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_it_counts_what_waits_and_what_failed(client: Client) -> None:
    late = timezone.now() - timedelta(minutes=10)
    before = read(client)
    Job.objects.create(kind="test", key="1", run_after=late)
    Job.objects.create(kind="test", key="2", state="failed", finished_at=late)
    found = read(client)
    assert (found["countersign_jobs waiting"], found["countersign_jobs failed"]) == (1, 1)
    assert 600 <= found["countersign_job_wait_seconds"] < 700
    # Rows that nobody announced; what other tests have sent is in the same memory.
    unread = "countersign_wakeups_unread"
    assert found[unread] == before[unread]


def test_it_says_how_old_the_schedule_is(client: Client) -> None:
    now = timezone.now()
    Beat.objects.create(name="a.tick", due_at=now, last_run_at=now - timedelta(hours=1))
    found = read(client)
    assert 3600 <= found["countersign_periodic_age_seconds a.tick"] < 3700
    assert found["countersign_healthy schedule"] == 0
    assert found["countersign_healthy database"] == 1


def test_it_knows_log_evidence_and_disk(client: Client, alice: User) -> None:
    assert read(client)["countersign_log_leaves"] == 0
    hand_in_staff(World(alice), timezone.now().date())
    found = read(client)
    assert found["countersign_evidence_items"] == 1
    assert found["countersign_log_leaves"] > 0
    assert found["countersign_log_problems"] == 0
    assert 0 < found["countersign_disk_free_bytes"] < found["countersign_disk_total_bytes"]


def test_sources_are_counted_by_how_they_ended(client: Client) -> None:
    connected = len(defaults.connect_defaults())
    assert read(client)["countersign_sources never"] == connected


def test_it_names_nobody(client: Client, alice: User) -> None:
    hand_in_staff(World(alice), timezone.now().date())
    collecting.source("staff_mfa", title="Laptop of Alice Lindqvist")
    text = client.get("/metrics").content.decode().lower()
    assert "alice" not in text
    assert "example.org" not in text


def test_it_asks_little(client: Client) -> None:
    with at_most(20):
        client.get("/metrics")


def test_it_refuses_a_wrong_method(client: Client) -> None:
    assert client.post("/metrics").status_code == 405


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_who_comes_through_a_proxy_needs_the_token(client: Client, header: str) -> None:
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_without_a_token_it_is_for_this_machine_alone(client: Client, settings: Settings) -> None:
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.1").status_code == 404
    settings.SITE_URL = "https://countersign.example.org"
    assert client.get("/metrics").status_code == 404


def test_with_a_token_only_who_shows_it_is_answered(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics").status_code == 404
    for wrong in ("", "Bearer ", "Bearer wrong", f"Basic {TOKEN}"):
        assert client.get("/metrics", headers={"Authorization": wrong}).status_code == 404
    assert read(client, Authorization=f"Bearer {TOKEN}", **{"X-Forwarded-For": "192.0.2.1"})


def test_a_folder_that_is_gone_breaks_the_disk_look_alone(
    client: Client, settings: Settings
) -> None:
    settings.VAR_DIR = Path("/nonexistent")
    found = read(client)
    assert found["countersign_healthy disk"] == 0
    assert "countersign_disk_free_bytes" not in found
