"""Coverage asks the database for the right facts, as they were known at a moment."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from audits.coverage import State
from audits.facts import CoverageReport, awaiting_review, coverage_of
from audits.models import Engagement
from controls.models import Check, ControlMapping, Framework
from evidence import checks, review
from tests.audits.world import (
    SECURITY,
    World,
    clock,
    hand_in,
    hand_in_staff,
    moment,
    staff_table,
    submission,
)

AFTER = datetime(2026, 10, 1, tzinfo=UTC)
Queries = Callable[[int], AbstractContextManager[object]]


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement(SECURITY, "Availability")


def states(report: CoverageReport, slug: str) -> list[State]:
    return [one.state for one in report.occurrences if one.slug == slug]


class TestScope:
    def test_only_the_chosen_categories_count(self, world: World) -> None:
        report = coverage_of(world.engagement(SECURITY), AFTER)
        assert [line.ref for line in report.controls] == ["AC-01"]
        assert {one.slug for one in report.occurrences} == {"staff-mfa-state", "leavers"}
        assert [line.ref for line in report.criteria] == ["CC6.1", "CC6.2"]

    def test_a_control_that_serves_two_criteria_counts_once(
        self, world: World, engagement: Engagement
    ) -> None:
        before = coverage_of(engagement, AFTER)
        ControlMapping.objects.create(
            control=world.access, criterion=world.criteria["CC6.2"], reason="It follows people."
        )
        after = coverage_of(engagement, AFTER)
        assert after.totals == before.totals
        assert after.controls[0].criteria == ("CC6.1", "CC6.2")

    def test_a_criterion_that_no_control_serves_is_named(self, engagement: Engagement) -> None:
        serving = {line.ref: line.controls for line in coverage_of(engagement, AFTER).criteria}
        assert serving == {"CC6.1": ("AC-01",), "CC6.2": (), "A1.2": ("AV-01",)}

    def test_a_control_that_need_not_leave_anything_is_shown_empty(
        self, world: World, engagement: Engagement
    ) -> None:
        world.control("ZZ-01", "Quiet control", ["CC6.1"])
        line = coverage_of(engagement, AFTER).controls[-1]
        assert (line.ref, line.expectations) == ("ZZ-01", ())
        assert [cell.state for cell in line.cells] == [None, None, None]

    def test_another_frameworks_category_of_the_same_name_is_out_of_scope(
        self, world: World, engagement: Engagement
    ) -> None:
        twin = world.criteria["CC6.1"]
        twin.pk = None
        twin.framework = Framework.objects.create(slug="own", title="Own", version="1")
        twin.save(force_insert=True)
        world.control("OT-01", "Of another framework", ["CC6.1"])
        assert [line.ref for line in coverage_of(engagement, AFTER).controls] == ["AC-01", "AV-01"]


class TestFacts:
    def test_an_empty_window_is_missed_and_adds_up(self, engagement: Engagement) -> None:
        report = coverage_of(engagement, AFTER)
        assert report.totals[State.MISSED] == 8
        assert sum(report.totals.values()) == 8
        assert len(report.shortfall) == 8

    def test_evidence_covers_its_month(self, world: World, engagement: Engagement) -> None:
        hand_in_staff(world, date(2026, 6, 10))
        report = coverage_of(engagement, AFTER)
        assert states(report, "staff-mfa-state") == [State.MET, State.MISSED, State.MISSED]

    def test_a_failed_check_is_failing(self, world: World, engagement: Engagement) -> None:
        hand_in_staff(world, date(2026, 6, 10), without_mfa=2)
        assert states(coverage_of(engagement, AFTER), "staff-mfa-state")[0] is State.FAILING

    def test_a_check_that_could_not_run_is_failing(
        self, world: World, engagement: Engagement
    ) -> None:
        item = hand_in(
            submission(b"no table", date(2026, 6, 10), None, world.mfa, collected=date(2026, 6, 10))
        )
        checks.run(item, actor="system")
        occurrence = coverage_of(engagement).occurrences[3]
        assert (occurrence.slug, occurrence.state) == ("staff-mfa-state", State.FAILING)
        assert "could not run" in occurrence.reason

    def test_the_worst_of_several_checks_counts(self, world: World, engagement: Engagement) -> None:
        Check.objects.create(
            expectation=world.mfa,
            slug="a-check-that-passes",
            title="Nothing to find",
            sql="SELECT 1 FROM population WHERE false",
            digest="1" * 64,
        )
        hand_in_staff(world, date(2026, 6, 10), without_mfa=1)
        assert states(coverage_of(engagement, AFTER), "staff-mfa-state")[0] is State.FAILING

    def test_a_check_that_was_mended_counts_with_its_new_result(
        self, world: World, engagement: Engagement
    ) -> None:
        item = hand_in_staff(world, date(2026, 6, 10), without_mfa=1)
        world.check.sql, world.check.digest = "SELECT 1 FROM population WHERE false", "2" * 64
        world.check.save()
        checks.run(item, actor="system")
        assert states(coverage_of(engagement), "staff-mfa-state")[0] is State.MET

    def test_a_check_of_one_expectation_says_nothing_of_another(
        self, world: World, engagement: Engagement
    ) -> None:
        content = b"both"
        item = hand_in(
            submission(content, date(2026, 6, 1), date(2026, 6, 30), world.leavers, world.mfa)
        )
        checks.run(item, actor="system")
        assert states(coverage_of(engagement), "leavers")[0] is State.MET

    def test_the_latest_review_counts(self, world: World, engagement: Engagement) -> None:
        item = hand_in_staff(world, date(2026, 6, 10))
        assert awaiting_review([item.ref], AFTER) == {item.ref}
        with clock(moment(date(2026, 6, 12))):
            review.accept(item, reviewer=world.alice)
        assert awaiting_review([item.ref], AFTER) == frozenset()
        assert awaiting_review([item.ref], moment(date(2026, 6, 11))) == {item.ref}
        review.return_with_reason(item, reviewer=world.alice, reason="On second thought.")
        assert states(coverage_of(engagement), "staff-mfa-state")[0] is State.MISSED

    def test_a_superseded_version_covers_nothing(
        self, world: World, engagement: Engagement
    ) -> None:
        first = hand_in_staff(world, date(2026, 6, 10))
        hand_in_staff(world, date(2026, 7, 10), supersedes=first)
        found = states(coverage_of(engagement, AFTER), "staff-mfa-state")
        assert found == [State.MISSED, State.MET, State.MISSED]

    def test_days_are_those_of_the_organisation(
        self, world: World, engagement: Engagement, settings: object
    ) -> None:
        sent = submission(b"leavers", date(2026, 6, 1), date(2026, 6, 30), world.leavers)
        with clock(datetime(2026, 7, 1, 1, tzinfo=UTC)):
            hand_in(sent)
        assert states(coverage_of(engagement, AFTER), "leavers")[0] is State.MET
        settings.ORGANISATION_TIME_ZONE = "America/New_York"  # type: ignore[attr-defined]
        sent = submission(b"again", date(2026, 7, 1), date(2026, 7, 31), world.leavers)
        hand_in(replace(sent, collected_at=datetime(2026, 8, 1, 1, tzinfo=UTC)))
        # Half past one in London is still the last evening of July in New York.
        assert states(coverage_of(engagement, AFTER), "leavers")[1] is State.PARTIAL


class TestAsOf:
    def test_each_fact_counts_from_its_own_moment_on(
        self, world: World, engagement: Engagement
    ) -> None:
        day = date(2026, 6, 10)
        first = hand_in_staff(world, day, without_mfa=1, received=date(2026, 6, 11))
        with clock(moment(date(2026, 6, 13))):
            review.return_with_reason(first, reviewer=world.alice, reason="One lacks it.")
        hand_in_staff(world, day, supersedes=first, received=date(2026, 6, 15))

        def known(on: date) -> State:
            return states(coverage_of(engagement, moment(on, 23)), "staff-mfa-state")[0]

        assert known(date(2026, 6, 10)) is State.UPCOMING
        assert known(date(2026, 6, 11)) is State.FAILING
        assert known(date(2026, 6, 13)) is State.UPCOMING
        assert known(date(2026, 6, 15)) is State.MET

    def test_a_check_counts_from_the_moment_it_ran(
        self, world: World, engagement: Engagement
    ) -> None:
        content, population = staff_table(without_mfa=1)
        day = date(2026, 6, 10)
        sent = submission(content, day, day, world.mfa, collected=day, population=population)
        item = hand_in(sent)
        with clock(moment(date(2026, 6, 20))):
            checks.run(item, actor="system")

        def known(on: date) -> State:
            return states(coverage_of(engagement, moment(on, 23)), "staff-mfa-state")[0]

        assert (known(date(2026, 6, 19)), known(date(2026, 6, 20))) == (State.MET, State.FAILING)

    def test_a_later_version_does_not_take_away_what_was_known_before(
        self, world: World, engagement: Engagement
    ) -> None:
        first = hand_in_staff(world, date(2026, 6, 10))
        hand_in_staff(world, date(2026, 7, 10), supersedes=first)
        report = coverage_of(engagement, moment(date(2026, 7, 9)))
        assert states(report, "staff-mfa-state")[0] is State.MET


class TestHeatMap:
    def test_a_cell_counts_the_occurrences_that_end_in_its_month(
        self, world: World, engagement: Engagement
    ) -> None:
        hand_in_staff(world, date(2026, 6, 10))
        report = coverage_of(engagement, AFTER)
        assert report.months == (date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1))
        access = report.controls[0]
        assert access.cells[0].counts == {State.MET: 1, State.MISSED: 1}
        assert access.cells[0].state is State.MISSED
        assert access.counts == {State.MET: 1, State.MISSED: 5}
        assert [cell.total for cell in report.controls[1].cells] == [1, 0, 1]

    def test_a_window_over_new_year_has_every_month(self, world: World) -> None:
        world.start, world.end = date(2026, 11, 15), date(2027, 2, 3)
        months = coverage_of(world.engagement(), AFTER).months
        assert [month.isoformat() for month in months] == [
            "2026-11-01",
            "2026-12-01",
            "2027-01-01",
            "2027-02-01",
        ]


def test_it_asks_five_times_however_much_there_is(
    world: World, engagement: Engagement, django_assert_num_queries: Queries
) -> None:
    for number in range(12):
        item = hand_in_staff(world, world.start + timedelta(days=7 * number))
        review.accept(item, reviewer=world.alice)
    with django_assert_num_queries(5):
        report = coverage_of(engagement)
        assert report.shortfall
        assert report.controls[0].counts
