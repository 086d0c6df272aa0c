"""The auditor reads each expected time: the map of all of them, and one with what explains it."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client

from audits import changes, finding_deeds, findings
from audits.changes import Span
from evidence import review
from tests.audits.world import clock, hand_in_staff
from tests.portal.house import House, queries
from tests.staff.desk import words

MAP = "coverage/"
ONE = "coverage/staff-mfa-state/2026-06-01/"
LATER = datetime(2026, 10, 1, tzinfo=UTC)


def test_the_map_has_a_mark_for_each_window(door: Client, house: House) -> None:
    page = door.get(house.path(MAP)).content.decode()
    assert f'class="status-failing" href="{house.path(ONE)}#findings"' in page
    assert "failing</span>" in page
    assert house.world.restore.title not in page


def test_many_windows_of_a_month_are_counted(door: Client, house: House) -> None:
    house.world.expect(house.world.access, "daily-state", kind="state", cadence="daily")
    page = door.get(house.path(MAP)).content.decode()
    assert 'aria-label="30 missed">30 ✕</a>' in page


def test_the_map_keeps_the_day_that_was_asked_for(door: Client, house: House) -> None:
    page = door.get(house.path(f"{MAP}?as_of=2026-06-20")).content.decode()
    assert f'href="{house.path(ONE)}?as_of=2026-06-20"' in page
    assert "status-failing" not in page


def test_one_says_what_was_expected_came_and_was_found(door: Client, house: House) -> None:
    page = words(door.get(house.path(ONE)))
    for part in (
        "Second factor for staff is required.",
        "Every month, 5 days allowed",
        house.staff.ref,
        "It shows the state of 2026-06-30",
        "Exceptions found: No staff without a second factor, 1 of 3",
        "failing on",
    ):
        assert part in page, part


def test_skips_and_reviews_are_shown_with_their_reasons(door: Client, house: House) -> None:
    alice = house.world.alice
    review.return_with_reason(house.staff, reviewer=alice, reason="Half of it is missing.")
    changes.skip(
        house.world.mfa,
        span=Span(date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 5)),
        reason="The directory was being replaced.",
        by=alice,
    )
    page = words(door.get(house.path(ONE)))
    assert "exempt" in page
    assert "The directory was being replaced." in page
    assert "Half of it is missing." in page
    assert "Withdraw…" not in page


def test_an_earlier_day_knows_less(door: Client, house: House) -> None:
    page = words(door.get(house.path(f"{ONE}?as_of=2026-06-20")))
    assert "Nothing came for this time." in page
    assert house.staff.ref not in page


def test_items_of_days_before_the_window_are_not_told(door: Client, house: House) -> None:
    early = hand_in_staff(house.world, date(2026, 5, 30))
    with clock(LATER):
        page = words(door.get(house.path(ONE)))
    assert early.ref not in page


def test_what_is_not_there_or_not_in_scope_is_not_found(door: Client, house: House) -> None:
    for path in (
        "coverage/staff-mfa-state/2026-06-02/",
        "coverage/staff-mfa-state/soon/",
        "coverage/nothing/2026-06-01/",
        f"coverage/{house.world.restore.slug}/2026-06-01/",
    ):
        assert door.get(house.path(path)).status_code == 404, path


def test_one_names_the_findings_that_are_bound_to_it(door: Client, house: House) -> None:
    page = door.get(house.path(ONE)).content.decode()
    assert f'href="{house.path(f"findings/{house.finding.ref}/")}"' in page
    assert "Open</span>" in page
    july = words(door.get(house.path(ONE.replace("06-01", "07-01"))))
    assert "No finding is bound to this." in july


def test_a_finding_of_later_is_not_known_earlier(door: Client, house: House) -> None:
    page = words(door.get(house.path(f"{ONE}?as_of=2026-06-30")))
    assert "No finding is bound to this, as known on 30 Jun 2026" in page


def test_the_map_flags_what_has_findings_by_sign_and_words(door: Client, house: House) -> None:
    page = door.get(house.path(MAP)).content.decode()
    assert "<small>⚑1</small>" in page
    assert page.count("failing, 1 finding, not settled</span>") == 1
    finding_deeds.accept_risk(house.finding, reason="We live with it.", by=house.world.alice)
    page = door.get(house.path(MAP)).content.decode()
    assert "<small>⚐1</small>" in page
    assert "1 finding, settled" in page


def test_a_counted_month_leads_to_its_findings(door: Client, house: House) -> None:
    house.world.expect(house.world.access, "daily-state", kind="state", cadence="daily")
    subject = findings.Subject(
        "sample_item", "x", "AC-01", "daily-state", date(2026, 7, 3), date(2026, 7, 3)
    )
    findings.open_finding(
        house.engagement,
        subject=subject,
        title="Nobody looked",
        condition="x",
        source="own_test",
        by=house.world.alice,
    )
    page = door.get(house.path(MAP)).content.decode()
    link = house.path("controls/AC-01/?month=2026-07#findings")
    assert f'class="flag" href="{link}" title="1 finding, not settled"' in page
    there = door.get(link).content.decode()
    assert 'id="findings"' in there
    assert "Nobody looked" in there
    assert house.finding.title not in there


@pytest.mark.parametrize("rest", [MAP, ONE, "controls/AC-01/", ""])
def test_more_findings_ask_no_more_queries(door: Client, house: House, rest: str) -> None:
    # The first look of a day leaves a note, after which what was kept is computed anew.
    door.get(house.path(rest))
    before = queries(door, house.path(rest))
    for number in range(5):
        subject = findings.Subject(
            "sample_item", f"x{number}", "AC-01", house.world.mfa.slug, *(date(2026, 6, 3),) * 2
        )
        findings.open_finding(
            house.engagement,
            subject=subject,
            title="Another",
            condition="x",
            source="own_test",
            by=house.world.alice,
        )
    assert queries(door, house.path(rest)) == before
