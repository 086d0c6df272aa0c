"""One expected time in the staff door: what explains it, and how it is skipped or moved."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from accounts.models import User
from audits.coverage import State
from audits.facts import coverage_of
from audits.models import Engagement, OccurrenceChange
from evidence import review
from tests import cast
from tests.audits.world import World, clock, hand_in, hand_in_staff, submission
from tests.staff import desk
from tests.staff.desk import Desk, at_most

ONE, SKIP, MOVE, WITHDRAW = (
    "occurrence",
    "occurrence_skip",
    "occurrence_move",
    "occurrence_withdraw",
)
MAP = "coverage_windows"
LATER = datetime(2026, 10, 1, tzinfo=UTC)
REASON = "The directory was being replaced."


@pytest.fixture
def audit(world: World) -> Engagement:
    hand_in_staff(world, date(2026, 6, 10), without_mfa=1)
    hand_in_staff(world, date(2026, 6, 20))
    sent = submission(
        b"too early",
        date(2026, 7, 1),
        date(2026, 7, 31),
        world.leavers,
        collected=date(2026, 7, 20),
    )
    hand_in(sent)
    return world.engagement("Security", "Availability")


def of(audit: Engagement, slug: str = "staff-mfa-state", start: str = "2026-06-01") -> list[Any]:
    return [audit.pk, slug, start]


def state(audit: Engagement, slug: str, start: date) -> State:
    found = coverage_of(audit, LATER, slugs=[slug]).occurrences
    return next(one.state for one in found if one.start == start)


class TestPage:
    def test_it_says_what_was_expected_what_came_and_what_was_found(
        self, alices: Desk, audit: Engagement
    ) -> None:
        page = alices.text(ONE, *of(audit))
        for part in (
            "Second factor for staff is required.",
            "For 1 to 30 Jun 2026 Due 5 Jul 2026",
            "Every month, 5 days allowed",
            "EV-000002",
            "Yes It shows the state of 2026-06-20, which lies in this time.",
            "EV-000001",
            "No A later item speaks for these days.",
            "Exceptions found No staff without a second factor: 1 of 3",
            "An earlier item, EV-000001, did not pass its check.",
            "awaits review",
        ):
            assert part in page, part

    def test_it_names_what_was_retrieved_too_early(self, alices: Desk, audit: Engagement) -> None:
        page = alices.text(ONE, *of(audit, "leavers", "2026-07-01"))
        assert (
            "Yes It covers 2026-07-01 to 2026-07-19 only, because it was retrieved on 2026-07-20."
            in page
        )

    def test_it_names_reviews_and_returned_items(
        self, alices: Desk, world: World, audit: Engagement, alice: User
    ) -> None:
        item = hand_in_staff(world, date(2026, 8, 3))
        review.return_with_reason(item, reviewer=alice, reason="Half of the staff is missing.")
        page = alices.text(ONE, *of(audit, start="2026-08-01"))
        assert "Half of the staff is missing." in page
        assert "It was returned, so it covers nothing." in page

    def test_it_shows_only_what_was_known_on_an_earlier_day(
        self, alices: Desk, audit: Engagement
    ) -> None:
        page = alices.text(ONE, *of(audit), as_of="2026-06-15")
        assert "EV-000001" in page
        assert "EV-000002" not in page
        assert "As it was known on 15 Jun 2026" in page
        assert "Skip…" not in page

    def test_it_shows_intervals_of_the_check_as_picture_and_table(
        self, alices: Desk, audit: Engagement
    ) -> None:
        with clock(LATER):
            answer = alices.get(ONE, *of(audit))
        html = answer.content.decode()
        assert 'class="i-failed"' in html
        assert 'class="i-unknown"' in html
        assert "10 to 19 Jun 2026 Exceptions" not in html
        assert "10 to 19 Jun 2026 Failed EV-000001" in desk.words(answer)
        assert "failing on 10 days" in desk.words(answer)

    def test_its_queries_do_not_grow(self, alices: Desk, world: World, audit: Engagement) -> None:
        for day in range(1, 15):
            hand_in_staff(world, date(2026, 6, day))
        with at_most(24):
            alices.get(ONE, *of(audit))

    @pytest.mark.parametrize(
        ("slug", "start"),
        [
            ("staff-mfa-state", "2026-06-02"),
            ("staff-mfa-state", "soon"),
            ("nothing", "2026-06-01"),
        ],
    )
    def test_one_that_is_not_there_is_not_found(
        self, alices: Desk, audit: Engagement, slug: str, start: str
    ) -> None:
        for name in (ONE, SKIP, MOVE):
            assert alices.get(name, audit.pk, slug, start).status_code == 404
        assert alices.get(ONE, 999, "staff-mfa-state", "2026-06-01").status_code == 404

    def test_it_is_read_only(self, alices: Desk, audit: Engagement) -> None:
        assert alices.post(ONE, *of(audit)).status_code == 405
        assert alices.post(MAP).status_code == 405


class TestDeeds:
    def test_skipping_asks_for_a_reason_and_is_shown(self, alices: Desk, audit: Engagement) -> None:
        where = of(audit, "leavers")
        assert "Auditors read this" in alices.text(SKIP, *where)
        assert "This field is required" in desk.words(alices.post(SKIP, *where, reason=" "))
        assert not OccurrenceChange.objects.exists()
        answer = alices.post(SKIP, *where, reason=REASON)
        assert answer.url == desk.url(ONE, *where)
        page = alices.text(ONE, *where)
        assert "Exempt" in page
        assert f"Skipped 1 to 30 Jun 2026 {REASON}" in page
        assert state(audit, "leavers", date(2026, 6, 1)) is State.MISSED

    def test_moving_refuses_an_earlier_day_and_keeps_what_was_typed(
        self, alices: Desk, audit: Engagement
    ) -> None:
        where = of(audit, "leavers")
        refused = alices.post(MOVE, *where, due="2026-07-01", reason=REASON)
        assert "Choose a later day" in desk.words(refused)
        assert REASON in refused.content.decode()
        alices.post(MOVE, *where, due="2026-12-20", reason=REASON)
        page = alices.text(ONE, *where)
        assert "Due 20 Dec 2026" in page
        assert "after the due day had passed" in page

    def test_withdrawing_leaves_both_on_record(self, alices: Desk, audit: Engagement) -> None:
        where = of(audit, "leavers")
        alices.post(SKIP, *where, reason=REASON)
        change = OccurrenceChange.objects.get()
        assert "As of earlier days it still does." in alices.text(WITHDRAW, *where, change.pk)
        alices.post(WITHDRAW, *where, change.pk, reason="It was there after all.")
        page = alices.text(ONE, *where)
        assert "Withdrawn leaf" in page
        assert REASON in page
        assert "Withdraw…" not in page
        assert state(audit, "leavers", date(2026, 6, 1)) is State.MISSED

    def test_a_change_of_another_expectation_is_not_found(
        self, alices: Desk, audit: Engagement
    ) -> None:
        alices.post(SKIP, *of(audit, "leavers"), reason=REASON)
        key = OccurrenceChange.objects.get().pk
        assert alices.get(WITHDRAW, *of(audit), key).status_code == 404

    def test_who_may_only_look_sees_no_deeds_and_may_do_none(self, audit: Engagement) -> None:
        reader = desk.at(cast.person("executive"))
        assert "Skip…" not in reader.text(ONE, *of(audit))
        for name in (SKIP, MOVE):
            assert reader.get(name, *of(audit)).status_code == 403
            assert reader.post(name, *of(audit), reason=REASON).status_code == 403
        assert reader.post(WITHDRAW, *of(audit), 1, reason=REASON).status_code == 403
        assert not OccurrenceChange.objects.exists()


class TestMap:
    def test_each_window_is_a_mark_that_leads_to_its_page(
        self, alices: Desk, audit: Engagement
    ) -> None:
        with clock(LATER):
            answer = alices.get(MAP)
        html = answer.content.decode()
        assert f'class="cs-sign s-met" href="{desk.url(ONE, *of(audit))}"' in html
        assert "1 to 30 Jun 2026: met" in html
        assert (
            f'class="cs-sign s-partial" href="{desk.url(ONE, *of(audit, "leavers", "2026-07-01"))}"'
            in html
        )

    def test_many_windows_of_a_month_are_counted(self, alices: Desk, world: World) -> None:
        world.engagement()
        world.expect(world.access, "daily-state", kind="state", cadence="daily")
        with clock(LATER):
            html = alices.get(MAP).content.decode()
        assert 'title="30 missed"><small>30</small>' in html

    def test_it_keeps_the_day_that_was_asked_for(self, alices: Desk, audit: Engagement) -> None:
        html = alices.get(MAP, as_of="2026-06-05").content.decode()
        assert f'href="{desk.url(ONE, *of(audit))}?as_of=2026-06-05"' in html
        assert "s-met" not in html.partition("<table")[2]

    def test_it_says_what_to_do_where_nothing_is(self, alices: Desk) -> None:
        assert alices.get(MAP).status_code == 200

    @pytest.mark.parametrize("page", ["0", "2", "x", "9" * 9])
    def test_any_page_can_be_asked_for(self, alices: Desk, world: World, page: str) -> None:
        world.engagement()
        assert alices.get(MAP, page=page).status_code == 200


def test_strangers_are_refused(strangers: tuple[User, ...], audit: Engagement) -> None:
    desk.assert_refused(MAP, strangers=strangers)
    for name in (ONE, SKIP, MOVE):
        desk.assert_refused(name, *of(audit), strangers=strangers)
    desk.assert_refused(WITHDRAW, *of(audit), 1, strangers=strangers)
