"""The writer of documents: the same bytes as canonical JSON, and no empty list."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import ledger
from reports.oscal.encoding import Elements, pieces

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcdefghij-", max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


def written(value: Any) -> bytes:
    return b"".join(pieces(value))


@given(values)
def test_it_writes_canonical_json(value: Any) -> None:
    assert written(value) == ledger.canonical(value)


@given(st.lists(values, min_size=1, max_size=4))
def test_an_iterator_is_written_as_the_list_of_its_elements(elements: list[Any]) -> None:
    expected = ledger.canonical({"a": elements, "b": 1})
    assert written({"b": 1, "a": iter(elements)}) == expected


def test_elements_wait_in_a_file_and_come_out_as_a_list() -> None:
    waiting = Elements(io.BytesIO())
    waiting.add({"b": "ö", "a": 1})
    waiting.add({})
    assert written({"list": waiting}) == '{"list":[{"a":1,"b":"ö"},{}]}'.encode()


@pytest.mark.parametrize("empty", [iter([]), Elements(io.BytesIO())], ids=["iterator", "elements"])
def test_a_member_whose_list_is_empty_is_left_out(empty: Any) -> None:
    assert written({"a": 1, "b": empty, "c": {"d": 2}}) == b'{"a":1,"c":{"d":2}}'


def test_iterators_may_stand_within_iterators() -> None:
    inner = ({"x": iter([number])} for number in (1, 2))
    assert written({"a": inner}) == b'{"a":[{"x":[1]},{"x":[2]}]}'
