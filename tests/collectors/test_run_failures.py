"""Attempts that give nothing: kept as facts, with nothing half-stored."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import OperationalError

from accounts.models import User
from collectors.base import Answer, Ask, AsksFor, Row
from collectors.errors import (
    SourceBusyError,
    SourceDeniedError,
    SourceUnreachableError,
)
from collectors.models import Run, Source
from collectors.period import Period
from evidence import quarantine_deeds
from evidence.models import Blob, Evidence
from evidence.quarantine_models import Quarantined
from jobs.errors import LeaseLostError
from tests.collectors import world
from tests.collectors.asking import OCTOBER
from tests.evidence import items

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]


@pytest.mark.parametrize(
    ("error", "transient", "pause"),
    [
        (SourceDeniedError("401: renew the token"), False, None),
        (SourceUnreachableError("silence"), True, None),
        (SourceBusyError("later", retry_after=timedelta(minutes=3)), True, timedelta(minutes=3)),
        (OperationalError("database is locked"), True, None),
    ],
)
def test_a_failure_is_kept_as_a_fact(
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    transient: bool,
    pause: timedelta | None,
) -> None:
    world.install(monkeypatch, world.failing(error))
    run = world.collect(world.source(), period=None, attempt=2)
    assert run.state == Run.State.FAILED
    assert str(error) in run.reason
    assert (run.transient, run.retry_after, run.attempt) == (transient, pause, 2)
    assert (run.evidence, run.rows) == (None, None)
    assert world.leaf(run)["state"] == "failed"
    assert Evidence.objects.count() == 0


def test_the_next_run_after_a_failure_works(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        world.install(patch, world.failing(SourceUnreachableError("silence")))
        source = world.source()
        failed = world.collect(source)
    world.install(monkeypatch)
    run = world.collect(source, attempt=2)
    assert (failed.state, run.state) == (Run.State.FAILED, Run.State.COMPLETE)
    assert (failed.ref, run.ref) == ("RUN-000001", "RUN-000002")
    assert failed.ticket == run.ticket


def test_a_failure_in_the_middle_of_the_rows_stores_nothing(
    monkeypatch: pytest.MonkeyPatch, own_folders: Any
) -> None:
    closed = []

    def breaks(_ask: Ask[Any]) -> Answer:
        def rows() -> Iterator[Row]:
            try:
                yield from world.DOORS
                raise SourceUnreachableError("page 2 of 3 did not come")
            finally:
                closed.append(True)

        return world.answer(rows())

    world.install(monkeypatch, breaks)
    run = world.collect(world.source())
    assert run.state == Run.State.FAILED
    assert closed == [True]
    assert (Evidence.objects.count(), Blob.objects.count()) == (0, 0)
    stored = [path for path in (own_folders / "store").rglob("*") if path.is_file()]
    assert stored == []
    assert list((own_folders / "scratch").iterdir()) == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("front", "yes"), "Row 1, column locked: str is not boolean"),
        (("front",), "Row 1 has 1 values; the table has 2 columns"),
        (("front\0", True), "NUL"),
    ],
)
def test_rows_that_do_not_fit_the_declaration_fail(
    monkeypatch: pytest.MonkeyPatch, row: Row, words: str
) -> None:
    world.install(monkeypatch, lambda _ask: world.answer([row]))
    run = world.collect(world.source())
    assert run.state == Run.State.FAILED
    assert words in run.reason


def test_a_card_number_in_the_answer_is_not_stored(
    monkeypatch: pytest.MonkeyPatch, own_folders: Any
) -> None:
    world.install(monkeypatch, lambda _ask: world.answer([("4111 1111 1111 1111", True)]))
    run = world.collect(world.source())
    assert run.state == Run.State.FAILED
    assert "card number" in run.reason
    assert "4111" not in run.reason
    assert "QU-000001" in run.reason
    assert not run.transient
    stored = [path.read_bytes() for path in (own_folders / "store").rglob("*") if path.is_file()]
    assert not any(b"4111" in content for content in stored)


def test_a_released_answer_comes_in_as_what_the_run_gathered(
    monkeypatch: pytest.MonkeyPatch, alice: User
) -> None:
    world.install(monkeypatch, lambda _ask: world.answer([("4111 1111 1111 1111", True)]))
    source = world.source()
    world.collect(source)
    row = Quarantined.objects.get()
    evidence = quarantine_deeds.release(row, by=alice, reason="The name of a door.")
    assert evidence.population.row_count == 1
    assert evidence.population.ipe["collector"] == "doors"
    assert evidence.ledger_entry.actor == source.actor


def test_a_table_without_an_expected_column_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    expectation = items.expectation(collector="doors")
    source = world.source(expectations=[expectation])
    expectation.required_columns = ["colour"]
    expectation.save()
    run = world.collect(source)
    assert run.state == Run.State.FAILED
    assert "lacks the column 'colour'" in run.reason


def test_a_fault_of_the_collector_is_a_fact_too(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.install(monkeypatch, world.failing(ZeroDivisionError("division by zero")))
    run = world.collect(world.source())
    assert run.state == Run.State.FAILED
    assert run.reason == "The collector has a fault: ZeroDivisionError: division by zero"
    assert "Traceback" in caplog.text


def test_no_secret_shows_in_a_reason_or_a_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def leaky(ask: Ask[Any]) -> Answer:
        raise ValueError(ask.settings.token.get_secret_value())

    world.install(monkeypatch, leaky)
    source = world.source(values={"token": "hunter2-hunter2"})
    run = world.collect(source)
    assert "hunter2" not in run.reason
    assert "hunter2" not in caplog.text
    assert "ValueError" in run.reason


def test_a_collector_that_is_gone_fails_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        world.install(patch)
        source = world.source()
    run = world.collect(source)
    assert run.state == Run.State.FAILED
    assert "no collector 'doors'" in run.reason


def test_settings_that_no_longer_fit_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    source = world.source()
    Source.objects.filter(pk=source.pk).update(config={"house": 5})
    source.refresh_from_db()
    run = world.collect(source)
    assert run.state == Run.State.FAILED
    assert "house" in run.reason


def test_a_run_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(_ask: Ask[Any]) -> Answer:
        def rows() -> Iterator[Row]:
            while True:
                yield ("front", True)

        return world.answer(rows())

    world.install(monkeypatch, endless, time_limit=timedelta(seconds=0.2))
    run = world.collect(world.source())
    assert run.state == Run.State.FAILED
    assert run.transient
    assert "had not answered in full" in run.reason


def test_a_lost_lease_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_done: int, _total: int, _note: str) -> None:
        raise LeaseLostError

    world.install(monkeypatch, lambda _ask: world.answer([("front", True)] * 600))
    source = world.source()
    with pytest.raises(LeaseLostError):
        world.collect(source, tell=lost)
    assert Run.objects.count() == 0


def test_a_state_of_the_past_cannot_be_captured(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    run = world.collect(world.source(), period=OCTOBER)
    assert run.state == Run.State.FAILED
    assert "captured at its moment" in run.reason


def test_the_future_cannot_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch, kind="event", asks_for=AsksFor.CLOSED_WINDOW)
    run = world.collect(world.source(), period=Period(date(2026, 12, 1), date(2026, 12, 31)))
    assert run.state == Run.State.FAILED
    assert "lies in the future" in run.reason
