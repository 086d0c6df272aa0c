"""Deeds around sources."""

import json
from typing import Any

import pytest

from collectors import configuration, connections, due
from collectors.connections import Wishes
from collectors.errors import AskError, ScheduleError, SettingsError, UnknownCollectorError
from collectors.models import Source
from evidence.models import LedgerEntry
from jobs.models import Job
from tests.collectors import world
from tests.evidence import items

pytestmark = pytest.mark.django_db
BY = "user:1"


@pytest.fixture(autouse=True)
def doors(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)


def connect(slug: str = "our-doors", **wishes: Any) -> Source:
    wished = Wishes(**{"title": "Our doors", **wishes})
    return connections.connect("doors", slug=slug, wishes=wished, by=BY)


def leaves() -> list[dict[str, Any]]:
    found = LedgerEntry.objects.filter(kind="source").order_by("index")
    return [json.loads(entry.leaf) for entry in found]


def test_a_source_is_connected_with_what_its_collector_suggests() -> None:
    expectation = items.expectation(collector="doors")
    connect(values={"house": "yours"}, expectations=[expectation])
    source = Source.objects.get(slug="our-doors")
    assert (source.collector, source.title) == ("doors", "Our doors")
    assert (source.schedule, source.time_zone) == ("30 2 * * *", "UTC")
    assert source.config == {"house": "yours"}
    assert source.enabled
    assert list(source.expectations.all()) == [expectation]


def test_every_deed_leaves_a_leaf() -> None:
    expectation = items.expectation(collector="doors")
    source = connect(values={"token": "hunter2-hunter2"})
    connections.change(source, wishes=Wishes(title="All doors"), by="user:2")
    connections.disable(source, by=BY)
    connections.enable(source, by=BY)
    connections.serve(source, expectations=[expectation], by=BY)
    told = leaves()
    assert [leaf["body"]["deed"] for leaf in told] == [
        "connected",
        "changed",
        "disabled",
        "enabled",
        "serves more",
    ]
    assert {leaf["subject"] for leaf in told} == {"source:our-doors"}
    assert told[1]["actor"] == "user:2"
    assert [leaf["body"]["enabled"] for leaf in told] == [True, True, False, True, True]
    assert told[-1]["body"]["expectations"] == [expectation.slug]
    assert "hunter2" not in json.dumps(told)
    assert "All doors" not in json.dumps(told)


def test_switching_twice_says_nothing_twice() -> None:
    source = connect()
    connections.disable(source, by=BY)
    connections.disable(source, by=BY)
    assert len(leaves()) == 2


def test_a_secret_is_sealed_and_stays_until_another_is_given() -> None:
    source = connect(values={"house": "a", "token": "first-secret"})
    assert "first" not in source.secrets
    source = connections.change(source, wishes=Wishes(title="D", values={"house": "b"}), by=BY)
    assert configuration.secrets_of(source) == {"token": "first-secret"}
    assert source.config == {"house": "b"}
    wishes = Wishes(title="D", values={"house": "b", "token": ""})
    source = connections.change(source, wishes=wishes, by=BY)
    assert configuration.secrets_of(source) == {"token": "first-secret"}
    wishes = Wishes(title="D", values={"house": "b", "token": "second-secret"})
    source = connections.change(source, wishes=wishes, by=BY)
    assert configuration.secrets_of(source) == {"token": "second-secret"}


@pytest.mark.parametrize(
    ("wishes", "error", "words"),
    [
        ({"title": " "}, SettingsError, "title"),
        ({"title": "x" * 121}, SettingsError, "title"),
        ({"values": {"garden": 1}}, SettingsError, "garden"),
        ({"schedule": "often"}, ScheduleError, "cron"),
        ({"time_zone": "Mars/Olympus"}, ScheduleError, "time zone"),
        ({"environment": "space"}, SettingsError, "space"),
    ],
)
def test_a_wish_that_does_not_fit_is_refused(
    wishes: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        connect(**wishes)
    assert Source.objects.count() == 0
    assert leaves() == []


@pytest.mark.parametrize("slug", ["", "two words", "a/b", "..", "x" * 61])
def test_a_slug_is_a_short_name(slug: str) -> None:
    with pytest.raises(SettingsError, match="short name"):
        connect(slug)


def test_a_slug_is_taken_once() -> None:
    connect()
    with pytest.raises(SettingsError, match="already"):
        connect()


def test_an_unknown_collector_cannot_be_connected() -> None:
    with pytest.raises(UnknownCollectorError):
        connections.connect("ghosts", slug="ghosts", wishes=Wishes(title="Ghosts"), by=BY)


def test_an_expectation_of_another_collector_is_refused() -> None:
    with pytest.raises(SettingsError, match="met by the collector 'staff_mfa'"):
        connect(expectations=[items.expectation(collector="staff_mfa")])


def test_an_expectation_whose_columns_never_come_is_refused() -> None:
    with pytest.raises(SettingsError, match="needs the column 'colour'"):
        connect(expectations=[items.expectation(required_columns=["colour"])])


def test_a_source_is_asked_now() -> None:
    source = connect()
    first = connections.ask_now(source, by="user:7")
    second = connections.ask_now(source, by="user:7")
    assert first.pk != second.pk
    assert Job.objects.filter(kind=due.RUN).count() == 2
    assert first.requested_by == "user:7"
    assert first.payload["source"] == source.pk
    assert first.payload["period_from"] is None


def test_a_folder_is_asked_by_putting_a_file_into_it(own_folders: Any) -> None:
    source = connections.connect(
        "csv_import", slug="rosters", wishes=Wishes(title="Rosters"), by=BY
    )
    assert (own_folders / "inbox" / "rosters" / "processed").is_dir()
    with pytest.raises(AskError, match="Put a file into"):
        connections.ask_now(source, by=BY)
