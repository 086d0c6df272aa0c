"""Lines of a campaign out to a sheet and decisions back in: all of them, or none."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from accounts.models import User
from registers import incoming
from registers.campaigns import deciding, sheets
from registers.campaigns.sheets import Deed, Plan
from registers.errors import ChangedMeanwhileError, SheetError
from registers.models import Campaign, CampaignDecision
from reports import campaign_sheet
from tests.registers.reviewing import Reviewed, lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def tokens(alice: User, var_dir: object) -> Reviewed:
    return Reviewed(alice)


@pytest.fixture
def campaign(tokens: Reviewed) -> Campaign:
    return tokens.open()


def planned(campaign: Campaign, by: User, *rows: tuple[object, ...], head: Any = None) -> Plan:
    head = head or ["Line", "Token", "Decision", "Reason"]
    return sheets.plan(campaign, head=head, lines=enumerate(rows, 2), by=by)


def test_what_goes_out_comes_back_unchanged(
    tokens: Reviewed, campaign: Campaign, tmp_path: Path
) -> None:
    tokens.decide(campaign, "keep", 1, why="=1+1, but still.")
    path = tmp_path / "lines.xlsx"
    campaign_sheet.write(campaign, path)
    with incoming.opened(path, sheets.table(campaign), name="lines.xlsx") as sheet:
        plan = sheets.plan(campaign, head=sheet.head, lines=sheet.lines, by=tokens.ivan)
    assert plan.counts == {Deed.DECIDE: 0, Deed.SAME: 1, Deed.OPEN: 3, Deed.REFUSED: 0}


def test_decisions_that_were_written_into_the_sheet_are_taken(
    tokens: Reviewed, campaign: Campaign, tmp_path: Path
) -> None:
    path = tmp_path / "lines.xlsx"
    campaign_sheet.write(campaign, path)
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet is not None
    for row, (decision, why) in enumerate([("keep", "Used."), ("revoke", "Unknown.")], 2):
        sheet.cell(row, 6, decision)
        sheet.cell(row, 7, why)
    book.save(path)
    with incoming.opened(path, sheets.table(campaign), name="lines.xlsx") as opened:
        plan = sheets.plan(campaign, head=opened.head, lines=opened.lines, by=tokens.ivan)
    assert plan.counts[Deed.DECIDE] == 2
    deciding.decide_each(campaign, wanted=plan.wanted, by=tokens.ivan, shown=plan.shown)
    assert [line.decision for line in lines(campaign)] == ["keep", "revoke", "", ""]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((9, "9", "keep", "Used."), "no line '9'"),
        (("x", "1", "keep", "Used."), "Line"),
        ((None, "1", "keep", "Used."), "no line ''"),
        ((1, "2", "keep", "Used."), "sorted without"),
        ((1, "1", "bless", "Used."), "Decision"),
        ((1, "1", "keep", ""), "Say why"),
        ((1, "1", "keep", "a\x07b"), "control characters"),
        ((1, "1", None, "Used."), "a reason and no decision"),
    ],
    ids=["no-line", "no-number", "nothing", "sorted", "unknown", "silent", "control", "forgotten"],
)
def test_a_row_that_does_not_fit_is_refused_with_the_reason(
    tokens: Reviewed, campaign: Campaign, row: tuple[object, ...], said: str
) -> None:
    (line,) = planned(campaign, tokens.ivan, row).lines
    assert line.deed == Deed.REFUSED
    assert said in line.problem


def test_a_line_there_twice_or_of_somebody_else_is_refused(
    tokens: Reviewed, campaign: Campaign, alice: User
) -> None:
    twice = planned(campaign, tokens.ivan, (1, 1.0, "keep", "A."), (1, "1", "keep", "B."))
    assert [line.deed for line in twice.lines] == [Deed.DECIDE, Deed.REFUSED]
    (other,) = planned(campaign, alice, (1, "1", "keep", "A.")).lines
    assert "is not yours" in other.problem


def test_a_sheet_of_something_else_is_refused(tokens: Reviewed, campaign: Campaign) -> None:
    with pytest.raises(SheetError, match="no column of this register"):
        planned(campaign, tokens.ivan, ("x",), head=["Vendor"])
    with pytest.raises(SheetError, match="'Decision'"):
        planned(campaign, tokens.ivan, (1, "Used."), head=["Line", "Reason"])
    with pytest.raises(SheetError, match="no lines"):
        planned(campaign, tokens.ivan)


def test_too_many_rows_are_refused(
    tokens: Reviewed, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST_LINES", 1)
    with pytest.raises(SheetError, match="more than 1 lines"):
        planned(campaign, tokens.ivan, (1, "1", "", ""), (2, "2", "", ""))


def test_what_changed_since_the_preview_is_not_overwritten(
    tokens: Reviewed, campaign: Campaign
) -> None:
    plan = planned(campaign, tokens.ivan, (1, "1", "keep", "A."), (2, "2", "revoke", "B."))
    tokens.decide(campaign, "revoke", 2)
    with pytest.raises(ChangedMeanwhileError):
        deciding.decide_each(campaign, wanted=plan.wanted, by=tokens.ivan, shown=plan.shown)
    assert CampaignDecision.objects.count() == 1
