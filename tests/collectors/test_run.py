"""What comes of one attempt: evidence with its run, or a fact that says why not."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from collectors import registry
from collectors.base import Answer, Ask, AsksFor, Row
from collectors.models import Run, Source
from collectors.period import Period
from controls import append_only
from evidence import ledger
from evidence.models import CheckResult, Evidence, LedgerEntry
from tests.collectors import world
from tests.collectors.asking import OCTOBER
from tests.evidence import items

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]


def killed(*_args: Any, **_named: Any) -> None:
    raise KeyboardInterrupt


def test_a_whole_answer_becomes_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    expectation = items.expectation(collector="doors", required_columns=["door"])
    source = world.source(expectations=[expectation])
    run = world.collect(source, requested_by="user:7", job_id=5)
    assert run.state == Run.State.COMPLETE, run.reason
    assert (run.ref, run.rows, run.reason, run.attempt) == ("RUN-000001", 2, "", 1)
    assert (run.requested_by, run.job_id) == ("user:7", 5)
    evidence = run.evidence
    assert evidence is not None
    assert world.text(evidence) == "door,locked\nfront,true\nback,false\n"
    assert evidence.title == "Our doors, 2026-11-21"
    assert evidence.run_ref == "RUN-000001"
    assert evidence.area == expectation.control.area
    assert evidence.owner == expectation.owner_role
    assert (evidence.covers_from, evidence.covers_to) == (date(2026, 11, 21), date(2026, 11, 21))
    assert [claim.expectation for claim in evidence.claims.all()] == [expectation]


def test_the_ipe_record_says_how_the_list_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = datetime(2026, 11, 21, 9, 59, tzinfo=UTC)

    def paged(ask: Ask[Any]) -> Answer:
        def rows() -> Iterator[Row]:
            for row in world.DOORS:
                ask.trail.saw(str(row).encode(), clock=clock)
                yield row
            ask.trail.source_count = 2

        return world.answer(rows(), parameters={"house": ask.settings.house})

    world.install(monkeypatch, paged)
    source = world.source(time_zone="Europe/Berlin")
    run = world.collect(source)
    assert run.evidence
    ipe = run.evidence.population.ipe
    assert ipe == run.ipe
    assert ipe["query"] == "look at all"
    assert ipe["parameters"] == {"house": "ours", "time_zone": "Europe/Berlin"}
    assert ipe["runner"] == f"collector:{source.slug}"
    assert (ipe["collector"], ipe["collector_version"]) == ("doors", "1.2")
    assert ipe["code_digest"] == registry.get("doors").code_digest
    assert (ipe["pages"], ipe["source_count"], len(ipe["raw_digests"])) == (2, 2, 2)
    assert ipe["source_clock"] == clock.isoformat()
    assert ipe["completeness"] == "All doors, counted twice."
    assert ipe["partial_reason"] == ""


def test_a_run_leaves_a_leaf_without_words(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    run = world.collect(world.source())
    assert run.ledger_entry.kind == "run"
    assert run.ledger_entry.subject == run.ref
    assert run.ledger_entry.actor == run.source.actor
    body = world.leaf(run)
    assert (body["state"], body["rows"]) == ("complete", 2)
    assert run.evidence
    assert body["evidence"] == run.evidence.ref
    assert body["table_sha256"] == run.evidence.population.table_id
    assert body["code_sha256"] == registry.get("doors").code_digest
    assert body["reason_sha256"] is None


def test_checks_of_the_expectation_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    expectation = items.expectation(collector="doors")
    items.check(expectation, "SELECT * FROM population WHERE NOT locked")
    run = world.collect(world.source(expectations=[expectation]))
    assert run.evidence
    result = run.evidence.check_results.get()
    assert (result.state, result.exception_count) == (CheckResult.State.FAILED, 1)


def test_checks_that_a_killed_worker_did_not_come_to_are_made_up_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world.install(monkeypatch)
    expectation = items.expectation(collector="doors")
    items.check(expectation, "SELECT * FROM population WHERE NOT locked")
    source = world.source(expectations=[expectation])
    with monkeypatch.context() as patch:
        patch.setattr("collectors.run.checks.run", killed)
        with pytest.raises(KeyboardInterrupt):
            world.collect(source)
    assert CheckResult.objects.count() == 0
    run = world.collect(source, attempt=2)
    assert run.attempt == 1
    assert CheckResult.objects.count() == 1


def test_the_same_ticket_gives_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    source = world.source()
    first = world.collect(source)
    leaves = LedgerEntry.objects.count()
    assert world.collect(source) == first
    assert world.collect(source, attempt=3) == first
    assert Evidence.objects.count() == 1
    assert LedgerEntry.objects.count() == leaves


def test_another_worker_that_was_faster_wins(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Both asked; the second finds the first's answer when it comes to write its own."""
    source: Source

    def slow(ask: Ask[Any]) -> Answer:
        if not Run.objects.exists():
            with monkeypatch.context() as patch:
                world.install(patch)
                world.collect(source)
        return world.counted(ask)

    world.install(monkeypatch, slow)
    source = world.source()
    run = world.collect(source, attempt=2)
    assert run.attempt == 1
    assert Run.objects.count() == 1
    assert Evidence.objects.count() == 1
    assert caplog.records == []


def test_nothing_found_is_a_fact_when_the_source_counts_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(ask: Ask[Any]) -> Answer:
        ask.trail.source_count = 0
        return world.answer([])

    world.install(monkeypatch, none)
    run = world.collect(world.source())
    assert (run.state, run.rows, run.reason) == (Run.State.EMPTY, 0, "")
    assert run.evidence
    assert world.text(run.evidence) == "door,locked\n"
    assert run.evidence.population.row_count == 0


def test_nothing_found_is_a_fact_when_an_answer_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(ask: Ask[Any]) -> Answer:
        ask.trail.saw(b"[]")
        return world.answer([])

    world.install(monkeypatch, none)
    assert world.collect(world.source()).state == Run.State.EMPTY


def test_nothing_found_without_proof_is_partial(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch, lambda _ask: world.answer([]))
    run = world.collect(world.source())
    assert run.state == Run.State.PARTIAL
    assert "nothing proves" in run.reason


def test_fewer_rows_than_the_source_counts_are_partial(monkeypatch: pytest.MonkeyPatch) -> None:
    def short(ask: Ask[Any]) -> Answer:
        ask.trail.source_count = 3
        return world.answer()

    world.install(monkeypatch, short)
    run = world.collect(world.source())
    assert run.state == Run.State.PARTIAL
    assert run.reason == "The source counts 3 rows itself, but 2 arrived."
    assert run.evidence
    assert run.evidence.population.ipe["partial_reason"] == run.reason
    assert world.leaf(run)["reason_sha256"]


def test_a_collector_may_say_itself_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def gappy(ask: Ask[Any]) -> Answer:
        ask.trail.lacks("The cellar was dark.")
        return world.answer()

    world.install(monkeypatch, gappy)
    run = world.collect(world.source())
    assert (run.state, run.reason) == (Run.State.PARTIAL, "The cellar was dark.")


def test_a_whole_answer_supersedes_a_partial_one(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = iter([3, 2, 2])

    def better(ask: Ask[Any]) -> Answer:
        ask.trail.source_count = next(counts)
        return world.answer()

    world.install(monkeypatch, better)
    source = world.source()
    partial, whole, again = (world.collect(source, key=f"ticket-{number}") for number in range(3))
    assert whole.evidence
    assert again.evidence
    assert whole.evidence.supersedes == partial.evidence
    # States of one day stand beside each other: a failing one must not vanish behind a good one.
    assert again.evidence.supersedes is None


def test_events_asked_for_before_their_period_is_over_are_partial(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world.install(monkeypatch, kind="event", asks_for=AsksFor.CLOSED_WINDOW)
    source = world.source()
    open_month = Period(date(2026, 11, 1), date(2026, 11, 30))
    early = world.collect(source, period=open_month, key="early")
    assert early.state == Run.State.PARTIAL
    assert "before 2026-11-30 had ended" in early.reason
    assert world.collect(source, period=OCTOBER, key="closed").state == Run.State.COMPLETE


def test_without_a_period_the_last_closed_window_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world.install(monkeypatch, kind="event", asks_for=AsksFor.CLOSED_WINDOW)
    run = world.collect(world.source())
    assert (run.period_from, run.period_to) == (OCTOBER.start, OCTOBER.end)


def test_the_day_is_that_of_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    run = world.collect(world.source(time_zone="Pacific/Kiritimati"))
    assert run.period_from == date(2026, 11, 22)


def test_progress_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def many(ask: Ask[Any]) -> Answer:
        ask.trail.source_count = 1200
        return world.answer([("front", True)] * 1200)

    world.install(monkeypatch, many)
    told: list[tuple[int, int, str]] = []
    run = world.collect(world.source(), tell=lambda *words: told.append(words))
    assert run.rows == 1200
    assert told == [(500, 1200, "rows"), (1000, 1200, "rows")]


def test_runs_cannot_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    run = world.collect(world.source())
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(state=Run.State.FAILED)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Run.objects.filter(pk=run.pk).delete()
    assert append_only.unguarded(connection, ["collectors_run"]) == []


def test_one_ticket_has_one_answer_even_against_the_rules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world.install(monkeypatch)
    source = world.source()
    run = world.collect(source)
    other = world.collect(source, key="other")
    run.pk, run.number, run.key = None, 99, "another-key"
    run.evidence, run.ledger_entry = other.evidence, other.ledger_entry
    with pytest.raises(IntegrityError), transaction.atomic():
        run.save(force_insert=True)


def test_run_numbers_and_leaves_have_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    source = world.source()
    runs = [world.collect(source, key=f"ticket-{number}") for number in range(4)]
    assert [run.number for run in runs] == [1, 2, 3, 4]
    assert ledger.size() == LedgerEntry.objects.count()
