"""Bob's samples: from a sealed population over nonce, draw and work sheet to a statement."""

import io
import re
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from audits import engagements, worksheets
from audits.models import Draw, EngagementMember, SampleResult, SealedPopulation, WorkSheetEntry
from audits.sampling import Method
from evidence.models import LedgerEntry
from tests import cast
from tests.audits import sealing
from tests.audits.world import World
from tests.portal.house import House, build, notes, queries, sampled

POPULATION = "populations/1/"
DRAW = "populations/1/draws/1/"
SHEET = "populations/1/draws/1/sheet/"
TITLES = "Ticket\nApproved before deployment"


@pytest.fixture
def house(world: World, bob: User) -> House:
    return sampled(build(world, bob))


@pytest.fixture
def tested(house: House, door: Client) -> House:
    """A work sheet with two attributes."""
    door.post(house.path(DRAW), {"titles": TITLES})
    return house


def item_path(house: House, place: int = 0) -> str:
    assert house.draw
    return house.path(f"{DRAW}items/{house.draw.said['rows'][place]}/")


def filled(**changes: str) -> dict[str, str]:
    plain = {"result_A": "pass", "evidence_A": "", "note_A": ""}
    return {**plain, "result_B": "not tested", "evidence_B": "", "note_B": "", **changes}


def latest() -> list[tuple[str, str, str]]:
    rows = SampleResult.objects.order_by("pk").select_related("attribute")
    return [(one.attribute.letter, one.result, one.note) for one in rows]


class TestPopulations:
    def test_none_sealed_says_what_to_do(self, client: Client, world: World, bob: User) -> None:
        plain = build(world, bob)
        text = cast.sign_in(client, bob).get(plain.path("populations/")).content.decode()
        assert "No population is sealed yet" in text
        assert "there is nothing to enter yet" in text

    def test_they_are_listed_with_gaps_and_draws(self, door: Client, house: House) -> None:
        text = door.get(house.path("populations/")).content.decode()
        assert "One row is one change" in text
        assert re.search(r'data-label="Items" class="numeric">60<', text)
        assert re.search(r'data-label="Draws" class="numeric">1<', text)
        assert queries(door, house.path("populations/")) <= 12

    def test_one_shows_how_whole_it_is(self, door: Client, house: House) -> None:
        text = door.get(house.path(POPULATION)).content.decode()
        assert "CHG-0001 to CHG-0060, 0 missing" in text
        assert "Days without items" in text
        assert queries(door, house.path(POPULATION)) <= 16

    def test_a_joined_one_leads_to_each_part_and_to_its_rows(
        self, door: Client, house: House, bob: User
    ) -> None:
        june, july, august = (sealing.month(house.world, place) for place in range(3))
        made = sealing.sealed(house.world, house.engagement, july, further=[june, august])
        text = door.get(house.path("populations/2/")).content.decode()
        for part in (june, july, august):
            assert f'href="{house.path(f"evidence/{part.ref}/")}"' in text
        assert "2026-07-01 to 2026-07-31, 21 rows" in text
        sealing.drawn(made, bob, method=Method.ALL)
        last = door.get(house.path("populations/2/draws/1/items/60/")).content.decode()
        assert "CHG-0060" in last

    def test_what_is_opened_is_noted(self, door: Client, house: House) -> None:
        for rest in ("populations/", POPULATION, DRAW):
            door.get(house.path(rest))
        assert house.draw
        refs = [f"{house.ref} populations", house.draw.population.ref, house.draw.ref]
        assert notes("view") == refs


class TestDrawing:
    def test_a_nonce_draws(self, door: Client, house: House) -> None:
        sealing.sealed(
            house.world, house.engagement, sealing.item(house.world, sealing.changes(30))
        )
        said = {"nonce": "four words of mine", "method": "stratified", "size": "12"}
        answer = door.post(house.path("populations/2/"), said)
        assert answer.status_code == 302
        made = Draw.objects.get(population__number=2)
        assert answer["Location"] == house.path("populations/2/draws/1/")
        assert (made.nonce, made.method, made.size) == ("four words of mine", "stratified", 12)
        assert made.drawn_by == house.bob

    def test_another_draw_needs_a_reason(self, door: Client, house: House) -> None:
        said = {"nonce": "four words of mine", "method": "random", "size": "12"}
        answer = door.post(house.path(POPULATION), said)
        assert answer.status_code == 200
        assert Draw.objects.count() == 1
        door.post(house.path(POPULATION), {**said, "reason": "One deviation was found."})
        assert Draw.objects.count() == 2

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"size": "61"}, "has 60 items, fewer than 61"),
            ({"nonce": "short"}, "at least 8 characters"),
            ({"size": "0"}, "greater than or equal to 1"),
            ({"method": "judgment"}, "Select a valid choice"),
        ],
    )
    def test_what_is_refused_keeps_what_was_typed(
        self, door: Client, house: House, change: dict[str, str], said: str
    ) -> None:
        sent = {"nonce": "four words of mine", "method": "random", "size": "12", "reason": "More."}
        text = door.post(house.path(POPULATION), {**sent, **change}).content.decode()
        assert said in text
        assert 'value="{}"'.format({**sent, **change}["nonce"]) in text
        assert Draw.objects.count() == 1

    def test_an_observer_sees_and_does_not_draw(self, door: Client, house: House) -> None:
        EngagementMember.objects.update(role=EngagementMember.Role.OBSERVER)
        page = door.get(house.path(POPULATION)).content.decode()
        assert 'name="nonce"' not in page
        door.post(house.path(POPULATION), {"nonce": "x" * 9, "method": "random", "size": "5"})
        door.post(house.path(DRAW), {"titles": TITLES})
        assert door.post(item_path(house), filled()).status_code == 404
        assert Draw.objects.count() == 1
        assert not WorkSheetEntry.objects.exists()

    def test_a_closed_audit_is_read_only(self, door: Client, house: House) -> None:
        engagements.close_engagement(house.engagement, by=house.world.alice)
        assert 'name="nonce"' not in door.get(house.path(POPULATION)).content.decode()
        assert door.get(house.path(DRAW)).status_code == 200
        assert door.get(house.path(SHEET)).status_code == 404


class TestWorkSheet:
    def test_attributes_are_proposed_and_chosen(self, door: Client, house: House) -> None:
        assert "Approved by the owner" in door.get(house.path(DRAW)).content.decode()
        door.post(house.path(DRAW), {"titles": TITLES})
        text = door.get(house.path(DRAW)).content.decode()
        assert "0 of 10 items have a conclusion so far." in text
        assert 'aria-label="Not tested"' in text
        assert queries(door, house.path(DRAW)) <= 20

    def test_a_result_is_recorded(self, door: Client, tested: House) -> None:
        assert door.get(item_path(tested)).status_code == 200
        answer = door.post(item_path(tested), filled(evidence_A=tested.staff.ref))
        assert answer.status_code == 302
        assert latest() == [("A", "pass", "")]
        assert SampleResult.objects.get().evidence == tested.staff

    def test_a_changed_mind_keeps_what_was_before(self, door: Client, tested: House) -> None:
        door.post(item_path(tested), filled(result_A="deviation", note_A="No <b>ticket</b>."))
        door.post(item_path(tested), filled())
        assert [row[1] for row in latest()] == ["deviation", "pass"]
        text = door.get(item_path(tested)).content.decode()
        assert "2 results recorded" in text
        assert "No &lt;b&gt;ticket&lt;/b&gt;." in text

    def test_nothing_new_is_not_recorded(self, door: Client, tested: House) -> None:
        door.post(item_path(tested), filled())
        leaves = LedgerEntry.objects.filter(kind="worksheet").count()
        door.post(item_path(tested), filled())
        assert LedgerEntry.objects.filter(kind="worksheet").count() == leaves

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"result_A": "deviation"}, "Say what was found"),
            ({"result_A": "not applicable"}, "Say why it does not apply"),
            ({"result_A": "superb"}, "Select a valid choice"),
            ({"evidence_A": "EV-999999"}, "no item of this engagement"),
            ({"note_A": "hidden\u202e"}, "invisible characters"),
        ],
    )
    def test_what_is_refused_is_said_and_kept_on_the_page(
        self, door: Client, tested: House, change: dict[str, str], said: str
    ) -> None:
        text = door.post(item_path(tested), filled(**change)).content.decode()
        assert said in text
        assert latest() == []

    def test_all_items_passed_make_the_statement(self, door: Client, tested: House) -> None:
        draw = Draw.objects.get()
        done = [
            worksheets.ItemResult(row, letter, "pass")
            for row in draw.said["rows"]
            for letter in "AB"
        ]
        worksheets.record_results(
            draw, results=done, by=tested.bob, report_deviation=sealing.Findings()
        )
        text = door.get(tested.path(DRAW)).content.decode()
        assert "10 of 10 without exception: 90 % confidence that at most" in text


def taken(door: Client, house: House) -> Any:
    answer: Any = door.get(house.path(f"{DRAW}sheet.xlsx"))
    return openpyxl.load_workbook(io.BytesIO(b"".join(answer)))


def brought(door: Client, house: House, book: Any) -> Any:
    file = io.BytesIO()
    book.save(file)
    upload = SimpleUploadedFile("sheet.xlsx", file.getvalue())
    return door.post(house.path(SHEET), {"file": upload})


class TestExcel:
    def test_it_is_taken_as_a_file_and_noted(self, door: Client, tested: House) -> None:
        answer: Any = door.get(tested.path(f"{DRAW}sheet.xlsx"))
        assert b"".join(answer).startswith(b"PK")
        assert f'{tested.ref}-P1-D1-work-sheet.xlsx"' in answer["Content-Disposition"]
        assert notes("download") == [f"{tested.ref}/P1/D1 work sheet"]

    def test_our_own_file_changes_nothing(self, door: Client, tested: House) -> None:
        door.post(item_path(tested), filled(result_A="deviation", note_A="=A1\nno ticket"))
        text = brought(door, tested, taken(door, tested)).content.decode()
        assert "there is nothing to change" in text

    def test_changes_are_shown_first_and_then_recorded(self, door: Client, tested: House) -> None:
        book = taken(door, tested)
        book.active.cell(2, 8, "Pass")
        book.active.cell(3, 8, "n/a")
        book.active.cell(3, 10, "A hotfix.")
        page = brought(door, tested, book)
        text = page.content.decode()
        assert "2 results would be recorded" in text
        assert latest() == []
        answer = door.post(tested.path(SHEET), {"confirmed": page.context["confirmed"]})
        assert answer["Location"] == tested.path(DRAW)
        assert latest() == [("A", "pass", ""), ("A", "not applicable", "A hotfix.")]

    def test_a_confirmation_after_another_entry_changes_nothing(
        self, door: Client, tested: House
    ) -> None:
        book = taken(door, tested)
        book.active.cell(2, 8, "pass")
        page = brought(door, tested, book)
        door.post(item_path(tested, 1), filled())
        again = door.post(tested.path(SHEET), {"confirmed": page.context["confirmed"]}, follow=True)
        assert "Somebody recorded something on this sheet meanwhile" in again.content.decode()
        assert len(latest()) == 1

    def test_a_bent_confirmation_is_refused(self, door: Client, tested: House) -> None:
        answer = door.post(tested.path(SHEET), {"confirmed": "bent"}, follow=True)
        assert "no longer good" in answer.content.decode()
        assert latest() == []

    def test_a_file_that_is_none_is_refused(self, door: Client, tested: House) -> None:
        upload = SimpleUploadedFile("sheet.xlsx", b"not a workbook")
        text = door.post(tested.path(SHEET), {"file": upload}).content.decode()
        assert "no readable XLSX file" in text

    def test_a_changed_id_is_refused_whole(self, door: Client, tested: House) -> None:
        book = taken(door, tested)
        book.active.cell(2, 8, "pass")
        book.active.cell(4, 3, "CHG-9999")
        text = brought(door, tested, book).content.decode()
        assert "Row 4 names the item" in text
        assert "Nothing was changed" in text


def test_staff_who_are_members_conclude_nothing(client: Client, house: House) -> None:
    sealing.admit(house.engagement, house.world.alice, by=house.world.alice)
    alice = cast.sign_in(client, house.world.alice)
    said = {"nonce": "four words of mine", "method": "random", "size": "5", "reason": "Nicer rows."}
    alice.post(house.path(POPULATION), said)
    alice.post(house.path(DRAW), {"titles": TITLES})
    assert alice.post(item_path(house), filled()).status_code == 404
    assert alice.post(house.path(SHEET), {"confirmed": "x"}).status_code == 404
    assert Draw.objects.count() == SealedPopulation.objects.count() == 1
    assert not WorkSheetEntry.objects.exists()
