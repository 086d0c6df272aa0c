"""/portal/ENG-.../evidence/: the items in scope, the latest first, page by page."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client

from audits import access as rules
from compliance.portal import access, listing
from controls.models import Expectation
from evidence import intake, review
from evidence.models import Evidence
from tests import cast
from tests.audits.world import at_a_date, hand_in, staff_table, submission
from tests.portal import house as houses
from tests.portal.house import House, admit, notes, queries

PATH = "evidence/"


def shown(door: Client, house: House, query: str = "") -> list[str]:
    """The references on a page, in their order."""
    page = door.get(house.path(PATH) + query).content.decode()
    return re.findall(r'<span class="under">(EV-\d+)', page)


def row(door: Client, house: House, item: Evidence) -> str:
    page = door.get(house.path(PATH)).content.decode()
    (found,) = [each for each in page.split("<tr>") if f">{item.ref}" in each]
    return found


def many(house: House, count: int, *claims: Expectation) -> list[Evidence]:
    """Captures of so many days, handed in at once."""
    content, population = staff_table()
    first = date(2026, 7, 1)
    return intake.receive_many(
        [
            submission(
                content,
                first + timedelta(days=number % 31),
                None,
                *(claims or (house.world.mfa,)),
                filename="staff.csv",
                population=population,
            )
            for number in range(count)
        ],
        actor="system",
    )


def test_it_lists_what_is_in_scope_the_latest_first(door: Client, house: House) -> None:
    assert shown(door, house) == [house.letter.ref, house.staff.ref]


def test_a_row_tells_the_item_apart(door: Client, house: House) -> None:
    found = row(door, house, house.staff)
    assert f'href="{house.path(f"evidence/{house.staff.ref}/")}"' in found
    assert '<time datetime="2026-06-30">30 Jun 2026</time>' in found
    assert 'title="2026-06-30 09:00:00 UTC">30 Jun 2026, 09:00 UTC</time>' in found
    assert f'href="{house.path("controls/AC-01/")}">AC-01<' in found
    assert '<span class="badge failing">Exceptions</span>' in found
    assert '<span class="badge upcoming">Awaits review</span>' in found


def test_a_row_says_where_the_review_stands(door: Client, house: House) -> None:
    rita = cast.person("reviewer")
    assert "No check" in row(door, house, house.letter)
    review.return_with_reason(house.letter, reviewer=rita, reason="Whose list is it?")
    assert '<span class="badge failing">Returned</span>' in row(door, house, house.letter)
    review.accept(house.letter, reviewer=rita)
    assert '<span class="badge met">Accepted</span>' in row(door, house, house.letter)
    newer = hand_in(
        submission(b"all\n", date(2026, 6, 1), None, house.world.leavers, supersedes=house.letter)
    )
    assert '<span class="badge neutral">Superseded</span>' in row(door, house, house.letter)
    assert f"{newer.ref} · version 2" in row(door, house, newer)


def test_a_good_check_is_said(door: Client, house: House) -> None:
    clean = house.capture(date(2026, 7, 1))
    assert '<span class="badge met">Passed</span>' in row(door, house, clean)


def test_controls_outside_the_scope_are_not_told(door: Client, house: House) -> None:
    both = hand_in(
        submission(b"both\n", date(2026, 7, 1), None, house.world.leavers, house.world.restore)
    )
    assert "AV-01" not in row(door, house, both)
    assert "AV-01" not in door.get(house.path(PATH)).content.decode()


class TestFilter:
    def test_it_shows_the_items_of_one_control(self, door: Client, house: House) -> None:
        control = house.world.control("AC-02", "Leavers", ["CC6.2"])
        other = house.world.expect(control, "other", kind="document")
        item = hand_in(submission(b"other\n", date(2026, 7, 1), None, other))
        assert shown(door, house) == [item.ref, house.letter.ref, house.staff.ref]
        assert shown(door, house, "?control=AC-02") == [item.ref]
        assert shown(door, house, "?control=AC-01") == [house.letter.ref, house.staff.ref]
        page = door.get(house.path(f"{PATH}?control=AC-02")).content.decode()
        assert '<option value="AC-02" selected>' in page

    def test_an_item_for_two_expectations_of_a_control_stands_once(
        self, door: Client, house: House
    ) -> None:
        item = hand_in(
            submission(b"twice\n", date(2026, 7, 1), None, house.world.mfa, house.world.leavers)
        )
        assert shown(door, house, "?control=AC-01").count(item.ref) == 1
        assert shown(door, house).count(item.ref) == 1
        assert row(door, house, item).count(">AC-01<") == 1

    def test_it_offers_the_controls_in_scope_only(self, door: Client, house: House) -> None:
        page = door.get(house.path(PATH)).content.decode()
        assert re.findall(r'<option value="([^"]*)"', page) == ["", "AC-01"]

    def test_nothing_found_says_how_to_go_on(self, door: Client, house: House) -> None:
        house.world.control("AC-03", "Nothing yet", ["CC6.1"])
        page = door.get(house.path(f"{PATH}?control=AC-03")).content.decode()
        assert "No evidence here yet" in page
        assert "Show all evidence" in page


class TestPages:
    @pytest.mark.parametrize("near", [listing.NEAR, 20, 1])
    @pytest.mark.parametrize("query", ["", "control=AC-01"])
    def test_pages_follow_each_other_without_gap_or_double(
        self,
        door: Client,
        house: House,
        monkeypatch: pytest.MonkeyPatch,
        near: int,
        query: str,
    ) -> None:
        """However little of the table is looked at before the claims are asked."""
        monkeypatch.setattr(listing, "NEAR", near)
        many(house, 58)
        many_outside(house, 3)
        many(house, 60)
        page, seen = f"?{query}", []
        for _ in range(4):
            text = door.get(house.path(PATH) + page).content.decode()
            seen.append(re.findall(r'<span class="under">(EV-\d+)', text))
            following = re.search(r'href="(\?[^"]*before=\d+)">Older items', text)
            if not following:
                break
            page = following[1].replace("&amp;", "&")
        assert [len(refs) for refs in seen] == [50, 50, 20]
        inside = access.evidence(house.engagement).order_by("-pk").values_list("ref", flat=True)
        assert [ref for refs in seen for ref in refs] == list(inside)

    def test_items_for_two_expectations_fill_a_page_as_others_do(
        self, door: Client, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(listing, "NEAR", 1)
        many(house, 60, house.world.mfa, house.world.leavers)
        assert len(shown(door, house)) == 50

    def test_exactly_one_page_has_no_next(self, door: Client, house: House) -> None:
        many(house, 48)
        page = door.get(house.path(PATH)).content.decode()
        assert page.count('<span class="under">EV-') == 50
        assert "Older items" not in page
        assert "Latest items" not in page

    def test_a_later_page_leads_back_to_the_latest(self, door: Client, house: House) -> None:
        page = door.get(house.path(f"{PATH}?before={house.letter.pk}")).content.decode()
        assert f'href="{house.path(PATH)}">Latest items' in page
        assert house.letter.ref not in page

    def test_an_end_that_is_passed_is_said(self, door: Client, house: House) -> None:
        page = door.get(house.path(f"{PATH}?before=1")).content.decode()
        assert "<h2>No evidence here</h2>" in page

    def test_an_audit_without_evidence_says_what_comes(self, door: Client, house: House) -> None:
        houses.admit(house.other, house.bob, by=house.world.alice)
        page = door.get(f"/portal/{house.other.ref}/evidence/").content.decode()
        assert "No evidence here yet" in page
        assert "Items appear as collectors run" in page


def many_outside(house: House, count: int) -> None:
    for number in range(count):
        hand_in(submission(f"{number}\n".encode(), date(2026, 7, 1), None, house.world.restore))


@pytest.mark.parametrize(
    "arrange",
    [
        lambda _: None,
        lambda house: many_outside(house, 2),
        lambda house: hand_in(
            submission(b"new\n", date(2026, 7, 1), None, supersedes=house.letter)
        ),
        lambda house: hand_in(
            submission(b"early\n", date(2026, 5, 1), date(2026, 5, 31), house.world.leavers)
        ),
    ],
    ids=["as it is", "outside", "a version without claims", "before the window"],
)
def test_what_may_be_seen_is_what_the_rules_of_audits_say(
    house: House, arrange: Callable[[House], object]
) -> None:
    arrange(house)
    ours = set(access.evidence(house.engagement).values_list("ref", flat=True))
    assert ours == set(rules.evidence_for(house.engagement).values_list("ref", flat=True))


def test_a_version_that_claims_nothing_is_found_on_the_page_of_the_other(
    door: Client, house: House
) -> None:
    newer = hand_in(submission(b"new\n", date(2026, 7, 1), None, supersedes=house.letter))
    assert newer.ref not in shown(door, house)
    page = door.get(house.path(f"evidence/{house.letter.ref}/")).content.decode()
    assert house.path(f"evidence/{newer.ref}/") in page
    assert door.get(house.path(f"evidence/{newer.ref}/")).status_code == 200


def test_titles_are_text(door: Client, house: House) -> None:
    hand_in(submission(b"x\n", date(2026, 7, 1), None, house.world.mfa, filename="<b>x.txt"))
    page = door.get(house.path(PATH)).content.decode()
    assert "&lt;b&gt;x.txt" in page
    assert "<b>x.txt" not in page


def test_a_look_is_noted_once_a_day(door: Client, house: House) -> None:
    shown(door, house)
    shown(door, house, "?control=AC-01")
    assert notes("view") == [f"{house.ref} evidence"]


@pytest.mark.parametrize("query", ["", "?control=AC-01", "?before=999"])
def test_its_queries_do_not_grow(door: Client, house: House, query: str) -> None:
    before = queries(door, house.path(PATH) + query)
    many(house, 60)
    assert queries(door, house.path(PATH) + query) <= before <= 12


def test_a_control_of_a_design_shows_all_by_which_its_date_is_judged(
    door: Client, house: House
) -> None:
    """The latest whole month before 15 July is June, and no narrowing may hide its evidence."""
    design = at_a_date(house.world, date(2026, 7, 15))
    admit(design, house.bob, by=house.world.alice)
    capture = house.capture(date(2026, 6, 3))
    listed = door.get(f"/portal/{design.ref}/evidence/").content.decode()
    narrowed = door.get(f"/portal/{design.ref}/evidence/?control=AC-01").content.decode()
    for page in (listed, narrowed):
        assert f"/evidence/{capture.ref}/" in page
