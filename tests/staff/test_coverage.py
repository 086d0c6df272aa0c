"""The heat map of control and month, and what lies behind a cell."""

import re
from datetime import date
from typing import Any

import pytest

from accounts.models import User
from audits.coverage import State
from audits.models import Engagement
from compliance.staff import coverage
from tests import cast
from tests.audits.world import World, clock, hand_in, hand_in_staff, moment, submission
from tests.staff import desk
from tests.staff.desk import Desk, at_most, words

MAP = "coverage"
CELL = "coverage_cell"
LATER = moment(date(2026, 11, 21))


@pytest.fixture
def audit(world: World) -> Engagement:
    """June is met, July failed its check, August was missed; leavers never came."""
    hand_in_staff(world, date(2026, 6, 30))
    hand_in_staff(world, date(2026, 7, 31), without_mfa=1)
    return world.engagement(*dict.fromkeys(each.category for each in world.criteria.values()))


def squares(response: Any) -> dict[str, list[str]]:
    """The state of each cell by control, as it is drawn."""
    return {
        line.control.ref: [square.state if square else "" for square in line.squares]
        for line in response.context["lines"]
    }


def test_without_an_engagement_it_says_what_to_do(alices: Desk) -> None:
    page = alices.text(MAP)
    assert "Open your first engagement" in page
    assert alices.get(MAP).context["choice"].engagement is None


def test_who_may_not_open_one_is_told_whom_to_ask(db: None) -> None:
    from_afar = desk.at(cast.person("executive"))
    page = from_afar.get(MAP)
    assert "Ask the compliance lead to open one." in words(page)
    assert desk.url("engagement_open") not in page.content.decode()


def test_it_draws_the_worst_state_of_each_month(alices: Desk, audit: Engagement) -> None:
    page = alices.get(MAP)
    assert squares(page) == {
        "AC-01": ["missed", "missed", "missed"],
        "AV-01": ["missed", "", "missed"],
    }
    assert page.context["legend"][0][:2] == ("met", "Met")


def test_every_cell_has_a_sign_a_word_and_an_address(alices: Desk, audit: Engagement) -> None:
    html = alices.get(MAP).content.decode()
    cell = re.search(
        r'<td><a class="cs-sign s-missed" href="([^"]+)" title="([^"]+)">(.*?)</a>', html
    )
    assert cell
    assert cell[1] == f"{audit.pk}/AC-01/2026-06/"
    # The title is what a screen reader reads as the name of the link.
    assert cell[2] == "1 met, 1 missed"
    assert cell[3] == '<small aria-hidden="true">1/2</small>'
    assert alices.client.get(desk.url(MAP) + cell[1]).status_code == 200


def test_the_table_speaks_to_who_cannot_see_it(alices: Desk, audit: Engagement) -> None:
    html = alices.get(MAP).content.decode()
    assert '<th scope="row"><span class="cs-mono">AC-01</span>' in html
    assert '<abbr title="July 2026">Jul</abbr>' in html
    assert '<th scope="colgroup" colspan="3">2026</th>' in html
    assert "<caption" in html
    assert "nothing expected" in html


def test_the_legend_counts_every_state(alices: Desk, audit: Engagement) -> None:
    with clock(LATER):
        counts = {state: count for state, _, _, count in alices.get(MAP).context["legend"]}
    assert counts == {
        "met": 1,
        "late": 0,
        "partial": 0,
        "failing": 1,
        "missed": 6,
        "upcoming": 0,
        "exempt": 0,
    }


def test_it_can_be_asked_as_of_an_earlier_day(alices: Desk, audit: Engagement) -> None:
    page = alices.get(MAP, as_of="2026-07-02")
    assert squares(page)["AC-01"] == ["upcoming", "upcoming", "upcoming"]
    assert "as it was known on 2 Jul 2026" in words(page)
    assert f"{audit.pk}/AC-01/2026-06/?as_of=2026-07-02" in page.content.decode()


@pytest.mark.parametrize("asked", ["soon", "2026-13-45", "9999-12-31", ""])
def test_a_day_that_cannot_be_shows_what_is_known_now(
    alices: Desk, audit: Engagement, asked: str
) -> None:
    page = alices.get(MAP, as_of=asked)
    assert page.status_code == 200
    assert page.context["asked"] is None


def test_it_narrows_by_area_and_state(alices: Desk, world: World, audit: Engagement) -> None:
    world.backup.area = "availability"
    world.backup.save()
    assert list(squares(alices.get(MAP, area="availability"))) == ["AV-01"]
    assert list(squares(alices.get(MAP, state="failing"))) == ["AC-01"]
    nothing = alices.get(MAP, state="exempt")
    assert squares(nothing) == {}
    assert "No control fits these filters" in words(nothing)


def test_it_shows_the_chosen_engagement(alices: Desk, world: World, audit: Engagement) -> None:
    newest = world.engagement()
    assert alices.get(MAP).context["choice"].engagement == newest
    assert alices.get(MAP, engagement=audit.pk).context["choice"].engagement == audit


@pytest.mark.parametrize("key", ["999", "x", "-1", "9" * 30])
def test_an_engagement_that_is_not_there_is_not_found(
    alices: Desk, audit: Engagement, key: str
) -> None:
    assert alices.get(MAP, engagement=key).status_code == 404


def test_a_closed_engagement_is_shown_where_no_other_is_open(
    alices: Desk, world: World, audit: Engagement
) -> None:
    second = world.engagement()
    Engagement.objects.filter(pk=second.pk).update(closed_at=LATER)
    assert alices.get(MAP).context["choice"].engagement == audit
    Engagement.objects.update(closed_at=LATER)
    assert alices.get(MAP).context["choice"].engagement == second


def test_criteria_without_a_control_are_named(alices: Desk, audit: Engagement) -> None:
    page = alices.text(MAP)
    assert "1 criterion without a control" in page
    assert "CC6.2 Access follows the people" in page


def test_long_catalogues_come_in_pages(
    alices: Desk, audit: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage, "ROWS_PER_PAGE", 1)
    assert list(squares(alices.get(MAP))) == ["AC-01"]
    assert list(squares(alices.get(MAP, page=2))) == ["AV-01"]
    assert squares(alices.get(MAP, page="x")) == squares(alices.get(MAP))


def test_its_queries_do_not_grow(alices: Desk, world: World, audit: Engagement) -> None:
    alices.get(MAP)
    with at_most(9):
        alices.get(MAP)
    for day in range(1, 20):
        hand_in_staff(world, date(2026, 8, day))
    # Five to ask, five to keep the answer.
    with at_most(9 + 5 + 5):
        alices.get(MAP)


def test_a_cell_shows_each_occurrence_with_its_reason(
    alices: Desk, world: World, audit: Engagement
) -> None:
    page = alices.text(CELL, audit.pk, "AC-01", "2026-07")
    for part in (
        "AC-01 in July 2026",
        "Missed ENG-",
        "Staff mfa state Every month",
        "1 to 31 Jul 2026 5 Aug 2026 Failing",
        "The check of EV-000002 found exceptions.",
        "Leavers Every month",
        "1 to 31 Jul 2026 5 Aug 2026 Missed Nothing that covers it came by 2026-08-05.",
        "Jun 2026 Aug 2026 The control",
    ):
        assert part in page, part


def test_a_cell_leads_to_its_evidence_and_to_the_form(
    alices: Desk, world: World, audit: Engagement
) -> None:
    html = alices.get(CELL, audit.pk, "AC-01", "2026-06").content.decode()
    assert desk.url("evidence_evidence_change", 1) in html or "EV-000001" in html
    assert f"{desk.url('hand_in')}?expectation={world.mfa.pk}" in html


def test_a_cell_leads_to_the_typed_form_of_what_is_expected(
    alices: Desk, world: World, audit: Engagement
) -> None:
    world.expect(world.access, "restore-practice", kind="state")
    page = alices.get(CELL, audit.pk, "AC-01", "2026-06").content.decode()
    assert f'href="{desk.url("form_kind", "restore_test")}"' in page


def test_what_awaits_review_is_marked(alices: Desk, audit: Engagement) -> None:
    assert "EV-000001 awaits review" in alices.text(CELL, audit.pk, "AC-01", "2026-06")


def test_a_cell_without_anything_expected_says_so(alices: Desk, audit: Engagement) -> None:
    page = alices.text(CELL, audit.pk, "AV-01", "2026-07")
    assert "Nothing is expected in this month" in page


def test_a_cell_keeps_the_day_that_was_asked_for(alices: Desk, audit: Engagement) -> None:
    page = alices.get(CELL, audit.pk, "AC-01", "2026-07", as_of="2026-07-02")
    html = page.content.decode()
    assert "As it was known on 2 Jul 2026" in words(page)
    assert f"{desk.url(MAP)}?engagement={audit.pk}&amp;as_of=2026-07-02" in html
    assert f"{desk.url(CELL, audit.pk, 'AC-01', '2026-06')}?as_of=2026-07-02" in html


@pytest.mark.parametrize(
    ("control", "month"),
    [("AC-99", "2026-06"), ("AC-01", "2025-01"), ("AC-01", "June"), ("AC-01", "2026-06-01")],
)
def test_a_cell_that_is_not_there_is_not_found(
    alices: Desk, audit: Engagement, control: str, month: str
) -> None:
    assert alices.get(CELL, audit.pk, control, month).status_code == 404
    assert alices.get(CELL, 999, control, month).status_code == 404


def test_pages_to_read_refuse_the_wrong_method(alices: Desk, audit: Engagement) -> None:
    assert alices.post(MAP).status_code == 405
    assert alices.post(CELL, audit.pk, "AC-01", "2026-06").status_code == 405


def test_strangers_are_refused(
    strangers: tuple[User, ...], audit: Engagement, world: World
) -> None:
    desk.assert_refused(MAP, strangers=strangers)
    desk.assert_refused(CELL, audit.pk, "AC-01", "2026-06", strangers=strangers)


def test_every_state_has_a_word_and_an_explanation() -> None:
    assert {state for state, _, _ in coverage.STATES} == set(State)
    assert all(label and text for _, label, text in coverage.STATES)


def test_a_late_item_is_drawn_late(alices: Desk, world: World, audit: Engagement) -> None:
    sent = submission(b"register", date(2026, 6, 1), date(2026, 8, 31), world.restore)
    hand_in(sent, received=date(2026, 11, 1))
    assert squares(alices.get(MAP))["AV-01"] == ["late", "", "late"]
