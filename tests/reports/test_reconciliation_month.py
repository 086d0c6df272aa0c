"""The papers of a signed month: what they say, that they come once, and the same each time."""

from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import openpyxl
import pikepdf
import pytest

from accounts.models import User
from evidence import store
from evidence.models import Evidence
from jobs.models import Job
from registers.models import MonthSignature
from registers.reconciling import limits, months, working
from reports import reconciliation_month, reconciliation_paper, tasks
from tests.audits.world import World, clock
from tests.registers.reconciled import (
    DAY,
    MONDAY,
    Accounting,
    breaks,
    morning,
    reasons_for,
    row,
)

APRIL = date(2026, 4, 1)


def content(evidence: Evidence) -> bytes:
    return b"".join(store.stream(evidence.blob_id))


@pytest.fixture
def signed(alice: User, world: World, tmp_path: Path) -> MonthSignature:
    """March: one day signed, two breaks open, one written off, 21 days that nobody signed."""
    world.expect(world.access, reconciliation_month.PAPERS, kind="event", cadence="monthly")
    books = Accounting(alice, tmp_path)
    cards = books.define()
    limits.set_limit(
        "reviewer", currency="EUR", of_one=500, of_month=900, reason="Small.", by=alice
    )
    run = books.both(cards, [row("s1"), row("=s2"), row("s3")], [row("s1", "10.50"), row("n1")])
    gone = books.proposed(breaks(cards)["s1"], "written_off")
    with clock(morning(MONDAY)):
        working.approve(gone, note="Small.", by=books.ivan)
    working.assign(list(cards.breaks.filter(is_open=True)), to=books.olga, by=books.olga)
    books.sign(run)
    with clock(morning(APRIL)):
        why = reasons_for(cards, MONDAY)
        return months.sign(cards, MONDAY, note="All of it.", reasons=why, by=books.ivan)


@pytest.mark.usefixtures("no_pdf")
def test_both_papers_become_evidence_of_the_month_once(signed: MonthSignature) -> None:
    assert list(reconciliation_month.waiting()) == [signed]
    assert reconciliation_month.papers_of(signed) == []
    excel, paper = reconciliation_month.issue(signed)
    assert reconciliation_month.issue(signed) == [excel, paper]
    assert list(reconciliation_month.waiting()) == []
    assert reconciliation_month.papers_of(signed) == [excel, paper]
    assert excel.claims.get().expectation.slug == reconciliation_month.PAPERS
    assert (excel.covers_from, excel.covers_to) == (date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.usefixtures("no_pdf")
def test_the_paper_says_days_reasons_sums_and_limits(signed: MonthSignature) -> None:
    text = content(reconciliation_month.issue(signed)[1]).decode()
    for part in (
        "ivan@books.example",
        "olga@books.example",
        "The bank was shut.",
        "22, of them signed: 1, signed late: 0",
        "written_off: 1",
        "0.50 EUR",
        "8.50 EUR",
        "8 to 30 days",
        "timing_overdue",
        signed.evidence.blob_id,
    ):
        assert part in text, part


@pytest.mark.usefixtures("no_pdf")
def test_the_sheet_holds_all_tables_and_no_formula(signed: MonthSignature) -> None:
    excel, _ = reconciliation_month.issue(signed)
    book = openpyxl.load_workbook(BytesIO(content(excel)))
    tables = ["By currency", "By leg", "Days", "Ages", "Open breaks", "Write-offs", "Limits"]
    assert book.sheetnames == ["Month", *tables]
    rows = {name: list(book[name].iter_rows(min_row=2, values_only=True)) for name in tables}
    assert rows["By leg"] == [
        ("a-b", "EUR", "opening", 0, 0, "yes"),
        ("a-b", "EUR", "new", 4, 950 + 2000, "yes"),
        ("a-b", "EUR", "cleared: written_off", 1, -50, "yes"),
        ("a-b", "EUR", "closing", 3, 3000, "yes"),
    ]
    assert len(rows["Days"]) == 22
    assert rows["Days"][0][1:4] == ("signed", 1, "ivan@books.example")
    assert rows["Days"][1][1:] == ("no run", None, None, None, None, "The bank was shut.")
    labels = {cell.value: cell.data_type for cell in book["Open breaks"]["D"][1:]}
    assert labels["=s2"] == "s"
    assert rows["Write-offs"][0][2:5] == ("EUR", 50, 50)
    assert rows["Limits"][0][:6] == ("reviewer", "EUR", 500, 900, 50, 850)


@pytest.mark.usefixtures("no_pdf")
def test_what_came_after_the_signature_changes_nothing(
    signed: MonthSignature, alice: User, tmp_path: Path
) -> None:
    month = reconciliation_month.Month(signed)
    before = reconciliation_month.page(month)
    (tmp_path / "x").mkdir()
    sheet = reconciliation_month.sheet(month, tmp_path / "x").read_bytes()
    limits.set_limit("reviewer", currency="EUR", of_one=1, of_month=1, reason="Less.", by=alice)
    (one,) = signed.reconciliation.breaks.filter(label="s3")
    working.assign([one], to=alice, by=alice)
    books = signed.reconciliation.owner
    with clock(morning(APRIL + DAY)):
        working.explain(one, cause="A fee.", by=books)
        working.propose(one, proposal="accepted", resolution="So.", by=books)
        working.approve(one, note="Seen.", by=signed.by)
    again = reconciliation_month.Month(MonthSignature.objects.get(pk=signed.pk))
    assert reconciliation_month.page(again) == before
    (tmp_path / "y").mkdir()
    assert reconciliation_month.sheet(again, tmp_path / "y").read_bytes() == sheet


@pytest.mark.usefixtures("no_pdf")
def test_the_schedule_asks_for_papers_once(signed: MonthSignature) -> None:
    for _ in range(2):
        tasks.ask_for_months(datetime.now(UTC))
    assert Job.objects.filter(kind=reconciliation_month.SENDER).count() == 1


@pytest.mark.usefixtures("pdf")
def test_the_paper_is_a_tagged_pdf_and_the_same_each_time(
    signed: MonthSignature, tmp_path: Path
) -> None:
    _, paper = reconciliation_month.issue(signed)
    assert paper.media_type == "application/pdf"
    with pikepdf.open(BytesIO(content(paper))) as pdf:
        assert bool(pdf.Root.MarkInfo.Marked)
        assert "/StructTreeRoot" in pdf.Root
    month = reconciliation_month.Month(signed)
    path, _ = reconciliation_paper.printed(reconciliation_month.page(month), month.name, tmp_path)
    assert path.read_bytes() == content(paper)
