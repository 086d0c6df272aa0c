"""The quick way to canonical JSON writes the very bytes of the library, or leaves it to it."""

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from evidence import ledger
from evidence.errors import LedgerError

text = st.text() | st.text(st.characters(min_codepoint=0, max_codepoint=0x80))
numbers = st.integers(-(2**53) + 1, 2**53 - 1)
plain = st.none() | st.booleans() | numbers | text
values = st.recursive(
    plain, lambda inner: st.lists(inner) | st.dictionaries(text, inner), max_leaves=30
)


@given(values)
@example({"\ue000": 1, "\U0001f600": 2})
@example({"b": '\x7f\u2028\\"\b\f\n\r\t\x00\x1f', "a": (1, True, None)})
def test_it_writes_what_the_library_writes(value: object) -> None:
    assert ledger.canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [1.5, {"a": [1.0]}, 2**53, [-(2**53)], "\ud800", {"\udfff": 1}])
def test_it_refuses_what_has_no_one_form(value: object) -> None:
    with pytest.raises(LedgerError):
        ledger.canonical(value)
