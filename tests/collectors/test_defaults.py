"""The sources that every installation has from the start."""

from pathlib import Path

import pytest
from pytest_django import Settings

from collectors import connections
from collectors.defaults import connect_defaults
from collectors.models import Source
from tests.evidence import items

pytestmark = pytest.mark.django_db


def test_the_installation_is_asked_about_itself(settings: Settings) -> None:
    settings.SITE_URL = "https://countersign.example.org"
    connect_defaults()
    assert set(Source.objects.values_list("slug", flat=True)) >= {
        "api_tokens",
        "csv_import",
        "database_restore",
        "staff_mfa",
        "uptime_probe",
    }
    probe = Source.objects.get(slug="uptime_probe")
    assert probe.config["url"] == "https://countersign.example.org/health/"
    assert all(source.schedule for source in Source.objects.exclude(collector="csv_import"))


def test_a_clone_of_a_repository_is_asked_for_its_changes(
    settings: Settings, tmp_path: Path
) -> None:
    settings.BASE_DIR = tmp_path
    connect_defaults()
    assert not Source.objects.filter(slug="git_changes").exists()
    (tmp_path / ".git").mkdir()
    connect_defaults()
    assert Source.objects.get(slug="git_changes").config["repository"] == str(tmp_path)


def test_a_source_serves_what_the_catalogue_expects_of_its_collector() -> None:
    mine = items.expectation("staff-mfa", collector="staff_mfa")
    by_hand = items.expectation("roster")
    connect_defaults()
    source = Source.objects.get(slug="staff_mfa")
    assert list(source.expectations.all()) == [mine]
    assert not by_hand.sources.exists()


def test_doing_it_again_changes_nothing_that_a_person_changed() -> None:
    connect_defaults()
    source = Source.objects.get(slug="staff_mfa")
    connections.disable(source, by="user:1")
    count = Source.objects.count()
    assert connect_defaults() == []
    assert Source.objects.count() == count
    assert not Source.objects.get(slug="staff_mfa").enabled


def test_an_expectation_that_comes_later_is_served_unless_somebody_does() -> None:
    connect_defaults()
    first = items.expectation("first", collector="staff_mfa")
    connect_defaults()
    source = Source.objects.get(slug="staff_mfa")
    assert list(source.expectations.all()) == [first]
    wishes = connections.Wishes(title="Another")
    other = connections.connect("staff_mfa", slug="other", wishes=wishes, by="user:1")
    second = items.expectation("second", collector="staff_mfa")
    connections.serve(other, expectations=[second], by="user:1")
    connect_defaults()
    assert list(source.expectations.all()) == [first]
