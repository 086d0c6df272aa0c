"""The coverage report says each state by number and map, for every category, and each gap."""

from collections.abc import Callable

from audits.coverage import State
from audits.facts import coverage_of
from audits.models import Engagement
from tests.audits.world import World
from tests.reports.written.reading import AT, Read

Ask = Callable[..., Read]


def test_its_numbers_are_those_of_coverage(ask: Ask, audit: Engagement) -> None:
    totals = coverage_of(audit, AT).totals
    said = ask("coverage", engagement=audit)
    rows = {row[1]: row[2] for row in said.sheets["Summary"]}
    assert {state: rows[state.value.capitalize()] for state in State} == dict(totals)
    assert totals[State.MISSED]


def test_each_category_has_its_map_and_its_numbers(ask: Ask, audit: Engagement) -> None:
    said = ask("coverage", engagement=audit)
    assert said.html.count('<svg xmlns="http://www.w3.org/2000/svg" class="heat-map"') == 2
    (security,) = said.sheets["Security by control"][1:]
    assert security[:2] == ("AC-01", "Second factor for staff")
    assert [row[0] for row in said.sheets["Availability by control"][1:]] == ["AV-01"]


def test_what_fell_short_stands_with_day_and_reason(ask: Ask, audit: Engagement) -> None:
    report = coverage_of(audit, AT)
    rows = ask("coverage", engagement=audit).sheets["Shortfall"][1:]
    assert len(rows) == len(report.shortfall) > 0
    assert {(row[0], row[5]) for row in rows} >= {("AV-01", "missed"), ("AC-01", "failing")}
    assert all(row[6] for row in rows)


def test_a_criterion_without_control_is_a_gap(ask: Ask, audit: Engagement) -> None:
    said = ask("coverage", engagement=audit)
    assert [row[0] for row in said.sheets["Criteria without a control"][1:]] == ["CC6.2"]


def test_with_nothing_expected_it_says_so(ask: Ask, world: World) -> None:
    for control in (world.access, world.backup):
        control.mappings.all().delete()
    said = ask("coverage", engagement=world.engagement())
    assert "No evidence was expected in this window" in said.words
    assert "No control serves a criterion of Security." in said.words
    assert "No expected time of the window fell short." in said.words
