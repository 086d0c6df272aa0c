"""Bob's reverse tests: ids looked up, rows taken back, exceptions that become findings."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from audits import engagements, reverse_tests
from audits.models import EngagementMember, Finding, ReverseEntry, ReverseTest
from audits.reverse_tests import SourceResult
from evidence.models import LedgerEntry
from tests import cast
from tests.audits import sealing
from tests.audits.world import World
from tests.portal.house import House, build, notes, queries, sampled

POPULATION = "populations/1/"
INTO = "populations/1/tests/into/"
BACK = "populations/1/tests/back/"
TEST = "populations/1/tests/1/"
FINDING = "populations/1/tests/1/findings/2/"


@pytest.fixture
def house(world: World, bob: User) -> House:
    return sampled(build(world, bob))


@pytest.fixture
def looked_up(house: House) -> ReverseTest:
    assert house.draw
    return reverse_tests.look_up(
        house.draw.population, text="CHG-0007\n<b>99 | the board", seen="the log", by=house.bob
    )


@pytest.fixture
def chosen(house: House) -> ReverseTest:
    assert house.draw
    return reverse_tests.choose_rows(house.draw.population, rows=[3, 17], by=house.bob)


def filled(**changes: str) -> dict[str, str]:
    plain = {"outcome_3": "agrees", "seen_3": "", "note_3": "", "evidence_3": ""}
    rest = {"outcome_17": "not looked at", "seen_17": "", "note_17": "", "evidence_17": ""}
    return {**plain, **rest, **changes}


class TestIntoTheList:
    def test_ids_are_looked_up(self, door: Client, house: House) -> None:
        said = {"ids": "CHG-0007\nCHG-0099", "seen": "the deployment log", "column": "change_id"}
        answer = door.post(house.path(INTO), said)
        assert (answer.status_code, answer["Location"]) == (302, house.path(TEST))
        text = door.get(house.path(TEST)).content.decode()
        assert "From the world into the list" in text
        assert ">found<" in text
        assert ">not found<" in text
        assert "the deployment log" in text

    def test_the_column_of_ids_is_proposed(self, door: Client, house: House) -> None:
        text = door.get(house.path(INTO)).content.decode()
        assert '<option value="change_id" selected>' in text

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"ids": ""}, "This field is required"),
            ({"seen": ""}, "Say where"),
            ({"ids": "CHG-0007\nCHG-0007"}, "have the same id"),
            ({"column": "ticket"}, "Select a valid choice"),
        ],
        ids=["nothing", "nowhere", "twice", "no-column"],
    )
    def test_what_is_odd_is_said_with_all_still_typed_in(
        self, door: Client, house: House, change: dict[str, str], said: str
    ) -> None:
        typed = {"ids": "CHG-0007", "seen": "the log", "column": "change_id", **change}
        answer = door.post(house.path(INTO), typed)
        assert answer.status_code == 200
        assert said in answer.content.decode()
        assert typed["seen"] in answer.content.decode()
        assert not ReverseTest.objects.exists()

    @pytest.mark.usefixtures("looked_up")
    def test_what_was_typed_is_shown_as_text(self, door: Client, house: House) -> None:
        text = door.get(house.path(TEST)).content.decode()
        assert "&lt;b&gt;99" in text
        assert "<b>99" not in text


class TestBackToTheSource:
    def test_rows_are_chosen_and_then_recorded(self, door: Client, house: House) -> None:
        answer = door.post(house.path(BACK), {"rows": "17, 3", "nonce": "", "size": ""})
        assert answer["Location"] == house.path(TEST)
        text = door.get(house.path(TEST)).content.decode()
        assert "CHG-0017" in text
        assert "not recorded yet" in text
        door.post(
            house.path(TEST),
            filled(outcome_17="differs", seen_17="author = bea\namount = 1=2", note_17="Seen."),
        )
        entry = ReverseEntry.objects.get()
        assert [one["outcome"] for one in entry.said["results"]] == ["agrees", "differs"]
        assert [one["seen"] for one in entry.said["results"][1]["differs"]] == ["bea", "1=2"]
        text = door.get(house.path(TEST)).content.decode()
        assert "author = bea" in text
        assert ">differs<" in text

    def test_a_nonce_draws_rows(self, door: Client, house: House) -> None:
        door.post(house.path(BACK), {"rows": "", "nonce": "four words of mine", "size": "4"})
        made = ReverseTest.objects.get()
        assert (made.said["selection"]["by"], len(made.said["rows"])) == ("nonce", 4)

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"rows": "3, x"}, "is no number of a row"),
            ({"rows": "61"}, "rows 1 to 60"),
            ({}, "one way"),
            ({"rows": "3", "nonce": "four words of mine", "size": "2"}, "one way"),
            ({"rows": "9" * 30}, "is no number of a row"),
        ],
        ids=["word", "beyond", "none", "both", "huge"],
    )
    def test_an_odd_choice_is_refused(
        self, door: Client, house: House, typed: dict[str, str], said: str
    ) -> None:
        text = door.post(house.path(BACK), {"csrf": "", **typed}).content.decode()
        assert said in text
        assert not ReverseTest.objects.exists()

    @pytest.mark.usefixtures("chosen")
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"outcome_17": "differs"}, "in which columns"),
            ({"outcome_17": "differs", "seen_17": "author"}, "column = value seen"),
            ({"outcome_17": "not there"}, "where you looked"),
        ],
        ids=["no-column", "no-value", "no-note"],
    )
    def test_an_odd_result_records_nothing(
        self, door: Client, house: House, change: dict[str, str], said: str
    ) -> None:
        text = door.post(house.path(TEST), filled(**change)).content.decode()
        assert said in text
        assert not ReverseEntry.objects.exists()

    @pytest.mark.usefixtures("chosen")
    def test_the_same_again_is_no_entry(self, door: Client, house: House) -> None:
        for _ in range(2):
            assert door.post(house.path(TEST), filled()).status_code == 302
        assert ReverseEntry.objects.count() == 1

    @pytest.mark.usefixtures("looked_up")
    def test_a_test_into_the_list_takes_no_results(self, door: Client, house: House) -> None:
        assert door.post(house.path(TEST), filled()).status_code == 404


class TestFindings:
    def test_a_miss_becomes_a_finding(
        self, door: Client, house: House, looked_up: ReverseTest
    ) -> None:
        assert house.path(FINDING) in door.get(house.path(TEST)).content.decode()
        answer = door.post(house.path(FINDING), {"condition": "It is missing."})
        opened = Finding.objects.get(subject_ref=f"{looked_up.ref}#2")
        assert answer["Location"] == house.path(f"findings/{opened.ref}/")
        assert (opened.source, opened.opened_by) == ("auditor", house.bob)
        text = door.get(house.path(TEST)).content.decode()
        assert opened.ref in text
        assert "Open a finding" not in text

    @pytest.mark.usefixtures("looked_up")
    def test_the_words_are_proposed(self, door: Client, house: House) -> None:
        text = door.get(house.path(FINDING)).content.decode()
        assert "is not in column change_id of the list." in text

    @pytest.mark.usefixtures("looked_up")
    def test_what_fits_is_no_finding(self, door: Client, house: House) -> None:
        rest = FINDING.replace("/2/", "/1/")
        assert door.get(house.path(rest)).status_code == 404
        assert door.post(house.path(rest), {"condition": "x"}).status_code == 404

    @pytest.mark.usefixtures("looked_up")
    def test_a_condition_is_needed(self, door: Client, house: House) -> None:
        before = Finding.objects.count()
        assert door.post(house.path(FINDING), {"condition": " "}).status_code == 200
        assert Finding.objects.count() == before


class TestThePages:
    @pytest.mark.usefixtures("looked_up", "chosen")
    def test_the_population_lists_its_tests(self, door: Client, house: House) -> None:
        text = door.get(house.path(POPULATION)).content.decode()
        assert text.index("Test 2") < text.index("Test 1")
        assert queries(door, house.path(POPULATION)) <= 20

    def test_without_one_it_says_what_it_is_for(self, door: Client, house: House) -> None:
        text = door.get(house.path(POPULATION)).content.decode()
        assert "No reverse test was made yet" in text
        assert "Look ids up in the list" in text

    def test_what_is_opened_is_noted(
        self, door: Client, house: House, looked_up: ReverseTest
    ) -> None:
        for rest in (INTO, BACK, TEST, FINDING):
            door.get(house.path(rest))
        sealed = looked_up.population.ref
        assert notes("view") == [
            f"{sealed}/into",
            f"{sealed}/back",
            looked_up.ref,
            f"{looked_up.ref}#2",
        ]

    @pytest.mark.usefixtures("looked_up")
    @pytest.mark.parametrize(
        "rest", [INTO, BACK, TEST, FINDING], ids=["into", "back", "test", "finding"]
    )
    def test_an_onlooker_sees_and_does_nothing(
        self, client: Client, house: House, rest: str
    ) -> None:
        EngagementMember.objects.update(role=EngagementMember.Role.OBSERVER)
        door = cast.sign_in(client, house.bob)
        assert b"<form" not in _main(door.get(house.path(rest)))
        leaves = LedgerEntry.objects.count()
        assert door.post(house.path(rest), {"ids": "CHG-0001", "seen": "x"}).status_code == 404
        assert LedgerEntry.objects.count() == leaves

    @pytest.mark.usefixtures("looked_up", "chosen")
    def test_a_closed_audit_takes_no_test(self, door: Client, house: House) -> None:
        engagements.close_engagement(house.engagement, by=house.world.alice)
        assert b"<form" not in _main(door.get(house.path(INTO)))
        said = {"ids": "CHG-0001", "seen": "x", "column": "change_id"}
        assert door.post(house.path(INTO), said).status_code == 404
        assert door.post(house.path("populations/1/tests/2/"), filled()).status_code == 404
        assert ReverseTest.objects.count() == 2

    @pytest.mark.usefixtures("looked_up")
    def test_a_test_of_another_population_is_not_there(self, door: Client, house: House) -> None:
        sealing.sealed(
            house.world, house.engagement, sealing.item(house.world, sealing.changes(30))
        )
        assert door.get(house.path("populations/2/tests/1/")).status_code == 404


def _main(answer: Any) -> bytes:
    text: bytes = answer.content
    return text[text.index(b"<h1") :]


def test_rows_of_an_entry_are_read_without_a_query_each(
    door: Client, house: House, chosen: ReverseTest
) -> None:
    for outcome in ("agrees", "not there"):
        reverse_tests.record_source(
            chosen, results=[SourceResult(3, outcome, note="x")], by=house.bob
        )
    assert queries(door, house.path(TEST)) <= 18
