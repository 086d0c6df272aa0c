"""A short demo, loaded by its own deeds: each story is in its place, and nothing else is wrong."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from audits.coverage import SHORTFALL
from audits.facts import coverage_of
from audits.models import Draw, EvidenceRequest, Finding
from audits.requests import state_of
from collectors.models import Run
from compliance.demo import campaigns, clock, loading, money, papers, tables
from compliance.demo.calendar import Calendar, Span
from compliance.demo.errors import DemoError
from compliance.demo.mark import SENTENCE
from compliance.demo.world import World
from controls.models import Control
from evidence.models import CheckResult, Evidence
from evidence.quarantine_models import Quarantined
from jobs.models import Job
from merchants.models import ComplianceForm, Merchant
from readiness import tasklist
from readiness.task import Asked
from registers.models import Break, DaySignature, Entry

TODAY, BOOKS_BEGIN = date(2026, 10, 27), date(2026, 9, 1)
pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@dataclass(frozen=True)
class Loaded:
    world: World
    said: list[tuple[int, int]]


@pytest.fixture(scope="module")
def demo(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Loaded]:
    """Load one quarter once, in a transaction that is undone when the last test has looked."""
    folder = tmp_path_factory.mktemp("demo")
    folders = {f"{name.upper()}_DIR": folder / name for name in ("store", "scratch", "inbox")}
    said: list[tuple[int, int]] = []
    with ExitStack() as stack:
        for one in folders.values():
            one.mkdir()
        stack.enter_context(override_settings(**folders, VAR_DIR=folder, DEMO=SENTENCE))
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(transaction.atomic())
        stack.callback(transaction.set_rollback, True)
        # Tests of the papers are elsewhere, and each takes a process of its own.
        stack.enter_context(patch("reports.tasks.ask_for_days"))
        world = loading.load(
            folder / "catalogue",
            tell=lambda done, total, _at: said.append((done, total)),
            calendar=Calendar(TODAY, quarters_in_window=1, reconciles_from=BOOKS_BEGIN),
        )
        stack.enter_context(clock.at(clock.on(TODAY, 9)))
        yield Loaded(world, said)


def stories(calendar: Calendar, world: World) -> dict[tuple[str, date], str]:
    """Each story that shows in coverage, by the expectation and the first day of its window."""
    last_quarter = calendar.quarters[-1].first
    return {
        ("access-review-lines", campaigns.missed_quarter(world).first): "missed",
        ("restore-practice", calendar.quarter(1).first): "failing",
        ("api-token-lifecycle", tables.token_loose(calendar).first): "failing",
        ("leavers", tables.leaver_late(calendar)[0].replace(day=1)): "failing",
        ("change-approvals", tables.change_merged_alone(calendar).replace(day=1)): "failing",
        ("vendor-reports", last_quarter): "failing",
    }


def test_coverage_shows_the_stories_and_no_other_gap(demo: Loaded) -> None:
    world = demo.world
    report = coverage_of(world.engagement, clock.on(TODAY, 9))
    found = {
        (one.slug, one.start): one.state.value
        for one in report.occurrences
        if one.state in SHORTFALL
    }
    assert found == stories(world.calendar, world)


def test_each_gap_has_its_finding_and_no_other_is_there(demo: Loaded) -> None:
    world = demo.world
    found = {(one.expectation_slug, one.start) for one in Finding.objects.all()}
    assert found == set(stories(world.calendar, world))


def test_checks_found_exceptions_in_the_stories_only(demo: Loaded) -> None:
    world = demo.world
    failing = CheckResult.objects.exclude(state=CheckResult.State.PASSED)
    slugs = set(failing.values_list("check_ref__expectation__slug", flat=True))
    expected = {slug for slug, _ in stories(world.calendar, world)} - {"access-review-lines"}
    assert slugs == expected
    assert failing.filter(state=CheckResult.State.ERROR).count() == 0
    assert {one.exception_count for one in failing} == {1}


def test_the_failed_restore_was_done_again(demo: Loaded) -> None:
    tests = Evidence.objects.filter(claims__expectation__slug="restore-practice").order_by("pk")
    states = [
        {result.state for result in one.check_results.all()} == {CheckResult.State.PASSED}
        for one in tests
    ]
    assert states[:2] == [False, True]


def test_one_break_stood_for_nine_days(demo: Loaded) -> None:
    (broken,) = Break.objects.all()
    assert broken.opened_on == money.broken_on(demo.world)
    assert broken.closed_on is not None
    assert broken.closed_on - broken.opened_on == timedelta(days=9)
    assert broken.cause
    assert broken.owner == demo.world.company.finn


def test_every_business_day_was_signed(demo: Loaded) -> None:
    window = Span(BOOKS_BEGIN, demo.world.calendar.window.last)
    signed = set(DaySignature.objects.values_list("day", flat=True))
    assert set(window.business_days()) <= signed


def test_one_card_number_was_caught_and_destroyed(demo: Loaded) -> None:
    (held,) = Quarantined.objects.all()
    assert held.received_at.date() == papers.slip(demo.world)
    assert [one.deed for one in held.decisions.all()] == ["destroyed"]


def test_the_vendors_report_ends_before_the_window(demo: Loaded) -> None:
    window = demo.world.calendar.window
    reports = [one.values for one in Entry.objects.filter(register="vendor_reports")]
    early = [one for one in reports if date.fromisoformat(str(one["period_to"])) < window.first]
    assert [one["vendor"] for one in early] == ["Tidewater Hosting"]


def test_every_run_was_whole_and_no_job_failed(demo: Loaded) -> None:
    assert set(Run.objects.values_list("state", flat=True)) == {Run.State.COMPLETE}
    failed = Job.objects.filter(state=Job.State.FAILED)
    assert [(one.kind, one.error) for one in failed] == []


def test_every_merchant_has_signed(demo: Loaded) -> None:
    assert Merchant.objects.count() >= 10
    unsigned = ComplianceForm.objects.filter(signature=None)
    assert not [form for form in unsigned if form.due_at < clock.on(TODAY, 9)]


def test_the_auditor_asked_and_drew(demo: Loaded) -> None:
    asked = EvidenceRequest.objects.all()
    assert len(asked) == 3
    assert {state_of(one) for one in asked} <= {"accepted", "open"}
    (draw,) = Draw.objects.all()
    assert draw.size == draw.items.count() > 10


def test_nothing_is_overdue_but_what_the_stories_left(demo: Loaded) -> None:
    """What failed in the last window of its expectation is still to be shown in order."""
    slugs = {slug for slug, _ in stories(demo.world.calendar, demo.world)}
    controls = set(
        Control.objects.filter(expectations__slug__in=slugs).values_list("ref", flat=True)
    )
    overdue = {
        (one.source, one.name)
        for one in tasklist.everything(Asked(TODAY))
        if one.due and one.due < TODAY
    }
    assert overdue <= {("evidence", ref) for ref in controls}


def test_it_says_how_far_it_is(demo: Loaded) -> None:
    done, total = demo.said[-1]
    assert done == total == len(demo.said)


def test_it_is_not_loaded_where_somebody_works(demo: Loaded, tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="a folder of its own"):
        loading.load(tmp_path, tell=lambda *_: None)
