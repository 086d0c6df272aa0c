"""An auditor reads findings, opens them, comments, and concludes retests that stay their own."""

from typing import Any

import pytest
from django.test import Client

from audits import finding_deeds
from audits.errors import FindingError, NotAllowedError
from audits.finding_entries import record_of
from audits.finding_record import EntryKind, Part, Side, State
from audits.models import EngagementMember, Finding
from tests.audits.findings import Case
from tests.portal import house as houses
from tests.portal.house import ESCAPED, HOSTILE, House


@pytest.fixture
def case(house: House) -> Case:
    return Case(house.world, house.engagement, house.finding, house.world.alice, house.staff)


def post(door: Client, house: House, rest: str, **data: Any) -> Any:
    return door.post(house.path(f"findings/{rest}"), data)


def page(door: Client, house: House, rest: str = "") -> str:
    answer = door.get(house.path(f"findings/{rest}"))
    assert answer.status_code == 200
    return str(answer.content.decode())


class TestReading:
    def test_the_list_names_what_there_is(self, door: Client, house: House) -> None:
        text = page(door, house)
        assert house.finding.title in text
        assert house.finding.ref in text

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("?state=open", True),
            ("?state=closed", False),
            ("?control=AC-01", True),
            ("?before=1", False),
            ("?before=2", True),
        ],
    )
    def test_the_list_is_narrowed(
        self, door: Client, house: House, query: str, shown: bool
    ) -> None:
        assert (house.finding.title in page(door, house, query)) is shown

    def test_a_long_list_goes_on(
        self, door: Client, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("compliance.portal.findings.PAGE", 1)
        second = houses.find(house.engagement, house.world, day=house.world.start.replace(month=7))
        first = page(door, house)
        assert second.ref in first
        assert f"{house.finding.ref}<" not in first
        assert "before=2" in first
        assert house.finding.ref in page(door, house, "?before=2")

    def test_its_queries_do_not_grow_with_the_findings(self, door: Client, house: House) -> None:
        few = houses.queries(door, house.path("findings/"))
        houses.find(house.engagement, house.world, day=house.world.start.replace(month=7))
        assert houses.queries(door, house.path("findings/")) == few <= 12

    def test_a_page_shows_the_whole_history(self, door: Client, house: House, case: Case) -> None:
        case.remedied()
        text = page(door, house, f"{house.finding.ref}/")
        for said in ("one person had none", "We saw it too late.", "Head of IT", "It is forced."):
            assert said in text
        assert houses.queries(door, house.path(f"findings/{house.finding.ref}/")) <= 12

    def test_a_view_is_noted(self, door: Client, house: House) -> None:
        page(door, house, f"{house.finding.ref}/")
        assert house.finding.ref in houses.notes("view")

    def test_words_of_the_company_are_shown_and_never_run(
        self, door: Client, house: House, case: Case
    ) -> None:
        finding_deeds.comment(case.finding, text=HOSTILE, by=case.alice)
        text = page(door, house, f"{house.finding.ref}/")
        assert ESCAPED in text
        assert HOSTILE not in text

    def test_evidence_outside_the_audit_is_no_link(
        self, door: Client, house: House, case: Case
    ) -> None:
        case.proof = house.outside
        case.remedied()
        text = page(door, house, f"{house.finding.ref}/")
        assert house.outside.ref in text
        assert f"evidence/{house.outside.ref}/" not in text

    def test_a_finding_of_another_audit_is_not_found(self, door: Client, house: House) -> None:
        other = houses.find(house.other, house.world, day=house.other.window_from)
        assert door.get(house.path(f"findings/{other.ref}/")).status_code == 404
        assert post(door, house, f"{other.ref}/comment/", text="x").status_code == 404


class TestOpening:
    DATA = {"expectation": "staff-mfa-state", "title": "July", "condition": "One had none."}

    def test_an_auditor_opens_one_and_staff_cannot_edit_it(
        self, door: Client, house: House
    ) -> None:
        assert page(door, house, "open/")
        answer = post(door, house, "open/", day="2026-07-10", **self.DATA)
        found = Finding.objects.get(title="July")
        assert (answer.status_code, answer.url) == (302, house.path(f"findings/{found.ref}/"))
        assert (found.source, found.opened_by) == ("auditor", house.bob)
        with pytest.raises(FindingError, match="written by the auditor"):
            finding_deeds.revise(
                found, part=Part.CONDITION, text="All was well.", by=house.world.alice
            )

    @pytest.mark.parametrize(
        "wrong",
        [
            {"day": "2025-07-10"},
            {"day": "x"},
            {"expectation": "restore-report", "day": "2026-07-10"},
            {"condition": "", "day": "2026-07-10"},
            {"title": "\0", "day": "2026-07-10"},
        ],
    )
    def test_what_makes_no_sense_is_said(
        self, door: Client, house: House, wrong: dict[str, str]
    ) -> None:
        answer = post(door, house, "open/", **{**self.DATA, **wrong})
        assert answer.status_code == 200
        assert Finding.objects.count() == 1


class TestDeeds:
    def test_a_comment_is_the_auditors(self, door: Client, house: House) -> None:
        answer = post(door, house, f"{house.finding.ref}/comment/", text="Why?")
        assert answer.status_code == 302
        last = record_of(house.finding).entries[-1]
        assert (last.kind, last.side, last.text) == (EntryKind.COMMENTED, Side.AUDITOR, "Why?")

    def test_a_retest_is_concluded_and_nobody_else_can_change_it(
        self, door: Client, house: House, case: Case
    ) -> None:
        case.remedied()
        answer = post(
            door,
            house,
            f"{house.finding.ref}/retest/",
            passed="no",
            evidence=house.staff.ref,
            text="One still has none.",
        )
        assert answer.status_code == 302
        assert record_of(case.finding).state is State.REOPENED
        with pytest.raises(NotAllowedError):
            finding_deeds.retest(
                case.finding,
                passed=True,
                evidence=house.staff,
                text="x",
                by=case.alice,
                side=Side.AUDITOR,
            )

    def test_only_evidence_of_this_audit_shows_a_retest(
        self, door: Client, house: House, case: Case
    ) -> None:
        case.remedied()
        for ref in (house.outside.ref, "EV-999999", "\0"):
            answer = post(
                door,
                house,
                f"{house.finding.ref}/retest/",
                passed="yes",
                evidence=ref,
                text="x",
            )
            assert answer.status_code == 200
        assert record_of(case.finding).state is State.REMEDIATION

    def test_a_retest_before_anything_was_done_is_refused_with_the_reason(
        self, door: Client, house: House
    ) -> None:
        answer = post(
            door,
            house,
            f"{house.finding.ref}/retest/",
            passed="yes",
            evidence=house.staff.ref,
            text="My words",
        )
        text = answer.content.decode()
        assert "cannot be retested" in text
        assert "My words" in text

    def test_the_auditor_reopens_and_keeps_an_own_report_text(
        self, door: Client, house: House, case: Case
    ) -> None:
        finding_deeds.accept_risk(case.finding, reason="Small.", by=case.alice)
        post(door, house, f"{house.finding.ref}/reopen/", reason="It is not small.")
        post(door, house, f"{house.finding.ref}/report/", text="For 1 of 3, ...")
        record = record_of(case.finding)
        assert record.state is State.REOPENED
        assert record.report_text(Side.AUDITOR) == "For 1 of 3, ..."
        assert record.report_text(Side.MANAGEMENT) == ""

    def test_the_auditor_cannot_edit_what_management_wrote(
        self, door: Client, house: House
    ) -> None:
        answer = post(door, house, f"{house.finding.ref}/condition/", text="Worse.")
        assert "written by management" in answer.content.decode()
        for deed in ("respond", "cause", "close", "plan"):
            assert post(door, house, f"{house.finding.ref}/{deed}/", text="x").status_code == 404

    @pytest.mark.parametrize("deed", ["comment", "retest", "reopen", "condition", "report"])
    def test_every_form_opens_and_refuses_an_empty_answer(
        self, door: Client, house: House, deed: str
    ) -> None:
        steps = house.finding.entries.count()
        assert page(door, house, f"{house.finding.ref}/{deed}/")
        assert post(door, house, f"{house.finding.ref}/{deed}/").status_code == 200
        assert house.finding.entries.count() == steps

    def test_an_observer_reads_and_says_nothing(self, door: Client, house: House) -> None:
        EngagementMember.objects.update(role="observer")
        assert page(door, house, f"{house.finding.ref}/")
        answer = post(door, house, f"{house.finding.ref}/comment/", text="x")
        assert "Only an auditor" in answer.content.decode()
