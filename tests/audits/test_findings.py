"""One finding for each subject; a repeated deviation is kept as another observation."""

import json
from datetime import date, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import User
from audits import engagements, finding_deeds, findings
from audits.errors import ClosedError, FindingError, NotAllowedError, WindowError
from audits.finding_entries import record_of
from audits.finding_record import EntryKind, Kind, Part, Side, State
from audits.models import Engagement, Finding, FindingEntry
from controls.append_only import unguarded
from evidence.models import LedgerEntry
from tests import cast
from tests.audits import findings as cases
from tests.audits.world import World


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement()


def open_one(
    world: World, engagement: Engagement, *, by: User | None, source: str = "own_test", **more: str
) -> Finding:
    return findings.open_finding(
        engagement,
        subject=cases.occurrence(world, engagement),
        title=more.get("title", "Staff without a second factor"),
        condition=more.get("condition", "One person had none."),
        source=source,
        by=by,
    )


def test_a_finding_says_what_it_concerns_and_leaves_leaves(
    world: World, engagement: Engagement
) -> None:
    finding = open_one(world, engagement, by=world.alice)
    assert finding.ref == f"{engagement.ref}-F1"
    assert (finding.control_ref, finding.expectation_slug) == ("AC-01", "staff-mfa-state")
    assert (finding.start.isoformat(), finding.end.isoformat()) == ("2026-06-01", "2026-06-30")
    assert finding.state is State.OPEN
    leaves = LedgerEntry.objects.filter(subject=finding.ref)
    assert [one.kind for one in leaves] == ["finding.opened", "finding.observed"]
    said = json.loads(leaves[0].leaf)
    assert said["actor"] == f"user:{world.alice.pk}"
    assert said["body"]["control"] == "AC-01"
    assert "One person" not in leaves[0].leaf


def test_the_same_subject_has_one_finding_and_each_observation_is_kept(
    world: World, engagement: Engagement
) -> None:
    first = open_one(world, engagement, by=world.alice)
    again = open_one(world, engagement, by=world.alice, condition="Two people had none.")
    assert again == first
    texts = [one.text for one in record_of(first).observations]
    assert texts == ["One person had none.", "Two people had none."]
    condition = record_of(first).current(Part.CONDITION)
    assert condition
    assert condition.text == "One person had none."


def test_the_same_words_again_add_nothing(world: World, engagement: Engagement) -> None:
    finding = open_one(world, engagement, by=world.alice)
    steps = finding.entries.count()
    open_one(world, engagement, by=world.alice)
    assert finding.entries.count() == steps


def test_another_engagement_has_a_finding_of_its_own(world: World, engagement: Engagement) -> None:
    first = open_one(world, engagement, by=world.alice)
    other = world.engagement()
    second = open_one(world, other, by=world.alice)
    assert (second.number, first.number) == (1, 1)
    assert list(findings.of_engagement(other)) == [second]


def test_findings_are_found_by_their_occurrence(world: World, engagement: Engagement) -> None:
    finding = open_one(world, engagement, by=world.alice)
    june, july = (date(2026, 6, 1), date(2026, 6, 30)), (date(2026, 7, 1), date(2026, 7, 31))
    assert list(findings.of_occurrence(engagement, world.mfa.slug, *june)) == [finding]
    assert not findings.of_occurrence(engagement, world.mfa.slug, *july).exists()
    assert not findings.of_occurrence(engagement, world.leavers.slug, *june).exists()


def test_a_sampled_deviation_belongs_to_each_occurrence_that_its_table_meets(
    world: World, engagement: Engagement
) -> None:
    subject = findings.Subject(
        kind="sample_item",
        ref="P1/D1#3A",
        control_ref=world.access.ref,
        expectation_slug=world.leavers.slug,
        start=date(2026, 6, 1),
        end=date(2026, 7, 31),
    )
    finding = findings.open_finding(
        engagement, subject=subject, title="Late", condition="x", source="own_test", by=world.alice
    )
    for month, found in ((6, [finding]), (7, [finding]), (8, [])):
        days = date(2026, month, 2), date(2026, month, 28)
        assert list(findings.of_occurrence(engagement, world.leavers.slug, *days)) == found


def test_as_of_an_earlier_moment_it_stands_as_it_stood_then(
    world: World, engagement: Engagement
) -> None:
    before = timezone.now()
    finding = open_one(world, engagement, by=world.alice)
    opened = finding.entries.order_by("-step")[0].at
    finding_deeds.respond(finding, agrees=True, text="Too late.", by=world.alice)

    def known(as_of: datetime | None) -> list[tuple[Finding, str]]:
        rows: Any = findings.as_known(engagement, as_of)
        return [(one, one.was) for one in rows]

    assert known(before) == []
    assert known(opened) == [(finding, "open")]
    assert known(None) == [(finding, "responded")]


def test_a_sample_item_can_be_a_subject(world: World, engagement: Engagement) -> None:
    subject = findings.Subject(
        kind="sample_item",
        ref="draw 1, item 7",
        control_ref="AC-01",
        expectation_slug=world.leavers.slug,
        start=engagement.window_from,
        end=engagement.window_to,
    )
    finding = findings.open_finding(
        engagement,
        subject=subject,
        title="Access was not removed",
        condition="Access was removed two days late.",
        source="own test",
        by=world.alice,
    )
    assert finding.source == "own_test"
    opened = LedgerEntry.objects.get(subject=finding.ref, kind="finding.opened")
    assert "item 7" not in opened.leaf


def test_a_deviation_that_is_seen_again_reopens_what_was_closed(world: World, bob: User) -> None:
    case = cases.opened(world).remedied()
    root = cast.person("administrator")
    finding_deeds.retest(
        case.finding, passed=True, evidence=case.proof, text="All have one.", by=root
    )
    finding_deeds.close(case.finding, conclusion="Done.", by=case.alice)
    open_one(world, case.engagement, by=case.alice, condition="It happened again.")
    record = record_of(case.finding)
    assert record.state is State.REOPENED
    assert [one.kind for one in record.entries[-2:]] == [EntryKind.OBSERVED, EntryKind.REOPENED]


def test_a_closed_engagement_gets_no_more_findings(world: World, engagement: Engagement) -> None:
    engagements.close_engagement(engagement, by=world.alice)
    with pytest.raises(ClosedError):
        open_one(world, engagement, by=world.alice)
    assert not Finding.objects.exists()


@pytest.mark.parametrize(
    ("title", "condition"), [(" ", "words"), ("words", "\n"), ("a", "x" * 20_001)]
)
def test_a_finding_without_its_words_is_refused(
    world: World, engagement: Engagement, title: str, condition: str
) -> None:
    with pytest.raises(FindingError):
        open_one(world, engagement, by=world.alice, title=title, condition=condition)


def test_an_unknown_source_is_refused(world: World, engagement: Engagement) -> None:
    with pytest.raises(FindingError, match="found by one of check, auditor, own_test"):
        open_one(world, engagement, by=world.alice, source="rumour")


def test_a_day_on_which_nothing_is_expected_is_refused(
    world: World, engagement: Engagement
) -> None:
    with pytest.raises(WindowError, match="expects nothing of staff-mfa-state on 2025"):
        cases.occurrence(world, engagement, cases.DAY.replace(year=2025))


class TestWhoMayOpen:
    def test_an_owner_of_controls_may_not(self, world: World, engagement: Engagement) -> None:
        with pytest.raises(NotAllowedError):
            open_one(world, engagement, by=cast.person("control-owner"))

    def test_an_auditor_of_the_engagement_may_as_auditor_only(
        self, world: World, engagement: Engagement, bob: User
    ) -> None:
        cases.admit(engagement, bob, by=world.alice)
        with pytest.raises(NotAllowedError):
            open_one(world, engagement, by=bob, source="own_test")
        finding = open_one(world, engagement, by=bob, source="auditor")
        assert {one.side for one in record_of(finding).entries} == {Side.AUDITOR}

    def test_an_auditor_of_another_engagement_may_not(
        self, world: World, engagement: Engagement, bob: User
    ) -> None:
        cases.admit(world.engagement(), bob, by=world.alice)
        with pytest.raises(NotAllowedError):
            open_one(world, engagement, by=bob, source="auditor")

    def test_an_observer_may_not(self, world: World, engagement: Engagement, bob: User) -> None:
        cases.admit(engagement, bob, by=world.alice, role="observer")
        with pytest.raises(NotAllowedError):
            open_one(world, engagement, by=bob, source="auditor")

    def test_staff_never_speak_as_auditors_even_as_members(
        self, world: World, engagement: Engagement
    ) -> None:
        cases.admit(engagement, world.alice, by=world.alice)
        with pytest.raises(NotAllowedError):
            open_one(world, engagement, by=world.alice, source="auditor")


class TestGuards:
    @pytest.mark.django_db
    def test_findings_and_entries_have_their_triggers(self) -> None:
        tables = [Finding._meta.db_table, FindingEntry._meta.db_table]
        assert unguarded(connection, tables) == []

    def test_no_row_is_changed_or_deleted(self, world: World) -> None:
        cases.opened(world)
        for rows in (Finding.objects.all(), FindingEntry.objects.all()):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                rows.update(id=99)
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                rows._raw_delete(rows.db)

    def test_a_forged_standing_changes_no_state(self, world: World) -> None:
        case = cases.opened(world)
        case.finding.standing.__class__.objects.update(state=State.RETESTED)
        with pytest.raises(FindingError, match="A finding that is open cannot be closed"):
            finding_deeds.close(case.finding, conclusion="Trust me.", by=case.alice)

    def test_a_refused_deed_leaves_no_leaf(self, world: World) -> None:
        case = cases.opened(world)
        leaves = LedgerEntry.objects.count()
        with pytest.raises(FindingError):
            finding_deeds.reopen(case.finding, reason="Why not", by=case.alice)
        assert LedgerEntry.objects.count() == leaves


def test_what_could_not_run_becomes_a_deviation_with_one(
    world: World, engagement: Engagement
) -> None:
    for kind, words in ((Kind.COULD_NOT_RUN, "no table"), (Kind.DEVIATION, "one without")):
        finding = findings.observe(
            engagement,
            subject=cases.occurrence(world, engagement),
            title="Second factor",
            observation=findings.Observation(words, kind=kind),
            source="check",
            by=None,
        )
        assert finding.standing.__class__.objects.get().kind == kind
    assert record_of(finding).kind is Kind.DEVIATION
