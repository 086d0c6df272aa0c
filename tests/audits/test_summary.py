"""The summary of coverage: the same as the report that it was made of, and kept while it holds."""

from datetime import date

import pytest

from audits import engagements, summary
from audits.coverage import State
from audits.facts import coverage_of
from audits.models import Engagement
from evidence import review
from tests.audits.world import SECURITY, World, clock, hand_in_staff, moment
from tests.staff.desk import at_most


@pytest.fixture
def audit(world: World) -> Engagement:
    hand_in_staff(world, date(2026, 6, 30))
    hand_in_staff(world, date(2026, 7, 31), without_mfa=1)
    return world.engagement()


def met(engagement: Engagement, day: date | None = None) -> int:
    return summary.of(engagement, day).totals["met"]


def test_it_says_what_the_report_says(audit: Engagement) -> None:
    report, found = coverage_of(audit), summary.of(audit)
    assert found.days == list(report.months)
    assert found.totals == {state.value: count for state, count in report.totals.items()}
    assert [row.ref for row in found.rows] == [line.ref for line in report.controls]
    for row, line in zip(found.rows, report.controls, strict=True):
        assert [summary.state_of(cell) for cell in row.cells] == [cell.state for cell in line.cells]
        assert [sum(cell.values()) for cell in row.cells] == [cell.total for cell in line.cells]
    assert found.gaps == [["CC6.2", "Access follows the people"]]
    assert found.rows[0].areas == ["access_control"]


def test_what_is_kept_reads_back_the_same(audit: Engagement) -> None:
    assert summary.of(audit) == summary.of(audit)


def test_it_is_computed_once_while_nothing_happens(audit: Engagement) -> None:
    summary.of(audit)
    with at_most(2):
        summary.of(audit)


def test_every_leaf_brings_it_up_to_date(audit: Engagement, world: World) -> None:
    assert met(audit) == 1
    third = hand_in_staff(world, date(2026, 8, 31))
    assert met(audit) == 2
    review.return_with_reason(third, reviewer=world.alice, reason="Wrong list.")
    assert met(audit) == 1
    engagements.choose_categories(
        audit, categories={SECURITY: "Still.", "Availability": "New."}, by=world.alice
    )
    assert [row.ref for row in summary.of(audit).rows] == ["AC-01", "AV-01"]


def test_a_new_day_is_looked_at_anew(world: World) -> None:
    audit = world.engagement()
    with clock(moment(date(2026, 7, 2))):
        before = summary.of(audit).totals
    with clock(moment(date(2026, 9, 30))):
        after = summary.of(audit).totals
    assert before["missed"] == 0
    assert after["missed"] == 6


def test_each_day_that_is_asked_for_has_its_own_answer(audit: Engagement) -> None:
    assert met(audit) == 1
    assert met(audit, date(2026, 6, 1)) == 0
    assert met(audit) == 1


def test_the_worst_state_decides_the_colour() -> None:
    assert summary.state_of({"met": 30, "missed": 1}) is State.MISSED
    assert summary.state_of({"met": 30, "late": 1}) is State.LATE
    assert summary.state_of({}) is None


def test_a_day_means_its_last_moment() -> None:
    asked = summary.moment_of(date(2026, 6, 30))
    assert asked
    assert asked.isoformat() == "2026-06-30T23:59:59.999999+00:00"
    assert summary.moment_of(None) is None
