"""A finding moves by deeds only, each with its words, its leaf and the right to do it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from audits import finding_deeds, findings
from audits.days import today
from audits.errors import FindingError, NotAllowedError
from audits.finding_entries import record_of
from audits.finding_record import Part, Record, Side, State
from audits.models import Engagement
from evidence.models import LedgerEntry
from tests import cast
from tests.audits import findings as cases
from tests.audits.findings import Case
from tests.audits.world import World


@pytest.fixture
def case(world: World) -> Case:
    return cases.opened(world)


@pytest.fixture
def ruth(root: User) -> User:
    """Retests what Alice has remedied."""
    return root


@pytest.fixture
def auditor(case: Case, bob: User) -> User:
    cases.admit(case.engagement, bob, by=case.alice)
    return bob


def by_auditor(case: Case, bob: User) -> Case:
    """A finding of the auditor, in July."""
    finding = findings.open_finding(
        case.engagement,
        subject=cases.occurrence(case.world, case.engagement, cases.DAY.replace(month=7)),
        title="Second factor",
        condition="The auditor saw one person without.",
        source="auditor",
        by=bob,
    )
    return Case(case.world, case.engagement, finding, case.alice, case.proof)


def retest(case: Case, *, by: User, passed: bool = True, side: Side = Side.MANAGEMENT) -> Record:
    return finding_deeds.retest(
        case.finding, passed=passed, evidence=case.proof, text="Looked again.", by=by, side=side
    )


def test_the_whole_way_from_open_to_closed(case: Case, ruth: User) -> None:
    states = [case.finding.state]
    for deed in (
        case.respond,
        case.plan,
        case.finish,
        lambda: retest(case, by=ruth),
        lambda: finding_deeds.close(case.finding, conclusion="All have one.", by=case.alice),
    ):
        deed()
        states.append(record_of(case.finding).state)
    assert states == ["open", "responded", "remediation", "remediation", "retested", "closed"]
    kinds = LedgerEntry.objects.filter(subject=case.finding.ref).values_list("kind", flat=True)
    assert list(kinds) == [
        "finding.opened",
        "finding.observed",
        "finding.responded",
        "finding.action_planned",
        "finding.action_done",
        "finding.retested",
        "finding.closed",
    ]
    steps = case.finding.entries.values_list("step", flat=True)
    assert list(steps) == [1, 2, 3, 4, 5, 6, 7]


def test_words_stay_out_of_the_log_and_their_digest_is_in_it(case: Case) -> None:
    case.respond()
    leaf = LedgerEntry.objects.get(kind="finding.responded")
    assert "too late" not in leaf.leaf
    words = record_of(case.finding).entries[-1]
    assert len(json.loads(leaf.leaf)["body"]["words_sha256"]) == 64
    assert words.leaf == leaf.index


def test_an_edit_adds_a_revision_and_loses_nothing(case: Case) -> None:
    for text in ("First cause", "Better cause"):
        finding_deeds.revise(case.finding, part=Part.CAUSE, text=text, by=case.alice)
    record = record_of(case.finding)
    assert [one.text for one in record.revisions[Part.CAUSE]] == ["First cause", "Better cause"]
    current = record.current(Part.CAUSE)
    assert current
    assert current.text == "Better cause"
    assert record.state is State.OPEN


def test_a_later_response_revises_and_keeps_the_state(case: Case) -> None:
    case.respond()
    case.plan()
    finding_deeds.respond(case.finding, agrees=False, text="On second thought.", by=case.alice)
    record = record_of(case.finding)
    assert record.state is State.REMEDIATION
    assert [one.value for one in record.revisions[Part.RESPONSE]] == ["agree", "disagree"]


def test_a_failed_retest_opens_it_again(case: Case, ruth: User) -> None:
    assert retest(case.remedied(), by=ruth, passed=False).state is State.REOPENED


def test_the_risk_is_accepted_with_a_reason_and_can_be_reopened(case: Case) -> None:
    accepted = finding_deeds.accept_risk(case.finding, reason="It is small.", by=case.alice)
    assert accepted.state is State.RISK_ACCEPTED
    again = finding_deeds.reopen(case.finding, reason="It grew.", by=case.alice)
    assert again.state is State.REOPENED


def test_an_action_that_is_withdrawn_is_no_longer_open(case: Case) -> None:
    case.respond()
    case.plan()
    assert case.finding.standing.__class__.objects.get().next_due
    finding_deeds.withdraw_action(case.finding, action=1, reason="A better one.", by=case.alice)
    assert record_of(case.finding).open_actions == ()
    assert case.finding.standing.__class__.objects.get().next_due is None


class TestRefusals:
    def test_a_retest_before_anything_was_done(self, case: Case, ruth: User) -> None:
        with pytest.raises(FindingError, match="that is open cannot be retested"):
            retest(case, by=ruth)
        case.respond()
        case.plan()
        with pytest.raises(FindingError, match="Corrective action 1 is still open"):
            retest(case, by=ruth)
        finding_deeds.withdraw_action(case.finding, action=1, reason="No.", by=case.alice)
        with pytest.raises(FindingError, match="nothing to retest"):
            retest(case, by=ruth)

    def test_a_retest_by_the_one_who_remedied_it(self, case: Case) -> None:
        with pytest.raises(FindingError, match="Another person must retest"):
            retest(case.remedied(), by=case.alice)

    def test_a_plan_before_the_response(self, case: Case) -> None:
        with pytest.raises(FindingError, match="must be responded"):
            case.plan()

    def test_a_due_day_that_is_over(self, case: Case) -> None:
        case.respond()
        with pytest.raises(FindingError, match="over already"):
            case.plan(due=today() - timedelta(days=1))

    def test_an_action_that_is_not_there_or_done_already(self, case: Case) -> None:
        case.respond()
        case.plan()
        with pytest.raises(FindingError, match="no open corrective action 2"):
            case.finish(2)
        case.finish()
        with pytest.raises(FindingError, match="no open corrective action 1"):
            case.finish()

    @pytest.mark.parametrize(
        ("more", "match"),
        [
            ({"part": Part.NATURE, "text": "", "value": "rare"}, "isolated or systematic"),
            ({"part": Part.COMPENSATING, "text": "x", "value": "ZZ-1"}, "no control ZZ-1"),
            ({"part": Part.EXTENT, "text": ""}, "k of n"),
            ({"part": Part.EXTENT, "text": "", "exceptions": 4, "population": 3}, "k of n"),
            ({"part": Part.EXTENT, "text": "", "exceptions": -1, "population": 3}, "k of n"),
            ({"part": Part.CAUSE, "text": "  "}, "in words"),
            ({"part": Part.CAUSE, "text": "x" * 20_001}, "longer than 20,000"),
            ({"part": Part.RESPONSE, "text": "x"}, "deed of its own"),
            ({"part": Part.CONCLUSION, "text": "x"}, "deed of its own"),
        ],
    )
    def test_a_text_that_makes_no_sense(self, case: Case, more: dict[str, Any], match: str) -> None:
        with pytest.raises(FindingError, match=match):
            finding_deeds.revise(case.finding, by=case.alice, **more)

    @pytest.mark.parametrize("owner", ["", " ", "x" * 121])
    def test_an_action_without_a_fit_owner(self, case: Case, owner: str) -> None:
        case.respond()
        with pytest.raises(FindingError, match="Name who owns"):
            finding_deeds.plan_action(
                case.finding, text="x", owner=owner, due=today(), by=case.alice
            )


Deed = Callable[[Case, User], object]
DECIDE: list[Deed] = [
    lambda case, by: retest(case, by=by),
    lambda case, by: finding_deeds.close(case.finding, conclusion="x", by=by),
    lambda case, by: finding_deeds.reopen(case.finding, reason="x", by=by),
    lambda case, by: finding_deeds.accept_risk(case.finding, reason="x", by=by),
]
ANSWER: list[Deed] = [
    lambda case, by: finding_deeds.revise(case.finding, part=Part.CAUSE, text="x", by=by),
    lambda case, by: finding_deeds.comment(case.finding, text="x", by=by),
    lambda case, by: finding_deeds.respond(case.finding, agrees=True, text="x", by=by),
    lambda case, by: finding_deeds.plan_action(
        case.finding, text="x", owner="x", due=today(), by=by
    ),
    lambda case, by: finding_deeds.finish_action(
        case.finding, action=1, evidence=case.proof, text="x", by=by
    ),
    lambda case, by: finding_deeds.withdraw_action(case.finding, action=1, reason="x", by=by),
    lambda case, by: finding_deeds.draft_again(case.finding, by=by),
]


class TestWhoMay:
    @pytest.mark.parametrize("deed", [*DECIDE, *ANSWER])
    def test_an_auditor_does_nothing_for_management(
        self, case: Case, auditor: User, deed: Deed
    ) -> None:
        with pytest.raises(NotAllowedError):
            deed(case, auditor)

    @pytest.mark.parametrize("deed", DECIDE)
    def test_an_owner_of_controls_decides_nothing(self, case: Case, deed: Deed) -> None:
        with pytest.raises(NotAllowedError):
            deed(case, cast.person("control-owner"))

    def test_an_owner_of_controls_answers(self, case: Case) -> None:
        owner = cast.person("control-owner")
        finding_deeds.respond(case.finding, agrees=True, text="Yes.", by=owner)
        assert record_of(case.finding).entries[-1].actor == f"user:{owner.pk}"

    @pytest.mark.parametrize("deed", [*DECIDE, *ANSWER])
    def test_charlie_does_nothing(self, case: Case, charlie: User, deed: Deed) -> None:
        with pytest.raises(NotAllowedError):
            deed(case, charlie)


class TestTwoSides:
    def test_staff_cannot_edit_what_the_auditor_found(self, case: Case, auditor: User) -> None:
        theirs = by_auditor(case, auditor)
        with pytest.raises(FindingError, match="written by the auditor"):
            finding_deeds.revise(
                theirs.finding, part=Part.CONDITION, text="All was well.", by=case.alice
            )
        with pytest.raises(NotAllowedError):
            finding_deeds.revise(
                theirs.finding,
                part=Part.CONDITION,
                text="All was well.",
                by=case.alice,
                side=Side.AUDITOR,
            )

    def test_the_auditor_may_edit_it(self, case: Case, auditor: User) -> None:
        theirs = by_auditor(case, auditor)
        record = finding_deeds.revise(
            theirs.finding, part=Part.CONDITION, text="Two.", by=auditor, side=Side.AUDITOR
        )
        current = record.current(Part.CONDITION)
        assert current
        assert current.text == "Two."

    @pytest.mark.parametrize(
        "part", [Part.CAUSE, Part.EFFECT, Part.COMPENSATING, Part.NATURE, Part.CONDITION]
    )
    def test_the_auditor_cannot_edit_what_management_writes(
        self, case: Case, auditor: User, part: Part
    ) -> None:
        with pytest.raises(FindingError, match="written by management"):
            finding_deeds.revise(
                case.finding,
                part=part,
                text="x",
                value="isolated" if part is Part.NATURE else "",
                by=auditor,
                side=Side.AUDITOR,
            )

    def test_the_auditor_cannot_touch_the_response(self, case: Case, auditor: User) -> None:
        case.respond()
        with pytest.raises(FindingError, match="deed of its own"):
            finding_deeds.revise(
                case.finding, part=Part.RESPONSE, text="x", by=auditor, side=Side.AUDITOR
            )

    def test_each_side_has_its_own_report_text(self, case: Case, auditor: User) -> None:
        for by, side, text in (
            (case.alice, Side.MANAGEMENT, "Ours."),
            (auditor, Side.AUDITOR, "Theirs."),
        ):
            finding_deeds.revise(case.finding, part=Part.REPORT, text=text, by=by, side=side)
        record = record_of(case.finding)
        assert record.report_text(Side.MANAGEMENT) == "Ours."
        assert record.report_text(Side.AUDITOR) == "Theirs."

    def test_a_failed_retest_of_the_auditor_is_not_overruled(
        self, case: Case, auditor: User, ruth: User
    ) -> None:
        retest(case.remedied(), by=auditor, passed=False, side=Side.AUDITOR)
        case.plan()
        case.finish(2)
        retest(case, by=ruth)
        with pytest.raises(FindingError, match="auditor's last retest failed"):
            finding_deeds.close(case.finding, conclusion="We are fine.", by=case.alice)
        retest(case, by=auditor, side=Side.AUDITOR)
        closed = finding_deeds.close(case.finding, conclusion="Both agree.", by=case.alice)
        assert closed.state is State.CLOSED

    def test_what_an_auditor_found_closes_after_an_auditors_retest_only(
        self, case: Case, auditor: User, ruth: User
    ) -> None:
        theirs = by_auditor(case, auditor).remedied()
        retest(theirs, by=ruth)
        with pytest.raises(FindingError, match="An auditor opened this finding"):
            finding_deeds.close(theirs.finding, conclusion="x", by=case.alice)
        retest(theirs, by=auditor, side=Side.AUDITOR)
        finding_deeds.close(theirs.finding, conclusion="x", by=case.alice)
        assert record_of(theirs.finding).state is State.CLOSED

    def test_staff_cannot_say_by_name_that_they_are_the_auditor(self, case: Case) -> None:
        with pytest.raises(NotAllowedError):
            finding_deeds.comment(case.finding, text="x", by=case.alice, side="auditor")  # type: ignore[arg-type]

    def test_staff_cannot_conclude_as_auditors(self, case: Case, ruth: User) -> None:
        cases.admit(case.engagement, ruth, by=case.alice)
        with pytest.raises(NotAllowedError):
            retest(case.remedied(), by=ruth, side=Side.AUDITOR)

    def test_an_auditor_whose_access_ended_concludes_nothing(
        self, case: Case, auditor: User
    ) -> None:
        case.engagement.members.update(access_until=today() - timedelta(days=1))
        with pytest.raises(NotAllowedError):
            finding_deeds.comment(case.finding, text="x", by=auditor, side=Side.AUDITOR)

    def test_both_comment(self, case: Case, auditor: User) -> None:
        finding_deeds.comment(case.finding, text="Why?", by=auditor, side=Side.AUDITOR)
        finding_deeds.comment(case.finding, text="Because.", by=case.alice)
        sides = [one.side for one in record_of(case.finding).entries[-2:]]
        assert sides == [Side.AUDITOR, Side.MANAGEMENT]


def test_the_record_of_an_earlier_moment_is_what_was_known_then(case: Case) -> None:
    before = record_of(case.finding).entries[-1].at
    case.respond()
    assert record_of(case.finding, as_of=before).state is State.OPEN
    assert record_of(case.finding).state is State.RESPONDED


def test_remediation_takes_nothing_out_of_the_engagement(
    case: Case, ruth: User, world: World
) -> None:
    retest(case.remedied(), by=ruth)
    finding_deeds.close(case.finding, conclusion="Done.", by=case.alice)
    engagement = Engagement.objects.get()
    assert list(findings.of_occurrence(engagement, world.mfa.slug, cases.DAY, cases.DAY)) == [
        case.finding
    ]
