"""/portal/ENG-.../controls/AC-01/: what the control said, and what became of its evidence."""

import re
from datetime import date
from hashlib import sha256

import pytest
from django.test import Client

from controls.models import Control, ControlMapping, ControlVersion, Criterion, Framework
from evidence import review
from tests import cast
from tests.portal import house as houses
from tests.portal.house import House, notes, queries

PATH = "controls/AC-01/"


def page(door: Client, house: House, query: str = "") -> str:
    return door.get(house.path(PATH) + query).content.decode()


def reword(house: House, number: int, day: date) -> None:
    statement = f"Wording of number {number}."
    ControlVersion.objects.create(
        control=house.world.access,
        number=number,
        statement=statement,
        effective_from=day,
        digest=sha256(statement.encode()).hexdigest(),
    )


def wordings(shown: str) -> list[tuple[str, str, str]]:
    """Number, first and last day of each wording."""
    return re.findall(
        r"Wording (\d+), in force <time datetime=\"([\d-]+)\">[^<]*</time>"
        r"(?: to <time datetime=\"([\d-]+)\">)?",
        shown,
    )


class TestWording:
    def test_the_wording_in_force_stands_with_its_days(self, door: Client, house: House) -> None:
        shown = page(door, house)
        assert "Second factor for staff is required." in shown
        assert wordings(shown) == [("1", "2026-06-01", "2026-08-31")]

    def test_a_change_within_the_window_shows_both(self, door: Client, house: House) -> None:
        reword(house, 2, date(2026, 7, 15))
        assert wordings(page(door, house)) == [
            ("1", "2026-06-01", "2026-07-14"),
            ("2", "2026-07-15", "2026-08-31"),
        ]

    @pytest.mark.parametrize("day", [date(2026, 5, 31), date(2026, 6, 1)])
    def test_what_was_replaced_by_the_first_day_is_not_shown(
        self, door: Client, house: House, day: date
    ) -> None:
        reword(house, 2, day)
        assert wordings(page(door, house)) == [("2", "2026-06-01", "2026-08-31")]

    def test_what_begins_after_the_window_is_not_shown(self, door: Client, house: House) -> None:
        reword(house, 2, date(2026, 9, 1))
        assert wordings(page(door, house)) == [("1", "2026-06-01", "2026-08-31")]

    def test_what_begins_on_the_last_day_holds_for_it(self, door: Client, house: House) -> None:
        reword(house, 2, date(2026, 8, 31))
        assert wordings(page(door, house))[-1] == ("2", "2026-08-31", "")

    def test_a_later_wording_from_an_earlier_day_stands_in_for_the_other(
        self, door: Client, house: House
    ) -> None:
        reword(house, 2, date(2026, 8, 1))
        reword(house, 3, date(2026, 7, 1))
        assert wordings(page(door, house)) == [
            ("1", "2026-06-01", "2026-06-30"),
            ("3", "2026-07-01", "2026-08-31"),
        ]

    def test_days_without_a_wording_are_said(self, door: Client, house: House) -> None:
        control = Control.objects.create(
            ref="AC-09",
            title="Not worded yet",
            area="access_control",
            owner_role="engineer",
            nature="manual",
        )
        ControlMapping.objects.create(
            control=control, criterion=house.world.criteria["CC6.1"], reason="It will."
        )
        shown = door.get(house.path("controls/AC-09/")).content.decode()
        assert "No wording was in force in the observation window." in shown
        assert "No evidence is expected of this control." in shown


def test_criteria_stand_with_the_reason_and_only_of_this_framework(
    door: Client, house: House
) -> None:
    other = Framework.objects.create(slug="other", title="Other", version="1")
    foreign = Criterion.objects.create(
        framework=other, ref="Z9", section="Z", category="Z", title="Elsewhere", position=1
    )
    ControlMapping.objects.create(control=house.world.access, criterion=foreign, reason="No.")
    shown = page(door, house)
    assert "CC6.1</span> Logical access is restricted</dt><dd>It restricts access.</dd>" in shown
    assert "Elsewhere" not in shown


def test_each_occurrence_says_period_due_state_and_evidence(door: Client, house: House) -> None:
    shown = page(door, house)
    june = shown[shown.index("<h3>Staff mfa state") :]
    june = june[: june.index("</tr>", june.index("<tbody>"))]
    assert '<time datetime="2026-06-01">1</time> to <time datetime="2026-06-30">' in june
    assert '<time datetime="2026-07-05">' in june
    assert '<span class="badge failing">failing</span>' in june
    assert f'<a href="{house.path(f"evidence/{house.staff.ref}/")}">' in june
    assert f"The check of {house.staff.ref} found exceptions." in june


def test_what_nobody_has_reviewed_yet_is_marked(door: Client, house: House) -> None:
    assert "awaits review" in page(door, house)
    rita = cast.person("reviewer")
    for item in (house.staff, house.letter):
        review.accept(item, reviewer=rita)
    assert "awaits review" not in page(door, house)


def test_a_month_shows_its_own_occurrences(door: Client, house: House) -> None:
    shown = page(door, house, "?month=2026-07")
    assert "Expected evidence in July 2026" in shown
    assert shown.count("<tbody>") == 2
    assert house.staff.ref not in shown
    assert f'<a href="{house.path(PATH)}">Show the whole window</a>' in shown


def test_a_month_outside_the_window_is_empty(door: Client, house: House) -> None:
    shown = page(door, house, "?month=2031-01")
    assert shown.count("Nothing was expected in this time.") == 2


@pytest.mark.parametrize("month", ["", "x", "2026", "2026-13", "202607", "2026-07-01", "%00", "-"])
def test_what_is_no_month_shows_the_whole_window(door: Client, house: House, month: str) -> None:
    shown = page(door, house, f"?month={month}")
    assert shown.count('class="records occurrences"') == 6
    assert "Show the whole window" not in shown


def test_a_long_list_is_folded_by_month_and_a_short_one_is_open(door: Client, house: House) -> None:
    assert page(door, house).count('<details class="month" open>') == 6
    house.world.mfa.cadence = "weekly"
    house.world.mfa.save()
    shown = page(door, house)
    assert shown.count('<details class="month" open>') == 6
    house.world.mfa.cadence = "daily"
    house.world.mfa.save()
    shown = page(door, house)
    assert shown.count('<details class="month" open>') == 3
    assert shown.count('<details class="month">') == 3
    assert '<span class="badge upcoming">' not in shown


def test_it_leads_to_all_its_evidence(door: Client, house: House) -> None:
    link = f"{house.path('evidence/')}?control=AC-01"
    assert f'href="{link}"' in page(door, house)
    assert door.get(link).status_code == 200


def test_what_people_typed_is_text(door: Client, house: House) -> None:
    house.world.access.title = houses.HOSTILE
    house.world.access.save()
    house.world.mfa.title = houses.HOSTILE
    house.world.mfa.save()
    ControlMapping.objects.update(reason=houses.HOSTILE)
    shown = page(door, house)
    assert houses.HOSTILE not in shown
    assert shown.count(houses.ESCAPED) >= 4


def test_a_look_is_noted_once_a_day(door: Client, house: House) -> None:
    page(door, house)
    page(door, house, "?month=2026-07")
    assert notes("view") == ["AC-01"]


def test_its_queries_do_not_grow_with_the_evidence(door: Client, house: House) -> None:
    before = queries(door, house.path(PATH))
    for day in range(1, 21):
        house.capture(date(2026, 7, day))
    assert queries(door, house.path(PATH)) == before <= 19


def test_its_findings_and_what_they_are_bound_to_are_linked(door: Client, house: House) -> None:
    shown = page(door, house)
    assert f'href="{house.path(f"findings/{house.finding.ref}/")}"' in shown
    one = house.path("coverage/staff-mfa-state/2026-06-01/#findings")
    assert f'class="flag" href="{one}"><span aria-hidden="true">⚑</span> 1 finding, not' in shown
    july = page(door, house, "?month=2026-07")
    assert house.finding.ref not in july
    assert "No finding is bound to this." in july
