"""The control matrix ties criterion, wording, tests and results of one window."""

from collections.abc import Callable
from datetime import date

from audits import findings
from audits.findings import occurrence_on
from audits.models import Engagement
from controls.models import ControlVersion
from evidence.models import CheckResult
from tests.audits.world import World, clock
from tests.reports.written.reading import AT, Read

Ask = Callable[..., Read]


def test_a_line_ties_criterion_wording_reason_tests_and_result(ask: Ask, audit: Engagement) -> None:
    said = ask("control_matrix", engagement=audit)
    line, gap = said.sheets["Security matrix"][1:]
    assert line[:5] == (
        "CC6.1",
        "Logical access is restricted",
        "AC-01",
        "Second factor for staff is required.",
        "It restricts access.",
    )
    assert "Check: No staff without a second factor." in line[5]
    assert "due times met" in line[6]
    assert line[7] == "missed"
    assert gap[0] == "CC6.2"
    assert gap[6:] == ("No control serves it.", "gap")


def test_runs_and_exceptions_are_those_of_the_checks(ask: Ask, audit: Engagement) -> None:
    results = CheckResult.objects.all()
    (row,) = ask("control_matrix", engagement=audit).sheets["Checks"][1:]
    assert row[3] == results.count() == 3
    assert row[4] == results.filter(state="passed").count()
    assert row[7:] == (9, sum(one.exception_count or 0 for one in results))


def test_each_wording_of_the_window_stands_with_its_day(
    ask: Ask, world: World, audit: Engagement
) -> None:
    for number, day in ((2, date(2026, 7, 1)), (3, date(2026, 12, 1))):
        ControlVersion.objects.create(
            control=world.access, number=number, statement=f"Wording {number}.", effective_from=day
        )
    wording = ask("control_matrix", engagement=audit).sheets["Security matrix"][1][3]
    assert wording == (
        "From 2020-01-01: Second factor for staff is required.\nFrom 2026-07-01: Wording 2."
    )


def test_findings_stand_with_their_control(ask: Ask, world: World, audit: Engagement) -> None:
    with clock(AT):
        findings.open_finding(
            audit,
            subject=occurrence_on(audit, world.mfa, date(2026, 6, 10)),
            title="One person had no second factor",
            condition="It was seen.",
            source="own_test",
            by=world.alice,
        )
    result = ask("control_matrix", engagement=audit).sheets["Security matrix"][1][6]
    assert "ENG-2026-1-F1: One person had no second factor (open)." in result
