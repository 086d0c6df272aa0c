"""What was noted elsewhere is looked up as it is: nothing is folded, nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits import reverse_lookup
from audits.reverse_lookup import LISTED, MOST_IDS, Noted, Outcome, look_up, noted

IDS = st.text(
    st.characters(categories=["L", "N", "P"], exclude_characters="|"), min_size=1, max_size=12
)


class TestWhatWasTyped:
    def test_each_line_has_its_own_place_or_that_of_all(self) -> None:
        found = noted(
            "CHG-7 | deployment of 3 June\n\n CHG-8\t the board \r\nCHG-9", seen="the log"
        )
        assert found == [
            Noted("CHG-7", "deployment of 3 June"),
            Noted("CHG-8", "the board"),
            Noted("CHG-9", "the log"),
        ]

    @pytest.mark.parametrize(
        ("text", "seen", "said"),
        [
            ("", "the log", "at least one id"),
            (" \n\t\n", "the log", "at least one id"),
            ("CHG-7", "", "Say where 'CHG-7' on line 1 was seen"),
            ("CHG-7\nCHG-8 | board", "", "on line 1"),
            ("| board", "the log", "Line 1 has no id"),
            ("CHG-7\nCHG-8\nCHG-7", "the log", "Lines 1 and 3 have the same id"),
            ("CHG-7\x00", "the log", "invisible characters"),
            ("x" * 201, "the log", "more than 200 characters"),
            ("CHG-7", "the\nlog", "one line"),
            ("\n".join(map(str, range(MOST_IDS + 1))), "the log", "51 ids; one test looks up 50"),
        ],
        ids=[
            *("nothing", "only-space", "no-place", "one-without-place", "no-id", "twice", "nul"),
            *("long", "place-of-two-lines", "too-many"),
        ],
    )
    def test_what_cannot_be_looked_up_is_refused(self, text: str, seen: str, said: str) -> None:
        with pytest.raises(ValueError, match=said):
            noted(text, seen=seen)


class TestLookingUp:
    def test_it_says_found_several_times_or_not_found(self) -> None:
        wanted = [Noted(name, "the log") for name in ("b", "a", "z")]
        found = look_up(["a", "b", "c", "a"], wanted)
        assert [(one.outcome, one.count, one.rows) for one in found] == [
            (Outcome.FOUND, 1, [2]),
            (Outcome.SEVERAL, 2, [1, 4]),
            (Outcome.NOT_FOUND, 0, []),
        ]

    @pytest.mark.parametrize("cell", ["chg-7", "CHG-7 ", "CHG-07", "\uff23HG-7"])
    def test_nothing_alike_is_taken_for_it(self, cell: str) -> None:
        [one] = look_up([cell], [Noted("CHG-7", "the log")])
        assert one.outcome is Outcome.NOT_FOUND

    def test_of_many_hits_the_first_are_named_and_all_counted(self) -> None:
        [one] = look_up(["a"] * (LISTED + 5), [Noted("a", "the log")])
        assert (one.count, one.rows) == (LISTED + 5, list(range(1, LISTED + 1)))

    @given(st.lists(IDS, max_size=40), st.lists(IDS, min_size=1, max_size=10, unique=True))
    def test_it_agrees_with_counting_by_hand(self, cells: list[str], ids: list[str]) -> None:
        found = look_up(cells, [Noted(name, "x") for name in ids])
        assert [(one.noted.id, one.count) for one in found] == [
            (name, cells.count(name)) for name in ids
        ]
        for one in found:
            assert [cells[row - 1] for row in one.rows] == [one.noted.id] * min(one.count, LISTED)

    @given(st.lists(IDS, min_size=1, max_size=MOST_IDS, unique=True))
    def test_what_is_typed_is_what_is_looked_up(self, ids: list[str]) -> None:
        typed = noted("\n".join(ids), seen="x")
        assert [one.id for one in typed] == ids
        assert reverse_lookup.look_up(ids, typed)[-1].rows == [len(ids)]
