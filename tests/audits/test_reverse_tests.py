"""Reverse tests: looked up by the product, bound before the source is seen, never changed."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from audits import engagements, reverse_exceptions, reverse_tests, sampling
from audits.draws import seed_of
from audits.errors import ClosedError, NotAllowedError, ReverseTestError
from audits.models import Engagement, ReverseEntry, ReverseTest, SealedPopulation
from audits.reverse_exceptions import NOT_YET
from audits.reverse_tests import SourceResult
from audits.sampling import Method
from evidence.models import LedgerEntry
from tests.audits.sealing import (
    DEFINITION,
    NONCE,
    Findings,
    admit,
    item,
    month,
    sealed,
)
from tests.audits.test_draws import STRANGERS
from tests.audits.world import World

LOG = "the deployment log"


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    engagement = world.engagement()
    admit(engagement, bob, by=world.alice)
    return engagement


@pytest.fixture
def population(world: World, engagement: Engagement) -> SealedPopulation:
    return sealed(world, engagement)


@pytest.fixture
def chosen(population: SealedPopulation, bob: User) -> ReverseTest:
    return reverse_tests.choose_rows(population, rows=[3, 17, 60], by=bob)


def leaf_of(row: ReverseTest | ReverseEntry) -> dict[str, object]:
    found: dict[str, object] = json.loads(row.ledger_entry.leaf)
    return found


class TestIntoTheList:
    def test_the_product_finds_and_misses_by_itself(
        self, population: SealedPopulation, bob: User
    ) -> None:
        made = reverse_tests.look_up(
            population, text="CHG-0007\nCHG-0099 | the incident of 4 July", seen=LOG, by=bob
        )
        assert made.ref == f"{population.ref}/T1"
        assert made.said["column"] == "change_id"
        assert made.said["looked_up"] == [
            {"id": "CHG-0007", "seen": LOG, "outcome": "found", "count": 1, "rows": [7]},
            {
                "id": "CHG-0099",
                "seen": "the incident of 4 July",
                "outcome": "not found",
                "count": 0,
                "rows": [],
            },
        ]

    def test_another_column_may_be_looked_through(
        self, population: SealedPopulation, bob: User
    ) -> None:
        made = reverse_tests.look_up(population, text="ann", seen=LOG, column="author", by=bob)
        [one] = made.said["looked_up"]
        assert (one["outcome"], one["count"]) == ("found several times", 60)
        assert one["rows"] == list(range(1, 21))

    def test_its_leaf_binds_the_record_and_has_no_words(
        self, population: SealedPopulation, bob: User
    ) -> None:
        made = reverse_tests.look_up(population, text="CHG-0099", seen=LOG, by=bob)
        leaf = leaf_of(made)
        assert (leaf["kind"], leaf["subject"]) == ("reversetest", made.ref)
        assert leaf["body"] == {
            "population": population.ref,
            "direction": "completeness",
            "looked_up": 1,
            "not_found": 1,
            "several": 0,
            "record_sha256": sha256(made.record.encode()).hexdigest(),
        }
        assert "CHG-0099" not in made.ledger_entry.leaf

    def test_rows_are_numbered_through_all_parts(
        self, world: World, engagement: Engagement, bob: User
    ) -> None:
        june, july, august = (month(world, place) for place in range(3))
        joined = sealed(world, engagement, july, further=[june, august])
        made = reverse_tests.look_up(joined, text="CHG-0060", seen=LOG, by=bob)
        assert made.said["looked_up"][0]["rows"] == [60]

    def test_an_empty_list_has_nothing(
        self, world: World, engagement: Engagement, bob: User
    ) -> None:
        empty = sealed(world, engagement, item(world, []))
        made = reverse_tests.look_up(empty, text="CHG-0001", seen=LOG, by=bob)
        assert made.said["looked_up"][0]["outcome"] == "not found"

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ({"text": ""}, "at least one id"),
            ({"text": "CHG-0001", "seen": ""}, "was seen"),
            ({"text": "CHG-0001", "column": "ticket"}, "no column 'ticket'; it has change_id"),
        ],
        ids=["nothing", "nowhere", "no-column"],
    )
    def test_what_is_odd_is_refused_and_nothing_kept(
        self, population: SealedPopulation, bob: User, more: dict[str, str], said: str
    ) -> None:
        with pytest.raises(ReverseTestError, match=said):
            reverse_tests.look_up(population, by=bob, **{"seen": LOG, **more})
        assert not ReverseTest.objects.exists()

    def test_without_a_column_of_ids_one_is_chosen(
        self, world: World, engagement: Engagement, bob: User
    ) -> None:
        plain = sealed(world, engagement, definition=replace(DEFINITION, id_column=""))
        with pytest.raises(ReverseTestError, match="Choose the column"):
            reverse_tests.look_up(plain, text="CHG-0001", seen=LOG, by=bob)

    def test_a_table_with_fewer_rows_than_were_sealed_is_no_proof(
        self, population: SealedPopulation, bob: User
    ) -> None:
        population.row_count += 1
        with pytest.raises(ReverseTestError, match="compare the store with a backup"):
            reverse_tests.look_up(population, text="CHG-0001", seen=LOG, by=bob)


class TestChoosingRows:
    def test_rows_are_named_once_each_in_order(
        self, population: SealedPopulation, bob: User
    ) -> None:
        made = reverse_tests.choose_rows(population, rows=[9, 2, 9], by=bob)
        assert (made.said["rows"], made.said["selection"]) == ([2, 9], {"by": "number"})
        assert made.said["rows_sha256"] == sampling.digest_of([2, 9])
        assert reverse_tests.cells_of(made)[9][0] == "CHG-0009"

    def test_a_nonce_draws_as_it_does_for_a_sample(
        self, population: SealedPopulation, bob: User
    ) -> None:
        made = reverse_tests.choose_rows(population, nonce=f" {NONCE} ", size=4, by=bob)
        seed = seed_of(population, NONCE)
        assert made.said["rows"] == sampling.draw(seed, method=Method.RANDOM, size=4, count=60)
        assert made.said["selection"] == {
            "by": "nonce",
            "algorithm": "countersign-draw/v1",
            "method": "random",
            "nonce": NONCE,
            "seed": seed,
            "size": 4,
        }

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ({}, "one way"),
            ({"rows": [1], "nonce": NONCE, "size": 2}, "one way"),
            ({"rows": [0]}, "rows 1 to 60"),
            ({"rows": [61]}, "rows 1 to 60"),
            ({"rows": list(range(1, 52))}, "51 rows; one test has 50"),
            ({"nonce": "short", "size": 2}, "8 to 100 characters"),
            ({"nonce": NONCE, "size": 0}, "Draw 1 to 50"),
            ({"nonce": NONCE, "size": 51}, "Draw 1 to 50"),
        ],
        ids=["none", "both", "row-0", "row-61", "many", "short-nonce", "size-0", "size-51"],
    )
    def test_what_is_odd_is_refused(
        self, population: SealedPopulation, bob: User, more: dict[str, object], said: str
    ) -> None:
        with pytest.raises(ReverseTestError, match=said):
            reverse_tests.choose_rows(population, by=bob, **more)  # type: ignore[arg-type]
        assert not ReverseTest.objects.exists()

    def test_the_same_nonce_chooses_no_second_time(
        self, population: SealedPopulation, bob: User
    ) -> None:
        reverse_tests.choose_rows(population, nonce=NONCE, size=4, by=bob)
        with pytest.raises(ReverseTestError, match="T1 again"):
            reverse_tests.choose_rows(population, nonce=NONCE, size=4, by=bob)
        assert reverse_tests.choose_rows(population, nonce=NONCE, size=5, by=bob).number == 2


class TestWhatTheSourceShowed:
    def test_it_is_kept_beside_what_the_list_says(self, chosen: ReverseTest, bob: User) -> None:
        entry = reverse_tests.record_source(
            chosen,
            results=[
                SourceResult(3, "agrees"),
                SourceResult(
                    17, "differs", {"author": "bea", "amount": "18"}, "Seen in the board."
                ),
                SourceResult(60, "not there", note="No such change in the repository."),
            ],
            by=bob,
        )
        assert entry
        assert [one["outcome"] for one in entry.said["results"]] == [
            "agrees",
            "differs",
            "not there",
        ]
        assert entry.said["results"][1]["differs"] == [
            {"column": "author", "listed": "ann", "seen": "bea"},
            {"column": "amount", "listed": "17", "seen": "18"},
        ]
        leaf = leaf_of(entry)
        assert leaf["subject"] == f"{chosen.ref}/E1"
        assert leaf["body"] == {
            "test": chosen.ref,
            "results": 3,
            "exceptions": 2,
            "record_sha256": entry.record_sha256,
        }
        assert "bea" not in entry.ledger_entry.leaf

    def test_the_latest_word_counts_and_all_stay(self, chosen: ReverseTest, bob: User) -> None:
        for outcome, note in (("not there", "Not in the board."), ("agrees", "It was archived.")):
            reverse_tests.record_source(
                chosen, results=[SourceResult(3, outcome, note=note)], by=bob
            )
        assert reverse_tests.latest_of(chosen)[3]["outcome"] == "agrees"
        assert ReverseEntry.objects.count() == 2

    def test_what_is_as_it_was_is_no_entry(self, chosen: ReverseTest, bob: User) -> None:
        same = [SourceResult(3, "agrees")]
        assert reverse_tests.record_source(chosen, results=same, by=bob)
        assert reverse_tests.record_source(chosen, results=same, by=bob) is None

    @pytest.mark.parametrize(
        ("result", "said"),
        [
            (SourceResult(4, "agrees"), "was not chosen"),
            (SourceResult(3, "fine"), "none of agrees, differs, not there"),
            (SourceResult(3, "differs"), "in which columns"),
            (SourceResult(3, "agrees", {"author": "bea"}), "Choose 'differs'"),
            (SourceResult(3, "differs", {"autor": "bea"}), "no column 'autor'"),
            (SourceResult(3, "differs", {"author": "ann"}), "does not differ"),
            (SourceResult(3, "not there"), "where you looked"),
            (SourceResult(3, "agrees", note="x\x00"), "invisible"),
            (SourceResult(3, "agrees", evidence="EV-999999"), "no item of this engagement"),
        ],
        ids=[
            *("stranger", "word", "no-column", "agrees-and-differs", "odd-column", "same-value"),
            *("no-note", "invisible", "odd-evidence"),
        ],
    )
    def test_what_is_odd_is_refused_whole(
        self, chosen: ReverseTest, bob: User, result: SourceResult, said: str
    ) -> None:
        with pytest.raises(ReverseTestError, match=said):
            reverse_tests.record_source(
                chosen, results=[SourceResult(60, "agrees"), result], by=bob
            )
        assert not ReverseEntry.objects.exists()

    def test_a_row_is_given_once(self, chosen: ReverseTest, bob: User) -> None:
        twice = [SourceResult(3, "agrees"), SourceResult(3, "not there", note="Or not.")]
        with pytest.raises(ReverseTestError, match="given twice"):
            reverse_tests.record_source(chosen, results=twice, by=bob)

    def test_a_test_into_the_list_takes_no_rows(
        self, population: SealedPopulation, bob: User
    ) -> None:
        made = reverse_tests.look_up(population, text="CHG-0001", seen=LOG, by=bob)
        with pytest.raises(ReverseTestError, match="no rows to take back"):
            reverse_tests.record_source(made, results=[SourceResult(1, "agrees")], by=bob)


class TestExceptions:
    def test_a_line_that_fits_is_none(self, chosen: ReverseTest, bob: User) -> None:
        results = [SourceResult(3, "agrees"), SourceResult(17, "not there", note="Nowhere.")]
        reverse_tests.record_source(chosen, results=results, by=bob)
        shown = reverse_exceptions.shown(chosen)
        assert [(one.place, one.outcome) for one in shown.lines] == [
            (3, "agrees"),
            (17, "not there"),
            (60, NOT_YET),
        ]
        assert (shown.exceptions, shown.waiting, shown.words) == (1, 1, "1 exception")
        with pytest.raises(ReverseTestError, match="no exception at 3"):
            reverse_exceptions.exception_at(chosen, 3)

    def test_what_fits_is_not_worded_as_if_it_did_not(
        self, population: SealedPopulation, chosen: ReverseTest, bob: User
    ) -> None:
        results = [SourceResult(3, "agrees"), SourceResult(17, "agrees", note="In the archive.")]
        reverse_tests.record_source(chosen, results=results, by=bob)
        made = reverse_tests.look_up(population, text="CHG-0001", seen=LOG, by=bob)
        [found] = reverse_exceptions.shown(made).lines
        back = reverse_exceptions.shown(chosen).lines
        assert [found.words, *(line.words for line in back)] == ["", "", "In the archive.", ""]

    def test_it_tells_whoever_keeps_the_findings(
        self, population: SealedPopulation, bob: User
    ) -> None:
        made = reverse_tests.look_up(population, text="CHG-0001\nCHG-0099", seen=LOG, by=bob)
        line = reverse_exceptions.exception_at(made, 2)
        assert line.words == f"CHG-0099, seen in {LOG}, is not in column change_id of the list."
        findings = Findings()
        findings(
            reverse_exceptions.deviation_of(made, place=2, condition=f" {line.words} ", by=bob)
        )
        [told] = findings.told
        assert (told.ref, told.attribute) == (f"{made.ref}#2", "Completeness of the list")
        assert (told.condition, told.control_ref) == (line.words, "AC-01")
        assert (told.start, told.end) == (population.period_from, population.period_to)

    @pytest.mark.parametrize("words", ["", " \n", "a\x00"], ids=["empty", "space", "nul"])
    def test_a_condition_is_needed(
        self, population: SealedPopulation, bob: User, words: str
    ) -> None:
        made = reverse_tests.look_up(population, text="CHG-0099", seen=LOG, by=bob)
        with pytest.raises(ReverseTestError):
            reverse_exceptions.deviation_of(made, place=1, condition=words, by=bob)


Deed = Callable[[SealedPopulation, ReverseTest, User], object]
DEEDS: dict[str, Deed] = {
    "look-up": lambda population, _, by: reverse_tests.look_up(
        population, text="CHG-0001", seen=LOG, by=by
    ),
    "choose": lambda population, _, by: reverse_tests.choose_rows(population, rows=[1], by=by),
    "record": lambda _, test, by: reverse_tests.record_source(
        test, results=[SourceResult(3, "agrees")], by=by
    ),
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=list(DEEDS))
@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda who: who.__name__)
def test_only_its_auditors_test(
    population: SealedPopulation,
    chosen: ReverseTest,
    world: World,
    deed: Deed,
    stranger: Callable[[World, Engagement], User],
) -> None:
    who = stranger(world, population.engagement)
    leaves = LedgerEntry.objects.count()
    with pytest.raises(NotAllowedError):
        deed(population, chosen, who)
    assert LedgerEntry.objects.count() == leaves


@pytest.mark.parametrize("deed", DEEDS.values(), ids=list(DEEDS))
def test_nothing_is_tested_once_the_engagement_is_closed(
    population: SealedPopulation, chosen: ReverseTest, world: World, bob: User, deed: Deed
) -> None:
    engagements.close_engagement(population.engagement, by=world.alice)
    with pytest.raises(ClosedError):
        deed(population, chosen, bob)


@pytest.mark.parametrize("table", ["audits_reversetest", "audits_reverseentry"])
def test_the_database_changes_nothing(chosen: ReverseTest, bob: User, table: str) -> None:
    reverse_tests.record_source(chosen, results=[SourceResult(3, "agrees")], by=bob)
    for statement in (f"UPDATE {table} SET number = 9", f"DELETE FROM {table}"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
