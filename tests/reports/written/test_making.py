"""A report is asked for by those who may, written once, and kept as two items of evidence."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from accounts.models import User
from audits.coverage import State
from audits.facts import coverage_of
from audits.models import Engagement
from evidence import store
from evidence.models import Evidence, Review
from jobs.models import Job
from jobs.work import Work
from reports import tasks
from reports.errors import AskedError, KindError, ReportsNotAllowedError, UnknownReportError
from reports.written import making, registry
from reports.written.registry import Asked, Kind, Need
from tests import cast
from tests.audits.world import World
from tests.reports.making import engagement_with_evidence
from tests.reports.written.reading import AT

pytestmark = pytest.mark.usefixtures("no_pdf")


@pytest.fixture
def audit(world: World) -> Engagement:
    return engagement_with_evidence(world)


def asked(audit: Engagement) -> Asked:
    return Asked(at=AT, engagement=audit)


def test_both_files_become_evidence_once(world: World, audit: Engagement) -> None:
    job = making.ask("coverage", asked(audit), by=world.alice)
    told: list[tuple[int, int, str]] = []
    made = making.make(dict(job.payload), progress=lambda *step: told.append(step))
    assert making.make(dict(job.payload)) == made
    assert [made] == making.earlier() == making.earlier("coverage")
    assert making.earlier("control_matrix") == []
    assert [done for done, _, _ in told] == [0, 1, 2, 3, 4]
    paper, excel = made.paper, made.excel
    assert paper.title == excel.title == f"Coverage report: {audit.ref} {audit.title}"
    assert (paper.prepared_by, paper.sensitivity) == (world.alice, "confidential")
    assert (paper.covers_from, paper.covers_to) == (audit.window_from, audit.window_to)
    assert b"".join(store.stream(excel.blob_id)).startswith(b"PK")
    assert b"Coverage report" in b"".join(store.stream(paper.blob_id))
    assert not Review.objects.filter(evidence=paper).exists()


def test_asking_twice_at_the_same_log_is_one_job(world: World, audit: Engagement) -> None:
    first = making.ask("coverage", asked(audit), by=world.alice)
    whole = making.ask("coverage", replace(asked(audit), whole=True), by=world.alice)
    assert (whole.payload["whole"], first.payload["whole"]) == (True, False)
    whole.delete()
    again = making.ask("coverage", asked(audit), by=world.alice)
    assert first == again
    making.make(dict(first.payload))
    assert making.ask("coverage", asked(audit), by=world.alice) != first
    assert Job.objects.filter(kind=making.JOB).count() == 2


def test_the_worker_says_what_it_made(world: World, audit: Engagement) -> None:
    job = making.ask("coverage", asked(audit), by=world.alice)
    result = tasks.write_report(Work(job.pk, job.key, job.payload))
    assert result is not None
    refs = {*Evidence.objects.values_list("ref", flat=True)}
    assert {result["evidence"], result["table"]} <= refs


def test_who_may_not_is_refused(world: World, audit: Engagement, charlie: User) -> None:
    for person in (charlie, cast.person("control-owner")):
        with pytest.raises(ReportsNotAllowedError):
            making.ask("coverage", asked(audit), by=person)
    assert not Job.objects.filter(kind=making.JOB).exists()


def test_what_is_missing_is_named(world: World, audit: Engagement) -> None:
    whole = Kind("T", "S.", lambda _: None, tuple(Need), subject="Item (EV-1)")  # type: ignore[arg-type,return-value]
    said = Asked(AT, None, audit, date(2026, 7, 1), date(2026, 7, 2), "EV-1")
    making.refuse_unfit(whole, said)
    for broken, words in (
        (replace(said, engagement=None), "Choose an engagement"),
        (replace(said, end=None), "last day of the period"),
        (replace(said, end=date(2026, 6, 1)), "ends before it begins"),
        (replace(said, subject=" "), r"Item \(EV-1\)"),
        (replace(said, made_at=AT), "as of now only"),
        (replace(said, made_at=AT - timedelta(1)), "not over yet"),
    ):
        with pytest.raises(AskedError, match=words):
            making.refuse_unfit(whole, broken)


def test_an_unknown_kind_is_named_with_the_known_ones(world: World) -> None:
    with pytest.raises(UnknownReportError, match=r"known are .*coverage"):
        making.ask("nonsense", Asked(at=AT), by=world.alice)


def test_a_module_that_declares_no_kind_is_refused() -> None:
    with pytest.raises(KindError, match="KIND = Kind"):
        registry.inspected("wrong", registry)


def test_every_kind_says_in_a_sentence_what_it_is_for() -> None:
    for kind in registry.kinds().values():
        assert kind.title
        assert kind.sentence.endswith(".")
        assert len(kind.sentence) < 120


def test_as_of_an_earlier_moment_only_what_was_known_then_counts(
    world: World, audit: Engagement, tmp_path: Path
) -> None:
    earlier = replace(asked(audit), at=AT - timedelta(60), made_at=AT)
    job = making.ask("coverage", earlier, by=world.alice)
    assert job != making.ask("coverage", asked(audit), by=world.alice)
    made = making.write("coverage", making._asked(dict(job.payload)), tmp_path)
    assert (made.document.as_of, made.head.made_at) == (earlier.at, AT)
    totals = coverage_of(audit, earlier.at).totals
    said = {row[1].value: row[2].value for row in load_workbook(made.excel)["Summary"]}
    assert {state: said[state.value.capitalize()] for state in State} == dict(totals)
    assert dict(totals) != dict(coverage_of(audit, AT).totals)
    assert "made later than the moment" in made.paper.read_text()
