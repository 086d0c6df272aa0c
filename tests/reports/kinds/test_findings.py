"""Findings are told with state, cause and actions; without any the report says so."""

from collections.abc import Callable
from datetime import date, timedelta

from audits import findings
from audits.findings import Observation, occurrence_on
from audits.models import Engagement
from tests.audits.world import World, clock
from tests.reports.written.reading import AT, Read

Ask = Callable[..., Read]


def test_a_finding_stands_with_its_extent(ask: Ask, world: World, audit: Engagement) -> None:
    with clock(AT):
        findings.observe(
            audit,
            subject=occurrence_on(audit, world.mfa, date(2026, 6, 10)),
            title="One person had no second factor",
            observation=Observation("It was seen.", exceptions=1, population=3, counted="rows"),
            source="own_test",
            by=world.alice,
        )
    said = ask("findings", engagement=audit)
    (row,) = said.sheets["Findings"][1:]
    assert row[0] == "ENG-2026-1-F1"
    assert row[4:8] == ("One person had no second factor", 1, 3, "Open")
    counted = said.figures
    assert (counted["Findings"], counted["Not settled"], counted["Overdue actions"]) == (1, 1, 0)


def test_what_came_later_is_not_told(ask: Ask, world: World, audit: Engagement) -> None:
    findings.open_finding(
        audit,
        subject=occurrence_on(audit, world.mfa, date(2026, 6, 10)),
        title="Later",
        condition="It was seen.",
        source="own_test",
        by=world.alice,
    )
    said = ask("findings", engagement=audit)
    assert "No finding is recorded in this engagement." in said.words
    assert "No action is planned for a finding." in said.words


def test_the_register_of_today_is_left_out_of_an_earlier_day(
    ask: Ask, world: World, audit: Engagement
) -> None:
    said = ask("findings", engagement=audit, at=AT - timedelta(30), made_at=AT)
    assert "a report as of an earlier day leaves it out" in said.words
    assert "Register of actions" not in said.sheets
    assert "made later than the moment" in said.words
