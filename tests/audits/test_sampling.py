"""The draw: the same for everybody, spread as promised, and as the published vector says."""

import re
from collections import Counter
from datetime import date
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as house_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from audits import joined, sampling
from audits.sampling import Method, allocated, digest_of, draw, seed_of

DOC = (Path(house_settings.BASE_DIR) / "docs" / "sampling.md").read_text("utf-8")
GOOD: dict[str, Any] = {
    "table_sha256": "ab" * 32,
    "control": "CH-01",
    "start": date(2026, 1, 1),
    "end": date(2026, 6, 30),
    "nonce": "harbour lantern 47",
}
SEED = seed_of(**GOOD)
MONTHS = st.lists(st.sampled_from(["", "2026-01", "2026-02", "2026-03", "2026-04"]), min_size=1)


def vector(name: str) -> str:
    """One value of the table in the document."""
    found = re.search(rf"^\| {re.escape(name)} \| `([^`]*)` \|$", DOC, re.MULTILINE)
    assert found, name
    return found[1]


class TestPublishedVector:
    def test_the_seed_is_the_published_one(self) -> None:
        made = seed_of(
            table_sha256=vector("SHA-256 of the table"),
            control=vector("control"),
            start=date.fromisoformat(vector("from")),
            end=date.fromisoformat(vector("to")),
            nonce=vector("nonce"),
        )
        assert made == vector("seed")

    def test_the_table_is_the_published_one(self) -> None:
        assert sha256(table().encode()).hexdigest() == vector("SHA-256 of the table")

    @pytest.mark.parametrize("method", Method)
    def test_every_method_gives_the_published_rows(self, method: Method) -> None:
        months = [line.split(",")[1][:7] for line in table().splitlines()[1:]]
        size = len(months) if method is Method.ALL else int(vector("size"))
        rows = draw(vector("seed"), method=method, size=size, count=len(months), months=months)
        assert " ".join(map(str, rows)) == vector(f"rows, {method.value}")
        assert digest_of(rows) == vector(f"digest, {method.value}")

    def test_the_same_rows_in_two_parts_give_the_published_draw(self) -> None:
        header, *rows = table().splitlines(keepends=True)
        tables = ["".join([header, *part]) for part in (rows[:20], rows[20:])]
        digests = [sha256(one.encode()).hexdigest() for one in tables]
        named = ("SHA-256 of the first table", "SHA-256 of the second table")
        assert digests == [vector(name) for name in named]
        assert joined.digest_of(digests) == vector("digest of both")
        seed = seed_of(
            table_sha256=vector("digest of both"),
            control=vector("control"),
            start=date.fromisoformat(vector("from")),
            end=date.fromisoformat(vector("to")),
            nonce=vector("nonce"),
        )
        assert seed == vector("seed of both")
        drawn = draw(seed, method=Method.RANDOM, size=int(vector("size")), count=40)
        assert " ".join(map(str, drawn)) == vector("rows of both, random")

    def test_the_ten_lines_of_the_document_draw_the_same(self) -> None:
        code = re.search(r"```python\n(.*?)```", DOC, re.DOTALL)
        assert code
        assert len([line for line in code[1].splitlines() if line]) <= 10
        room: dict[str, Any] = {}
        exec(code[1], room)  # noqa: S102  # the document is ours, and this is its test
        months = [line.split(",")[1][:7] for line in table().splitlines()[1:]]
        lines = (vector("SHA-256 of the table"), vector("control"), vector("from"), vector("to"))
        seed = room["seed"](*lines, vector("nonce"))
        assert seed == vector("seed")
        assert room["random"](seed, range(1, len(months) + 1), int(vector("size"))) == [
            int(row) for row in vector("rows, random").split()
        ]


def table() -> str:
    """The table of the document: 40 changes, one for every fourth day from 2026-01-02 on."""
    lines = ["change,merged_on"]
    first = date(2026, 1, 2).toordinal()
    lines += [f"CHG-{n},{date.fromordinal(first + 4 * (n - 1))}" for n in range(1, 41)]
    return "\n".join([*lines, ""])


class TestSeed:
    def test_every_part_changes_it(self) -> None:
        others: list[dict[str, Any]] = [
            {"table_sha256": "cd" * 32},
            {"control": "CH-02"},
            {"start": date(2026, 1, 2)},
            {"end": date(2026, 7, 1)},
            {"nonce": "harbour lantern 48"},
        ]
        assert len({SEED, *(seed_of(**{**GOOD, **other}) for other in others)}) == 6

    @pytest.mark.parametrize(
        "part",
        [
            {"table_sha256": "AB" * 32},
            {"table_sha256": "ab"},
            {"control": ""},
            {"control": "CH\n01"},
            {"nonce": "short"},
            {"nonce": "x" * 101},
            {"nonce": "two\nlines of it"},
            {"nonce": " spaces around "},
            {"nonce": "hidden\u202eletters"},
        ],
    )
    def test_what_could_be_read_in_two_ways_is_refused(self, part: dict[str, str]) -> None:
        with pytest.raises(ValueError, match=r"digest|reference|nonce"):
            seed_of(**{**GOOD, **part})


class TestDraw:
    @settings(deadline=None)
    @given(st.sampled_from(Method), MONTHS, st.data())
    def test_it_gives_as_many_different_rows_as_asked_for(
        self, method: Method, months: list[str], data: st.DataObject
    ) -> None:
        count = len(months)
        size = count if method is Method.ALL else data.draw(st.integers(1, count))
        rows = draw(SEED, method=method, size=size, count=count, months=months)
        assert rows == sorted(set(rows))
        assert len(rows) == size
        assert 1 <= rows[0] <= rows[-1] <= count

    @settings(deadline=None)
    @given(st.integers(1, 200), st.data())
    def test_a_larger_random_sample_keeps_the_smaller_one(
        self, count: int, data: st.DataObject
    ) -> None:
        size = data.draw(st.integers(1, count))
        small = draw(SEED, method=Method.RANDOM, size=size, count=count)
        large = draw(SEED, method=Method.RANDOM, size=count, count=count)
        assert set(small) <= set(large)

    @settings(deadline=None)
    @given(st.integers(1, 300), st.data())
    def test_systematic_rows_lie_evenly(self, count: int, data: st.DataObject) -> None:
        size = data.draw(st.integers(1, count))
        rows = draw(SEED, method=Method.SYSTEMATIC, size=size, count=count)
        steps = {after - before for before, after in pairwise(rows)}
        assert steps <= {count // size, count // size + 1}

    @pytest.mark.parametrize("method", [Method.RANDOM, Method.SYSTEMATIC])
    def test_every_row_is_about_as_likely(self, method: Method) -> None:
        hits: Counter[int] = Counter()
        for number in range(4000):
            seed = sha256(str(number).encode()).hexdigest()
            hits.update(draw(seed, method=method, size=3, count=10))
        # 1,200 are expected of each; six standard deviations are about 174.
        assert all(1026 < hits[row] < 1374 for row in range(1, 11)), hits

    @pytest.mark.parametrize(("size", "count"), [(0, 5), (6, 5), (-1, 5), (1, 0)])
    def test_a_size_outside_the_population_is_refused(self, size: int, count: int) -> None:
        with pytest.raises(ValueError, match="cannot be drawn"):
            draw(SEED, method=Method.RANDOM, size=size, count=count)

    def test_months_of_other_rows_are_refused(self) -> None:
        with pytest.raises(ValueError, match="months of 2"):
            draw(SEED, method=Method.STRATIFIED, size=1, count=3, months=["2026-01"] * 2)

    def test_all_is_all(self) -> None:
        with pytest.raises(ValueError, match="All items are 3"):
            draw(SEED, method=Method.ALL, size=2, count=3)


class TestAllocation:
    def test_it_is_proportional_with_the_largest_remainders(self) -> None:
        # 10 of 7 + 11 + 22 = 40: quotas 1.75, 2.75 and 5.5.
        assert allocated({"2026-01": 7, "2026-02": 11, "2026-03": 22}, 10) == {
            "2026-01": 2,
            "2026-02": 3,
            "2026-03": 5,
        }

    def test_of_equal_remainders_the_earlier_month_comes_first(self) -> None:
        found = allocated({"2026-02": 5, "2026-01": 5, "2026-03": 5}, 4)
        assert found == {"2026-01": 2, "2026-02": 1, "2026-03": 1}

    def test_no_month_with_items_is_left_out_where_the_size_allows(self) -> None:
        found = allocated({"2026-01": 1, "2026-02": 98, "2026-03": 1}, 3)
        assert found == {"2026-01": 1, "2026-02": 1, "2026-03": 1}

    def test_a_size_below_the_number_of_months_leaves_some_out(self) -> None:
        assert sum(allocated({"2026-01": 1, "2026-02": 98, "2026-03": 1}, 2).values()) == 2

    @settings(deadline=None)
    @given(MONTHS, st.data())
    def test_it_gives_every_month_what_it_can_take(
        self, months: list[str], data: st.DataObject
    ) -> None:
        items = Counter(months)
        size = data.draw(st.integers(1, len(months)))
        places = allocated(items, size)
        assert sum(places.values()) == size
        assert all(places[month] <= items[month] for month in items)
        if size >= len(items):
            assert min(places.values()) >= 1

    def test_a_stratified_draw_takes_its_places_from_each_month(self) -> None:
        months = ["2026-01"] * 30 + ["2026-02"] * 5 + [""] * 15
        rows = draw(SEED, method=Method.STRATIFIED, size=10, count=50, months=months)
        assert Counter(months[row - 1] for row in rows) == {"2026-01": 6, "2026-02": 1, "": 3}


def test_the_digest_of_rows_is_over_numbers_and_line_feeds() -> None:
    assert digest_of([1, 15]) == sha256(b"1\n15\n").hexdigest()


def test_every_method_has_its_words() -> None:
    assert len({one.words for one in Method}) == len(Method)
    assert sampling.ALGORITHM in DOC
