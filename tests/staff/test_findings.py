"""Findings in the staff door: listed, read with their whole history, and moved by deeds."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import User
from audits import findings
from audits.days import today
from audits.finding_entries import record_of
from audits.finding_record import Part, Side, State
from audits.models import Finding, FindingStanding
from compliance.staff.finding_forms import DEEDS
from tests import cast
from tests.audits import findings as cases
from tests.audits.findings import Case
from tests.audits.world import World
from tests.staff import desk
from tests.staff.desk import Desk, assert_refused, at_most, words

LIST = "audits_finding_changelist"
PAGE = "audits_finding_change"
DO = "finding_do"


@pytest.fixture
def case(world: World) -> Case:
    return cases.opened(world)


def state(case: Case) -> State:
    return record_of(case.finding).state


class TestList:
    def test_an_empty_list_says_how_findings_come(self, alices: Desk) -> None:
        assert "A check that finds exceptions opens one by itself;" in alices.text(LIST)

    def test_it_lists_what_there_is(self, alices: Desk, case: Case) -> None:
        text = alices.text(LIST)
        assert "Staff without a second factor" in text
        assert case.finding.ref in text
        assert "AC-01" in text

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ({"state": "open"}, True),
            ({"state": "unsettled"}, True),
            ({"state": "closed"}, False),
            ({"actions": "open"}, False),
            ({"q": "ac-01"}, True),
            ({"q": "staff-mfa-state"}, True),
            ({"q": "AV-01"}, False),
            ({"engagement": "999"}, False),
            ({"engagement": "x"}, True),
        ],
    )
    def test_it_is_narrowed(
        self, alices: Desk, case: Case, query: dict[str, str], shown: bool
    ) -> None:
        assert (case.finding.title in alices.text(LIST, **query)) is shown

    def test_overdue_actions_are_found(self, alices: Desk, case: Case) -> None:
        case.respond()
        case.plan()
        assert case.finding.title not in alices.text(LIST, actions="overdue")
        FindingStanding.objects.update(next_due=today() - timedelta(days=1))
        text = alices.text(LIST, actions="overdue")
        assert case.finding.title in text
        assert "Overdue:" in text

    def test_its_queries_do_not_grow(self, alices: Desk, case: Case) -> None:
        for month in (7, 8):
            findings.open_finding(
                case.engagement,
                subject=cases.occurrence(case.world, case.engagement, date(2026, month, 3)),
                title="Another",
                condition="x",
                source="own_test",
                by=case.alice,
            )
        alices.get(LIST)
        with at_most(12):
            alices.get(LIST)


class TestPage:
    def test_it_tells_all(self, alices: Desk, case: Case) -> None:
        cases.describe(case)
        case.remedied()
        text = alices.text(PAGE, case.finding.pk)
        for said in (
            "one person had none",
            "1 of 3 staff accounts",
            "The account was made by hand",
            "isolated",
            "We saw it too late.",
            "Force a second factor",
            "Head of IT",
            case.proof.ref,
            "For 1 of 3 staff accounts:",
            "Conclude a retest",
            "8. Responded",
        ):
            assert said in text, said

    def test_earlier_texts_stay_visible(self, alices: Desk, case: Case) -> None:
        for text in ("The first cause", "The second cause"):
            alices.post(DO, case.finding.pk, "cause", text=text)
        shown = alices.text(PAGE, case.finding.pk)
        assert "1 earlier text" in shown
        assert "The first cause" in shown

    def test_what_is_typed_is_shown_and_never_run(self, alices: Desk, case: Case) -> None:
        alices.post(DO, case.finding.pk, "cause", text="<script>alert(1)</script>")
        page = alices.get(PAGE, case.finding.pk).content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page

    def test_its_queries_are_few(self, alices: Desk, case: Case) -> None:
        case.remedied()
        alices.get(PAGE, case.finding.pk)
        with at_most(14):
            alices.get(PAGE, case.finding.pk)

    def test_who_may_only_look_sees_no_deeds(self, case: Case) -> None:
        text = desk.at(cast.person("executive")).text(PAGE, case.finding.pk)
        assert "What to do" not in text


class TestDeeds:
    def test_the_whole_way(self, alices: Desk, case: Case, root: User) -> None:
        ruths = desk.at(root)
        due = (today() + timedelta(days=9)).isoformat()
        proof = case.proof.ref.lower()
        for at, deed, data, after in (
            (alices, "respond", {"agrees": "yes", "text": "True."}, "responded"),
            (alices, "plan", {"text": "Mend it", "owner": "IT", "due": due}, "remediation"),
            (alices, "plan", {"text": "Twice", "owner": "IT", "due": due}, "remediation"),
            (alices, "withdraw", {"action": 2, "reason": "Once will do."}, "remediation"),
            (alices, "finish", {"action": 1, "evidence": proof, "text": ""}, "remediation"),
            (ruths, "retest", {"passed": "yes", "evidence": proof, "text": "Good"}, "retested"),
            (alices, "close", {"conclusion": "It is done."}, "closed"),
            (alices, "reopen", {"reason": "It is not."}, "reopened"),
            (alices, "accept-risk", {"reason": "Leave it."}, "risk_accepted"),
            (alices, "comment", {"text": "Noted."}, "risk_accepted"),
        ):
            answer = at.post(DO, case.finding.pk, deed, **data)
            assert answer.status_code == 302, words(answer)
            assert state(case) == after

    @pytest.mark.parametrize(
        ("deed", "data"),
        [
            ("condition", {"text": "Better words"}),
            ("cause", {"text": "By hand"}),
            ("effect", {"text": "None"}),
            ("report", {"text": "For 1 of 3"}),
            ("nature", {"value": "systematic", "text": ""}),
            ("compensating", {"value": "AC-01", "text": "It holds"}),
            ("extent", {"exceptions": 1, "population": 3, "value": "people", "text": ""}),
        ],
    )
    def test_each_text_is_revised(
        self, alices: Desk, case: Case, deed: str, data: dict[str, Any]
    ) -> None:
        assert alices.get(DO, case.finding.pk, deed).status_code == 200
        assert alices.post(DO, case.finding.pk, deed, **data).status_code == 302
        current = record_of(case.finding).current(Part(deed))
        assert current
        for name, value in data.items():
            assert getattr(current, name) == value

    @pytest.mark.parametrize("deed", DEEDS)
    def test_every_form_opens_and_refuses_an_empty_answer(
        self, alices: Desk, case: Case, deed: str
    ) -> None:
        assert alices.get(DO, case.finding.pk, deed).status_code == 200
        steps = case.finding.entries.count()
        assert alices.post(DO, case.finding.pk, deed).status_code == 200
        assert case.finding.entries.count() == steps

    def test_a_refusal_of_the_room_is_shown_and_keeps_what_was_typed(
        self, alices: Desk, case: Case
    ) -> None:
        answer = alices.post(DO, case.finding.pk, "close", conclusion="We are done here.")
        assert answer.status_code == 200
        assert "cannot be closed" in words(answer)
        assert "We are done here." in answer.content.decode()

    @pytest.mark.parametrize("ref", ["EV-999999", "x", "EV-\0"])
    def test_evidence_that_is_not_there_is_refused(
        self, alices: Desk, case: Case, ref: str
    ) -> None:
        case.respond()
        case.plan()
        answer = alices.post(DO, case.finding.pk, "finish", action=1, evidence=ref, text="")
        assert answer.status_code == 200
        assert state(case) == "remediation"

    def test_the_draft_is_used_again(self, alices: Desk, case: Case) -> None:
        alices.post(DO, case.finding.pk, "report", text="My own words")
        assert alices.post("finding_draft", case.finding.pk).status_code == 302
        assert "one person had none" in record_of(case.finding).report_text(Side.MANAGEMENT)

    def test_staff_cannot_edit_what_the_auditor_wrote(
        self, alices: Desk, case: Case, bob: User
    ) -> None:
        cases.admit(case.engagement, bob, by=case.alice)
        theirs = findings.open_finding(
            case.engagement,
            subject=cases.occurrence(case.world, case.engagement, date(2026, 7, 1)),
            title="By the auditor",
            condition="Seen by the auditor.",
            source="auditor",
            by=bob,
        )
        assert f'{desk.url(DO, theirs.pk, "condition")}"' not in (
            alices.get(PAGE, theirs.pk).content.decode()
        )
        answer = alices.post(DO, theirs.pk, "condition", text="All was well.")
        assert "written by the auditor" in words(answer)

    def test_an_unknown_deed_or_finding_is_not_found(self, alices: Desk, case: Case) -> None:
        assert alices.get(DO, case.finding.pk, "erase").status_code == 404
        assert alices.get(DO, 999, "close").status_code == 404
        assert alices.post("finding_draft", 999).status_code == 404
        assert alices.get(PAGE, 999).status_code == 404


class TestOpening:
    def test_one_is_opened_by_own_test(self, alices: Desk, world: World) -> None:
        world.engagement()
        assert alices.get("finding_open").status_code == 200
        data: dict[str, Any] = {
            "expectation": world.mfa.pk,
            "title": "None",
            "condition": "It was missed.",
        }
        assert alices.post("finding_open", day="2026-06-10", **data).status_code == 302
        assert Finding.objects.get().source == "own_test"

    def test_a_day_outside_the_window_is_refused(self, alices: Desk, world: World) -> None:
        world.engagement()
        data: dict[str, Any] = {
            "expectation": world.mfa.pk,
            "title": "None",
            "condition": "It was missed.",
        }
        answer = alices.post("finding_open", day="2025-06-10", **data)
        assert "expects nothing of staff-mfa-state on 2025-06-10" in words(answer)
        assert not Finding.objects.exists()

    def test_without_an_engagement_it_leads_there(self, alices: Desk) -> None:
        assert alices.get("finding_open").url == desk.url("audits_engagement_changelist")


class TestActions:
    def test_the_open_ones_are_exported_and_safe_to_open(self, alices: Desk, case: Case) -> None:
        case.respond()
        case.plan()
        case.finish()
        alices.post(DO, case.finding.pk, "plan", text="=cmd|x", owner="IT", due=today().isoformat())
        content = alices.get("finding_actions").content.decode("utf-8-sig")
        [row] = csv.DictReader(io.StringIO(content))
        assert row["Finding"] == case.finding.ref
        assert (row["Action"], row["What is to be done"]) == ("2", "'=cmd|x")
        assert (row["Due"], row["Overdue by days"]) == (today().isoformat(), "")

    @pytest.mark.usefixtures("case")
    def test_none_is_a_table_without_rows(self, alices: Desk) -> None:
        content = alices.get("finding_actions").content.decode("utf-8-sig")
        assert list(csv.DictReader(io.StringIO(content))) == []


def test_the_overview_says_how_many_wait(alices: Desk, case: Case) -> None:
    assert "1 finding waits for a response." in alices.text("index")
    case.respond()
    case.plan()
    FindingStanding.objects.update(next_due=today() - timedelta(days=1))
    text = alices.text("index")
    assert "waits for a response" not in text
    assert "1 finding has a corrective action that is overdue." in text


def test_strangers_are_refused(case: Case, strangers: tuple[User, ...]) -> None:
    pk = case.finding.pk
    for name, *args in (
        [LIST],
        [PAGE, pk],
        [DO, pk, "close"],
        ["finding_draft", pk],
        ["finding_open"],
        ["finding_actions"],
    ):
        assert_refused(str(name), *args, strangers=strangers)


def test_staff_without_the_capability_are_refused(case: Case) -> None:
    pk = case.finding.pk
    executives = desk.at(cast.person("executive"))
    assert executives.get(DO, pk, "respond").status_code == 403
    assert executives.post("finding_draft", pk).status_code == 403
    assert executives.get("finding_open").status_code == 403
    owners = desk.at(cast.person("control-owner"))
    assert owners.get(DO, pk, "respond").status_code == 200
    answer = owners.post(DO, pk, "accept-risk", reason="x")
    assert "may not do this with findings" in words(answer)
    assert owners.get("finding_open").status_code == 403


def test_wrong_methods_are_refused(alices: Desk, case: Case) -> None:
    pk = case.finding.pk
    assert alices.get("finding_draft", pk).status_code == 405
    assert alices.post(LIST).status_code == 405
    assert alices.post(PAGE, pk).status_code == 405
    assert alices.post("finding_actions").status_code == 405
    for name, *args in ([DO, pk, "close"], ["finding_open"]):
        assert alices.client.put(desk.url(str(name), *args)).status_code == 405
