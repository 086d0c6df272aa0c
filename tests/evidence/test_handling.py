"""Steps after an export: the counts chain from the screen to the table, or nothing is taken in."""

import io
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence import description, exhibit, intake
from evidence.errors import HandlingError, ScreeningError
from evidence.handling import (
    Handling,
    Observation,
    Step,
    fault_of,
    is_by_hand,
    rows_of_csv,
    steps_typed,
    taken_away,
    told,
)
from evidence.models import Evidence
from tests import append_only
from tests.evidence import items

SEEN = Observation("Dana", "https://hr.example.org/report", "status = active", 100, "09:14")
FILTERED = Step("filtered", "Only staff in scope.", 100, 90, "Contractors are listed apart.")
SORTED = Step("sorted", "By name.", 90, 90, sha256_before="a" * 64)
GOOD = Handling((FILTERED, Step("other", "Opened in a spreadsheet."), SORTED), SEEN)


def test_counts_that_lead_to_the_table_fit() -> None:
    assert fault_of(GOOD, rows=90) == ""
    assert fault_of(GOOD, rows=None) == ""
    assert fault_of(Handling(), rows=7) == ""


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (Handling((replace(SORTED, did="shuffled"),)), "Step 1: 'shuffled' is none of sorted"),
        (Handling((SORTED, replace(SORTED, words=" "))), "Step 2: say in words"),
        (Handling((replace(FILTERED, reason=""),)), "Step 1: say why something was filtered"),
        (Handling((Step("masked", "Names."),)), "say why something was masked"),
        (Handling((replace(SORTED, rows_after=None),)), "before and after, or neither"),
        (Handling((replace(SORTED, rows_before=-1, rows_after=-1),)), "0 or more"),
        (Handling((replace(SORTED, rows_after=89),)), "90 rows were sorted and 89 came out"),
        (Handling((replace(FILTERED, rows_after=101),)), "a filter made 101 rows of 100"),
        (Handling((replace(SORTED, sha256_before="A" * 64),)), "64 hex digits in lower case"),
        (Handling((replace(SORTED, words="x\x00"),)), "invisible"),
        (Handling((replace(SORTED, words="x" * 1001),)), "more than 1,000"),
        (Handling((SORTED,) * 13), "13 steps; 12 at most"),
        (
            Handling((FILTERED, replace(SORTED, rows_before=80, rows_after=80))),
            "Step 2 begins with 80 rows, and 90 came out of step 1",
        ),
        (
            Handling((FILTERED,), replace(SEEN, rows_seen=99)),
            "Step 1 begins with 100 rows, and 99 were seen",
        ),
        (Handling((FILTERED,)), "The table has 91 rows, and 90 came out of step 1"),
        (Handling((), SEEN), "The table has 91 rows, and 100 were seen"),
        (Handling((), replace(SEEN, ran_by=" ")), "who ran the export"),
        (Handling((), replace(SEEN, where="")), "where it was run"),
        (Handling((), replace(SEEN, rows_seen=-1)), "0 or more"),
        (Handling((), replace(SEEN, filters="a\x1b")), "invisible"),
    ],
    ids=[
        *("word", "no-words", "filter-reason", "mask-reason", "half-count", "negative"),
        *("sorted-away", "filter-adds", "digest", "invisible", "long", "many"),
        *("broken-chain", "not-as-seen", "not-the-table", "seen-is-not-the-table"),
        *("nobody", "nowhere", "negative-seen", "invisible-filter"),
    ],
)
def test_what_does_not_fit_is_said(bad: Handling, said: str) -> None:
    assert said in fault_of(bad, rows=91)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=2, max_size=12))
def test_any_chain_of_filters_that_ends_at_the_table_fits(counts: list[int]) -> None:
    falling = sorted(counts, reverse=True)
    steps = tuple(
        Step("filtered", "Less.", before, after, "Out of scope.")
        for before, after in pairwise(falling)
    )
    assert fault_of(Handling(steps), rows=falling[-1]) == ""
    assert fault_of(Handling(steps), rows=falling[-1] + 1) != ""


def test_it_is_read_back_as_it_was_written() -> None:
    assert Handling.from_json(GOOD.to_json()) == GOOD
    assert Handling.from_json({}) == Handling()
    assert not Handling()
    assert Handling((SORTED,))


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"a,b\n1,2\n3,4\n", 2),
        (b"\xef\xbb\xbfa\r\n1\r\n\r\n2", 2),
        (b'a\n"one\ntwo"\n', 1),
        (b"a\n", 0),
        (b"", 0),
        (b"a\n\xff\xfe\n", None),
        (b"a\n" + b"x" * 200_000, None),
    ],
    ids=["plain", "bom-and-blank", "quoted-line-end", "header", "empty", "no-utf-8", "too-wide"],
)
def test_rows_of_a_csv_are_counted_under_its_header(content: bytes, rows: int | None) -> None:
    source = io.BytesIO(b"..." + content)
    source.seek(3)
    assert rows_of_csv(source) == rows
    assert (source.tell(), source.closed) == (3, False)


def test_pictures_and_exports_are_by_hand() -> None:
    assert is_by_hand("Screen.PNG", "report")
    assert is_by_hand("users.csv", "population_export")
    assert not is_by_hand("policy.pdf", "policy")


def test_what_was_taken_away_is_said_briefly() -> None:
    masked = Step("masked", "Names.", reason="Personal data.")
    said = Handling((FILTERED, SORTED, masked)).to_json()
    assert taken_away(said) == "filtered (100 rows, then 90), masked"
    assert taken_away(Handling((SORTED,)).to_json()) == ""
    assert taken_away(None) == ""


def test_a_list_has_a_line_for_each_step() -> None:
    seen, steps = told(GOOD.to_json())
    assert seen == (
        "run by Dana; at https://hr.example.org/report; filters status = active; rows seen 100; "
        "clock 09:14"
    )
    assert steps.splitlines() == [
        "1 filtered: Only staff in scope., (100 to 90 rows), because Contractors are listed apart.",
        "2 other: Opened in a spreadsheet.",
        f"3 sorted: By name., (90 to 90 rows), before: {'a' * 64}",
    ]
    assert told(None) == ("", "")


@pytest.mark.django_db
class TestIntake:
    @pytest.fixture(autouse=True)
    def _store(self, var_dir: object) -> None:
        """A store of its own."""

    def test_the_leaf_binds_it_with_the_rest(self) -> None:
        content = b"a\n1\n2\n"
        said = Handling((replace(FILTERED, rows_before=3, rows_after=2),))
        sent = items.submission(content=content, filename="x.csv", handling=said)
        item = intake.receive(sent, actor="system")
        assert description.metadata(item)["handling"] == said.to_json()
        assert exhibit.agrees_with_leaf(item)
        with append_only.forging():
            Evidence.objects.filter(pk=item.pk).update(handling=None)
        assert not exhibit.agrees_with_leaf(Evidence.objects.get())

    def test_an_item_without_it_says_nothing_of_it(self) -> None:
        item = intake.receive(items.submission(), actor="system")
        assert "handling" not in description.metadata(item)

    @pytest.mark.parametrize("name", ["x.csv", "x.CSV"])
    def test_rows_of_a_file_are_counted(self, name: str) -> None:
        said = Handling((replace(FILTERED, rows_before=3, rows_after=2),))
        with pytest.raises(HandlingError, match="The table has 1 rows"):
            intake.receive(
                items.submission(content=b"a\n1\n", filename=name, handling=said), actor="system"
            )
        assert not Evidence.objects.exists()

    def test_rows_of_a_table_are_those_of_its_canonical_form(self) -> None:
        said = Handling((replace(FILTERED, rows_after=3),))
        with pytest.raises(HandlingError, match="The table has 2 rows"):
            intake.receive(
                replace(items.population(), handling=said, filename="x.xlsx"), actor="system"
            )

    def test_a_card_number_in_the_words_is_refused(self) -> None:
        said = Handling((Step("other", "Took 4111 1111 1111 1111 out."),))
        with pytest.raises(ScreeningError, match="What is said of the handling") as refusal:
            intake.receive(items.submission(handling=said), actor="system")
        assert "4111" not in str(refusal.value)


class TestTyped:
    def test_a_line_is_a_step(self) -> None:
        text = "Filtered | Without contractors. | 120 -> 90 | Listed apart.\n\nsorted | By name.\n"
        assert steps_typed(f"{text}masked | Names. | Not needed.\nother | Cut. | 90 to 89") == (
            Step("filtered", "Without contractors.", 120, 90, "Listed apart."),
            Step("sorted", "By name."),
            Step("masked", "Names.", reason="Not needed."),
            Step("other", "Cut.", 90, 89),
        )
        assert steps_typed(" \n") == ()

    @pytest.mark.parametrize(
        "line", ["filtered", "filtered | a | b | c", "filtered | a | 3 -> 2 | b | c"], ids=len
    )
    def test_what_is_no_step_is_refused(self, line: str) -> None:
        with pytest.raises(ValueError, match="Step 2 is not of the form"):
            steps_typed(f"sorted | By name.\n{line}")
