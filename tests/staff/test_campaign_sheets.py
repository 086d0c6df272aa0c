"""Lines of review campaigns as sheets in the staff door: out, and decisions in with a preview."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from registers.models import Campaign, CampaignDecision, CampaignLine
from tests.registers.reviewing import Reviewed, lines
from tests.staff import desk
from tests.staff.desk import Desk, told, words


@pytest.fixture
def tokens(alices: Desk) -> Reviewed:
    return Reviewed(alices.user)


@pytest.fixture
def campaign(tokens: Reviewed) -> Campaign:
    return tokens.open()


@pytest.fixture
def ivans(tokens: Reviewed) -> Desk:
    return desk.at(tokens.ivan)


def exported(who: Desk) -> list[list[str]]:
    answer = who.get("campaign_csv", 1)
    assert "attachment" in answer["Content-Disposition"]
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content)))


def uploaded(rows: list[list[str]], name: str = "lines.csv") -> SimpleUploadedFile:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return SimpleUploadedFile(name, text.getvalue().encode())


def test_decisions_come_in_by_the_sheet_that_went_out(
    ivans: Desk, tokens: Reviewed, campaign: Campaign
) -> None:
    head, *rows = exported(ivans)
    decision, why = head.index("Decision"), head.index("Reason")
    for row, said in zip(rows, ["keep", "keep", "revoke", ""], strict=True):
        row[decision], row[why] = said, "As agreed." if said else ""
    shown = ivans.post("campaign_import", 1, file=uploaded([head, *rows]))
    assert "Decided 3 No decision 1" in words(shown)
    assert not CampaignDecision.objects.exists()
    sent = ivans.post("campaign_import", 1, follow=True, shown=shown.context["shown"])
    assert "3 decided by the sheet" in told(sent)
    assert [line.decision for line in lines(campaign)] == ["keep", "keep", "revoke", ""]
    twice = ivans.post("campaign_import", 1, follow=True, shown=shown.context["shown"])
    assert "Somebody else has changed this" in told(twice)


def test_one_wrong_line_stops_the_whole_sheet(
    ivans: Desk, tokens: Reviewed, campaign: Campaign
) -> None:
    CampaignLine.objects.filter(number=2).update(person=tokens.ivan.email)
    head, *rows = exported(ivans)
    for row in rows:
        row[head.index("Decision")], row[head.index("Reason")] = "keep", "As agreed."
    shown = ivans.post("campaign_import", 1, file=uploaded([head, *rows]))
    assert "1 line does not fit" in words(shown)
    assert "is about your own access" in words(shown)
    assert shown.context["shown"] == ""
    assert not CampaignDecision.objects.exists()


def test_a_preview_of_somebody_else_or_a_forged_one_does_nothing(
    alices: Desk, ivans: Desk, campaign: Campaign
) -> None:
    head, *rows = exported(ivans)
    rows[0][head.index("Decision")], rows[0][head.index("Reason")] = "keep", "As agreed."
    shown = ivans.post("campaign_import", 1, file=uploaded([head, *rows])).context["shown"]
    for who, said in ((alices, shown), (ivans, shown + "x"), (ivans, "x")):
        answer = who.post("campaign_import", 1, follow=True, shown=said)
        assert "no longer valid" in told(answer)
    assert not CampaignDecision.objects.exists()


def test_a_sheet_that_is_none_is_refused(ivans: Desk, campaign: Campaign) -> None:
    for rows, said in (
        ([["Vendor"], ["x"]], "no column of this register"),
        ([["Line", "Decision", "Reason"]], "no lines"),
    ):
        assert said in words(ivans.post("campaign_import", 1, file=uploaded(rows)))


def test_the_excel_sheet_is_sent(alices: Desk, campaign: Campaign) -> None:
    answer = alices.get("campaign_xlsx", 1)
    assert "attachment" in answer["Content-Disposition"]
    assert b"".join(answer.streaming_content)[:2] == b"PK"
