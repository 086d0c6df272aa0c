"""Findings stand where they belong: on maps, in cells and on the page of an expected time."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audits import finding_deeds, findings
from audits.models import Engagement, Finding
from tests.audits.world import World
from tests.portal.house import find
from tests.staff import desk
from tests.staff.desk import Desk, at_most

JUNE = "2026-06-01"
FLAG = '<span class="material-symbols-outlined" aria-hidden="true">flag</span>'


@pytest.fixture
def audit(world: World) -> Engagement:
    return world.engagement()


@pytest.fixture
def finding(world: World, audit: Engagement) -> Finding:
    return find(audit, world)


def link(finding: Finding) -> str:
    return f'href="{desk.url("audits_finding_change", finding.pk)}">{finding.title}'


def cell_of(audit: Engagement, month: str) -> list[object]:
    return [audit.pk, "AC-01", month]


def flagged(words: str, target: str) -> str:
    return (
        f'class="cs-flag" href="{target}#findings" title="{words}">{FLAG}'
        f'<span aria-hidden="true">1</span><span class="cs-hidden">{words}</span></a>'
    )


def test_the_map_flags_a_cell_by_sign_number_and_words(
    alices: Desk, audit: Engagement, finding: Finding
) -> None:
    html = alices.get("coverage").content.decode()
    assert flagged("1 finding, not settled", f"{audit.pk}/AC-01/2026-06/") in html
    assert html.count('class="cs-flag" href') == 1


def test_a_settled_finding_stays_with_another_sign(
    alices: Desk, world: World, audit: Engagement, finding: Finding
) -> None:
    finding_deeds.accept_risk(finding, reason="We live with it.", by=world.alice)
    html = alices.get("coverage").content.decode()
    assert ">flag_check</span>" in html
    assert "1 finding, settled" in html


def test_the_cell_names_what_is_bound_to_its_month(
    alices: Desk, audit: Engagement, finding: Finding
) -> None:
    html = alices.get("coverage_cell", *cell_of(audit, "2026-06")).content.decode()
    assert link(finding) in html
    one = desk.url("occurrence", audit.pk, finding.expectation_slug, JUNE)
    assert f'href="{one}#findings"' in html
    july = alices.get("coverage_cell", *cell_of(audit, "2026-07"))
    assert link(finding) not in july.content.decode()
    assert "No finding is bound to this." in desk.words(july)


def test_an_expected_time_names_its_findings(
    alices: Desk, audit: Engagement, finding: Finding
) -> None:
    slug = finding.expectation_slug
    html = alices.get("occurrence", audit.pk, slug, JUNE).content.decode()
    assert link(finding) in html
    earlier = alices.get("occurrence", audit.pk, slug, JUNE, as_of="2026-07-01")
    assert link(finding) not in earlier.content.decode()
    assert "as it was known on 1 Jul 2026" in desk.words(earlier)


def test_the_map_of_windows_flags_one_mark(
    alices: Desk, audit: Engagement, finding: Finding
) -> None:
    html = alices.get("coverage_windows").content.decode()
    one = desk.url("occurrence", audit.pk, finding.expectation_slug, JUNE)
    assert f'href="{one}#findings"' in html
    assert html.count("missed, 1 finding, not settled</span>") == 1
    assert html.count("#findings") == 1


def test_the_map_of_windows_flags_a_counted_month(
    alices: Desk, world: World, audit: Engagement
) -> None:
    world.expect(world.access, "daily-state", kind="state", cadence="daily")
    day = date(2026, 7, 3)
    subject = findings.Subject("sample_item", "x", "AC-01", "daily-state", day, day)
    findings.open_finding(
        audit, subject=subject, title="A", condition="x", source="own_test", by=world.alice
    )
    html = alices.get("coverage_windows").content.decode()
    target = desk.url("coverage_cell", *cell_of(audit, "2026-07"))
    assert flagged("1 finding, not settled", target) in html


@pytest.mark.parametrize("page", ["coverage", "coverage_windows", "coverage_cell", "occurrence"])
def test_more_findings_ask_no_more_queries(
    alices: Desk, world: World, audit: Engagement, finding: Finding, page: str
) -> None:
    args = {
        "coverage_cell": cell_of(audit, "2026-06"),
        "occurrence": [audit.pk, finding.expectation_slug, JUNE],
    }.get(page, [])
    alices.get(page, *args)
    with CaptureQueriesContext(connection) as captured:
        alices.get(page, *args)
    before = len(captured)
    for number in range(5):
        subject = findings.Subject(
            "sample_item", f"x{number}", "AC-01", world.mfa.slug, *(date(2026, 6, 3),) * 2
        )
        findings.open_finding(
            audit, subject=subject, title="A", condition="x", source="own_test", by=world.alice
        )
    alices.get(page, *args)
    with at_most(before):
        alices.get(page, *args)
