"""The papers of a signed day, and the run that an auditor performs again out of the evidence."""

import json
import zipfile
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO, StringIO
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command

from accounts.models import User
from audits import packs
from audits.coverage import State
from audits.facts import coverage_of
from evidence import store
from evidence.models import Evidence
from jobs.models import Job
from registers.models import Break, DaySignature
from registers.reconciling import files, working
from reports import reconciliation_day, tasks
from tests.audits.world import World
from tests.registers.reconciled import DAY, MONDAY, Accounting, row
from tests.reports.making import members, written

TUESDAY = MONDAY + DAY


def content(evidence: Evidence) -> bytes:
    return b"".join(store.stream(evidence.blob_id))


@pytest.fixture
def signed(alice: User, world: World, tmp_path: Path) -> DaySignature:
    """The second of two days, with a break that is explained and open."""
    world.expect(world.access, files.FILES, kind="event", cadence="business_daily")
    books = Accounting(alice, tmp_path)
    cards = books.define()
    books.both(cards, [row("s1"), row("=s2")], [row("s1")])
    working.assign(list(Break.objects.all()), to=books.olga, by=books.olga)
    own = row("t1", day=TUESDAY)
    return books.sign(books.both(cards, [own], [own], day=TUESDAY))


@pytest.mark.usefixtures("no_pdf")
def test_both_papers_become_evidence_once(signed: DaySignature) -> None:
    assert list(reconciliation_day.waiting()) == [signed]
    excel, paper = reconciliation_day.issue(signed)
    assert reconciliation_day.issue(signed) == [excel, paper]
    assert list(reconciliation_day.waiting()) == []
    assert excel.claims.get().expectation.slug == files.FILES
    text = content(paper).decode()
    for part in (signed.run.output_digest, signed.run.rules.digest, "ivan@books.example", "=s2"):
        assert part in text
    for file in signed.run.facts["files"]:
        assert file["sha256"] in text


@pytest.mark.usefixtures("no_pdf")
def test_the_sheet_holds_files_totals_identities_and_breaks(signed: DaySignature) -> None:
    excel, _ = reconciliation_day.issue(signed)
    book = openpyxl.load_workbook(BytesIO(content(excel)))
    assert book.sheetnames == ["Day", "Files", "Totals", "Identities", "Breaks"]
    assert book["Files"].max_row == 5
    cell = book["Breaks"].cell(2, 7)
    assert (cell.value, cell.data_type) == ("=s2", "s")


@pytest.mark.usefixtures("no_pdf")
def test_the_schedule_asks_for_papers_once(signed: DaySignature) -> None:
    for _ in range(2):
        tasks.ask_for_days(datetime.now(UTC))
    assert Job.objects.filter(kind=reconciliation_day.SENDER).count() == 1


@pytest.mark.usefixtures("pdf")
def test_the_paper_is_a_pdf_where_it_can_be(signed: DaySignature) -> None:
    _, paper = reconciliation_day.issue(signed)
    assert paper.media_type == "application/pdf"
    assert content(paper).startswith(b"%PDF-")


def test_an_auditor_runs_the_day_again_and_gets_the_same_digest(
    signed: DaySignature, tmp_path: Path
) -> None:
    """Only what is evidence is used: the record of the day, and the files that it names."""
    with zipfile.ZipFile(BytesIO(content(signed.evidence))) as packed:
        rules = tmp_path / "rules.yaml"
        rules.write_bytes(packed.read("rec-1/rules.yaml"))
        inputs = json.loads(packed.read("rec-1/inputs.json"))
        readme = packed.read("README.txt").decode()
    named = {each.blob_id: each for each in Evidence.objects.all()}
    for each in inputs:
        folder = tmp_path / "files" / each["leg"]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / each["name"]).write_bytes(content(named[each["sha256"]]))
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(
            "reconcile",
            rules=rules,
            leg=[f"{leg}={tmp_path / 'files' / leg}" for leg in ("a", "b")],
            as_of=TUESDAY,
            stdout=out,
        )
    assert ended.value.code == 1
    assert f"digest   {signed.run.output_digest}" in out.getvalue()
    assert signed.run.output_digest in readme


@pytest.mark.usefixtures("no_pdf")
def test_coverage_shows_the_missing_day_and_the_pack_holds_files_and_papers(
    alice: User, world: World, tmp_path: Path
) -> None:
    """Of a week all days are signed but Tuesday, on which nobody reconciled."""
    world.start, world.end = MONDAY, MONDAY + 4 * DAY
    for slug in ("daily-reconciliation", files.FILES):
        world.expect(world.access, slug, kind="event", cadence="business_daily")
    books = Accounting(alice, tmp_path)
    cards = books.define()
    for number in (0, 2, 3, 4):
        day = MONDAY + number * DAY
        own = row(f"s{number}", day=day)
        signed = books.sign(books.both(cards, [own], [own], day=day))
    reconciliation_day.issue(signed)
    engagement = world.engagement()
    report = coverage_of(engagement, datetime(2026, 4, 1, tzinfo=UTC))
    for slug in ("daily-reconciliation", files.FILES):
        states = [one.state for one in report.occurrences if one.slug == slug]
        assert states == [State.MET, State.MISSED, State.MET, State.MET, State.MET]
    packed = members(written(packs.freeze(engagement, by=alice)))
    held = {sha256(each).hexdigest() for each in packed.values()}
    assert {file.sha256 for file in cards.files.all()} <= held
    assert {each.blob_id for each in Evidence.objects.all()} <= held
