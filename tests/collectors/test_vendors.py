"""What every collector that asks a vendor over REST must do, tried on the fake of its vendor.

A new one is found by its payload file; nothing is to be added here.
"""

import contextlib
import csv
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from collectors import registry
from collectors.errors import (
    PassingError,
    SourceBrokenError,
    SourceBusyError,
    SourceDeniedError,
    SourceError,
    SourceNonsenseError,
    SourceUnreachableError,
)
from collectors.models import Run
from collectors.run import perform
from collectors.trial import try_connection
from evidence.population import write_csv
from tests.collectors import fake, world
from tests.collectors.asking import Told, ask
from tests.collectors.fake import Fake, Payload
from tests.collectors.loopback import Reply

NAMES = fake.names()
PAGED = [name for name in NAMES if not fake.payload(name).one_page]
REAL = {
    "alertmanager_alerts",
    "alertmanager_silences",
    "prometheus_alert_rules",
    "prometheus_levels",
}
"""Those that are tried on a real server instead."""
HTML = b"<!doctype html><title>Sign in</title>"


@dataclass(frozen=True)
class Fault:
    """A bad answer, and how the question must end."""

    reply: Reply
    error: type[SourceError]


FAULTS = {
    "401": Fault(Reply(b"{}", status=401), SourceDeniedError),
    "429": Fault(Reply(b"{}", status=429, headers={"Retry-After": "120"}), SourceBusyError),
    "500": Fault(Reply(b"{}", status=500), SourceBrokenError),
    "a page of HTML": Fault(Reply(HTML), SourceNonsenseError),
    "cut JSON": Fault(Reply(b'[{"id": "1", "na'), SourceNonsenseError),
    "a cut connection": Fault(Reply(b"[{", declared_length=900), SourceUnreachableError),
    "another shape": Fault(Reply(b'{"surprise": true}'), SourceNonsenseError),
    "a number": Fault(Reply(b"7"), SourceNonsenseError),
    "a list of numbers": Fault(Reply(b"[1, 2]"), SourceNonsenseError),
}


def put(payload: Payload, server: Fake, scratch: Path, **options: Any) -> Told:
    """Put the collector's question to the fake."""
    values = payload.values(server.url)
    return ask(payload.collector, scratch, period=payload.period, **options, **values)


def questions(payload: Payload, server: Fake) -> int:
    """How many questions were put, without those for a permission of the moment."""
    return sum(fake.parts_of(each.path)[0] not in payload.permits for each in server.asked)


@pytest.fixture(params=NAMES)
def payload(request: pytest.FixtureRequest) -> Payload:
    return fake.payload(request.param)


@pytest.fixture
def server(payload: Payload) -> Iterator[Fake]:
    with Fake(payload.answers) as running:
        yield running


def test_there_are_payloads_for_every_vendor() -> None:
    """A collector that speaks HTTP has no other way into this contract than its payload file."""
    asking = set()
    for slug, collector in registry.collectors().items():
        text = inspect.getsource(sys.modules[collector.collect.__module__])
        # AWS is tried on moto (test_aws).
        if "ask.http(" in text or ("collectors.vendors" in text and "vendors.aws" not in text):
            asking.add(slug)
    assert asking - REAL == set(NAMES)


def test_all_pages_become_rows(payload: Payload, server: Fake, scratch: Path) -> None:
    told = put(payload, server, scratch)
    assert server.strange == []
    assert told.trail.shortfalls == []
    assert told.trail.source_count in {None, len(told.rows)}
    assert len(told.rows) == len(payload.rows)
    for row, expected in zip(told.rows, payload.rows, strict=True):
        shown = {name: _shown(row[name]) for name in expected}
        assert shown == {name: _shown(value) for name, value in expected.items()}


def test_every_answer_was_asked_for_and_noted(
    payload: Payload, server: Fake, scratch: Path
) -> None:
    told = put(payload, server, scratch)
    asked = questions(payload, server)
    assert told.trail.pages == len(told.trail.raw_digests) == asked
    assert told.trail.source_clock is not None
    paths = [answer.path for answer in payload.answers]
    assert len(set(paths)) < len(paths) or payload.one_page, "no second page is tried"
    for answer in payload.answers:
        given = [each for each in server.asked if answer.fits(each)]
        assert given, f"nobody asked for {answer.path} {dict(answer.query)}"


def test_rows_fit_the_declared_columns(payload: Payload, server: Fake, scratch: Path) -> None:
    told = put(payload, server, scratch)
    columns = registry.get(payload.collector).columns
    written = BytesIO()
    facts = write_csv([list(row.values()) for row in told.rows], columns, written)
    assert facts.row_count == len(payload.rows)
    table = written.getvalue().decode()
    assert len(list(csv.reader(table.splitlines()))) >= facts.row_count
    filled = {name for row in told.rows for name, value in row.items() if value is not None}
    assert filled == {column.name for column in columns}, "the payload leaves a column empty"


def test_secrets_do_not_get_through(payload: Payload, server: Fake, scratch: Path) -> None:
    sent = fake.as_json([answer.body for answer in payload.answers])
    assert payload.secrets
    assert all(word in sent for word in payload.secrets), "the fake does not send them"
    kept = repr(put(payload, server, scratch))
    assert [word for word in payload.secrets if word in kept] == []
    given = [str(value) for name, value in payload.settings.items() if name in _secret(payload)]
    assert [word for word in given if word in kept] == []


def test_nothing_is_asked_that_could_change_something(
    payload: Payload, server: Fake, scratch: Path
) -> None:
    put(payload, server, scratch)
    posted = {each.path for each in server.asked if each.method != "GET"}
    assert posted == {*payload.permits, *payload.looks_up}
    assert {each.method for each in server.asked} <= {"GET", "POST"}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_first_answer_is_a_failure_with_words(
    payload: Payload, server: Fake, scratch: Path, fault: str
) -> None:
    server.spoil = (0, FAULTS[fault].reply)
    with pytest.raises(FAULTS[fault].error) as caught:
        put(payload, server, scratch)
    assert str(caught.value)
    assert isinstance(caught.value, PassingError) is issubclass(FAULTS[fault].error, PassingError)
    if isinstance(caught.value, SourceBusyError):
        assert caught.value.retry_after == timedelta(seconds=120)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_bad_answer_later_on_is_passed_over(
    payload: Payload, server: Fake, scratch: Path, fault: str
) -> None:
    """Whichever answer is the first bad one, the list never looks whole."""
    put(payload, server, scratch)
    number = len(server.asked)
    assert number > 1
    # Every answer once; and the first and the last of them for every fault.
    for place in range(1, number) if fault == "another shape" else {1, number - 1}:
        server.asked.clear()
        server.spoil = (place, FAULTS[fault].reply)
        with contextlib.suppress(SourceError):
            told = put(payload, server, scratch)
            whole = told.trail.source_count in {None, len(told.rows)}
            assert told.trail.shortfalls or not whole, f"answer {place} was passed over"


def test_silence_is_not_waited_for(payload: Payload, server: Fake, scratch: Path) -> None:
    server.spoil = (0, Reply(b"[]", wait=30))
    with pytest.raises(SourceUnreachableError):
        put(payload, server, scratch, seconds=0.3)


@pytest.mark.parametrize("payload", PAGED, indirect=True)
def test_a_list_without_end_is_refused(payload: Payload, server: Fake, scratch: Path) -> None:
    server.forgetful = True
    with pytest.raises(SourceError):
        put(payload, server, scratch)


@pytest.mark.django_db
@pytest.mark.usefixtures("november")
def test_nothing_to_list_is_empty_by_fact(payload: Payload, own_folders: Path) -> None:
    with Fake(payload.without_items()) as server:
        source = world.source(payload.collector, values=payload.values(server.url))
        run = perform(source, period=payload.period, key="one")
    assert server.strange == []
    assert (run.state, run.reason, run.rows) == (Run.State.EMPTY, "", 0)


@pytest.mark.django_db
@pytest.mark.usefixtures("november")
def test_a_whole_run_is_evidence_with_its_record(payload: Payload, server: Fake) -> None:
    source = world.source(payload.collector, values=payload.values(server.url))
    run = perform(source, period=payload.period, key="one")
    assert (run.state, run.reason) == (Run.State.COMPLETE, "")
    assert run.rows == len(payload.rows)
    asked = questions(payload, server)
    assert len(run.ipe["raw_digests"]) == asked
    assert [word for word in payload.secrets if word in world.text(run.evidence)] == []  # type: ignore[arg-type]


@pytest.mark.django_db
@pytest.mark.usefixtures("november")
def test_trying_the_connection_tells_what_is_seen(payload: Payload, server: Fake) -> None:
    source = world.source(payload.collector, values=payload.values(server.url))
    outcome = try_connection(source)
    assert outcome.works, outcome.message
    assert outcome.seen
    ways = (f"GET {server.url}", *(f"POST {server.url}{path}" for path in payload.looks_up))
    assert all(place.startswith(ways) for place in outcome.seen)


@pytest.mark.django_db
@pytest.mark.usefixtures("november")
def test_trying_the_connection_tells_what_is_refused(payload: Payload, server: Fake) -> None:
    server.spoil = (0, Reply(b"{}", status=403))
    source = world.source(payload.collector, values=payload.values(server.url))
    outcome = try_connection(source)
    assert not outcome.works
    assert "refused or lack a right" in outcome.message


def _secret(payload: Payload) -> frozenset[str]:
    return registry.get(payload.collector).secret_fields


def _shown(value: Any) -> Any:
    """As a payload file writes it."""
    return value if isinstance(value, bool | int | None) else str(value)
