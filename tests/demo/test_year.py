"""A short demo, loaded by its own deeds: each story is in its place, and nothing else is wrong."""

from collections import Counter
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

from audits import joined
from audits.buyers import asking, documents, page
from audits.coverage import SHORTFALL
from audits.facts import coverage_of
from audits.models import (
    BuyerHandOut,
    BuyerLink,
    Draw,
    EvidenceRequest,
    Finding,
    Pack,
    PackFile,
    SampleResult,
)
from audits.requests import state_of
from collectors import silence
from collectors.models import Run
from compliance.demo import buyers, campaigns, clock, loading, money, papers, tables
from compliance.demo.calendar import Calendar, Span
from compliance.demo.errors import DemoError
from compliance.demo.mark import SENTENCE
from compliance.demo.world import World
from controls.models import Control, Expectation
from evidence.models import CheckResult, Evidence
from evidence.quarantine_models import Quarantined
from jobs.models import Job
from merchants.models import ComplianceForm
from readiness import tasklist
from readiness.buyers import outcome
from readiness.models import BuyerQuestionnaire
from readiness.score import Verdict
from readiness.standing import Backing
from readiness.survey import Survey
from readiness.task import Asked
from registers.models import Break, Campaign, CampaignLine, DaySignature, Entry
from reports import pdf_engine
from reports.filled import issue

TODAY, BOOKS_BEGIN = date(2026, 10, 27), date(2026, 9, 21)
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
        offered = {"trust_summary": buyers.TITLES["trust_summary"]}
        stack.enter_context(patch.object(buyers, "TITLES", offered))
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
    """The change of the story has two: of the list, and of the sample that the auditor drew."""
    world = demo.world
    found = sorted((one.expectation_slug, one.start) for one in Finding.objects.all())
    sampled = ("change-approvals", world.calendar.window.first)
    assert found == sorted([*stories(world.calendar, world), sampled])


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


def test_the_portfolio_has_forms_of_many_states_and_no_merchant_takes_cards_unsigned(
    demo: Loaded,
) -> None:
    states = ComplianceForm.State
    found = set(ComplianceForm.objects.values_list("state", flat=True))
    assert found >= {states.COMPLETE, states.INCOMPLETE, states.OVERDUE, states.INVALID}
    late = ComplianceForm.objects.filter(state=states.OVERDUE)
    assert {one.merchant.may_take_cards for one in late} == {False}
    assert any(
        form.answers.exists() for form in ComplianceForm.objects.filter(state=states.INCOMPLETE)
    )


def test_the_auditor_asked_and_some_of_it_is_under_way(demo: Loaded) -> None:
    asked = EvidenceRequest.objects.order_by("number")
    found = [state_of(one).value for one in asked]
    assert found == ["accepted"] * 3 + ["returned", "asked"]


def test_the_sample_was_tested_and_shows_the_change_of_the_story(demo: Loaded) -> None:
    (draw,) = Draw.objects.all()
    assert draw.size == draw.items.count() > 10
    results = SampleResult.objects.select_related("item")
    assert len(results) == draw.size * draw.attributes.count()
    (deviation,) = results.filter(result=SampleResult.Result.DEVIATION)
    (cells,) = joined.cells_at(draw.population, [deviation.item.offset])
    assert tables.merged_alone(demo.world.calendar) in cells
    assert set(results.exclude(pk=deviation.pk).values_list("result", flat=True)) == {"pass"}


def test_a_pack_was_handed_over(demo: Loaded) -> None:
    (pack,) = Pack.objects.all()
    assert pack.item_count > 100
    assert 0 < pack.shortfall_count <= len(stories(demo.world.calendar, demo.world))
    assert PackFile.objects.get(pack=pack).evidence.blob.size > 0


def test_lists_of_people_and_tokens_were_gone_over_line_by_line(demo: Loaded) -> None:
    found = set(Campaign.objects.values_list("kind", flat=True))
    assert found == {"token"}, "The review of access is the one that was missed."
    assert not CampaignLine.objects.filter(decision="", campaign__closed_at__isnull=False).exists()


def test_the_registers_are_filled(demo: Loaded) -> None:
    found = set(Entry.objects.values_list("register", flat=True))
    assert found >= {"vendors", "vendor_reports", "risks", "policies", "incidents", "changes"}
    assert found >= {"service_accounts", "access_exceptions", "corrective_actions"}


def test_the_programme_is_as_large_as_a_real_one(demo: Loaded) -> None:
    assert Control.objects.count() >= 60
    assert Expectation.objects.exclude(claims=None).count() >= Expectation.objects.count() - 1


def test_a_buyer_was_answered_and_some_lines_have_no_answer(demo: Loaded) -> None:
    asked = BuyerQuestionnaire.objects.get()
    found = Counter(asked.questions.values_list("state", flat=True))
    assert found == {"answered": 9, "left": 1, "open": 1}
    assert sum(line.is_backed for line in outcome.lines(asked)) >= 6
    (filled,) = issue.earlier(asked)
    assert filled.filename.endswith(".xlsx")


def test_a_buyer_took_documents_and_another_waits(demo: Loaded) -> None:
    if pdf_engine.missing_libraries():
        pytest.skip(pdf_engine.missing_libraries())
    assert page.is_open()
    assert [one.company for one in asking.waiting()] == [buyers.IDA.company]
    assert BuyerHandOut.objects.count() == documents.offered().count() == len(buyers.TITLES)
    (link,) = BuyerLink.objects.filter(ended_at=None)
    assert link.decision.ends_at is not None
    assert link.decision.ends_at > clock.on(TODAY, 9) + timedelta(days=14)


def test_no_common_mistake_is_made_and_no_source_is_silent(demo: Loaded) -> None:
    judged = {one.entry.id: one.judgement.verdict for one in Survey().mistakes}
    assert Verdict.CLEAR in judged.values()
    assert [name for name, verdict in judged.items() if verdict == Verdict.FOUND] == []
    assert silence.silent(clock.on(TODAY, 9)) == []


def test_most_questions_of_readiness_are_shown(demo: Loaded) -> None:
    """What the company does not do yet is answered so; nothing is a mere claim."""
    questions = Survey().questions
    assert all(one.answer for one in questions)
    said_yes = [one for one in questions if one.answer and one.answer.value == "yes"]
    assert len(said_yes) >= 0.8 * len(questions)
    assert [one.entry.id for one in said_yes if one.backing == Backing.CLAIM] == []


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
