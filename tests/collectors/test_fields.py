"""Reading fields of a decoded answer: the right kind or plain words, never the value."""

import contextlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.errors import SourceNonsenseError
from collectors.wire.answers import Json
from collectors.wire.fields import Item

SECRET = "hunter2-hunter2"


def item(content: Json) -> Item:
    return Item(content, "GET https://api.example/users")


FULL = item(
    {
        "id": 7,
        "name": "Ann",
        "fee": Decimal("0.10"),
        "share": "12.5",
        "count": "12",
        "on": True,
        "at": "2026-10-04T10:00:00+02:00",
        "plain_at": "2026-10-04T10:00:00.123",
        "unix": 1_791_100_800,
        "none": None,
        "owner": {"login": "ann", "team": None},
        "roles": [{"id": 1}, {"id": 2}],
    }
)


def test_fields_are_read_by_their_kind() -> None:
    assert FULL.text("name") == "Ann"
    assert FULL.text("id") == "7"
    assert FULL.integer("id") == 7
    assert FULL.integer("count") == 12
    assert FULL.decimal("fee") == Decimal("0.10")
    assert FULL.decimal("share") == Decimal("12.5")
    assert FULL.boolean("on") is True
    assert FULL.text("owner.login") == "ann"
    assert FULL.part("owner").text("login") == "ann"
    assert [each.integer("id") for each in FULL.parts("roles")] == [1, 2]


def test_times_are_in_utc() -> None:
    assert FULL.moment("at") == datetime(2026, 10, 4, 8, tzinfo=UTC)
    assert FULL.moment("plain_at") == datetime(2026, 10, 4, 10, 0, 0, 123_000, tzinfo=UTC)
    assert FULL.since_1970("unix") == datetime(2026, 10, 4, 8, tzinfo=UTC)
    assert FULL.maybe_day("at") == date(2026, 10, 4)


@pytest.mark.parametrize("name", ["none", "missing", "owner.team", "owner.team.name", "owner.nick"])
def test_what_is_missing_or_null_is_none_only_where_it_may_be(name: str) -> None:
    for kind in ("text", "integer", "decimal", "boolean", "moment"):
        assert getattr(FULL, f"maybe_{kind}")(name) is None
        with pytest.raises(SourceNonsenseError, match="is missing"):
            getattr(FULL, kind)(name)
    assert list(FULL.parts(name)) == []


@pytest.mark.parametrize("name", ["boss.login", "name.first", "roles.id"])
def test_a_parent_must_be_there(name: str) -> None:
    """`next` missing from a page is an end; the page itself missing is another answer."""
    with pytest.raises(SourceNonsenseError, match="is missing"):
        FULL.maybe_text(name)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", True),
        ("text", [SECRET]),
        ("integer", SECRET),
        ("integer", True),
        ("integer", Decimal("1.5")),
        ("integer", "9" * 40),
        ("decimal", SECRET),
        ("decimal", "NaN"),
        ("decimal", True),
        ("boolean", SECRET),
        ("boolean", 1),
        ("moment", SECRET),
        ("moment", 1_791_100_800),
    ],
)
def test_another_kind_is_refused_without_its_value(kind: str, value: Any) -> None:
    with pytest.raises(SourceNonsenseError) as caught:
        getattr(item({"owner": {"field": value}}), kind)("owner.field")
    assert "https://api.example/users answered something else" in str(caught.value)
    assert "owner.field" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("value", [-(10**20), 10**20])
def test_a_moment_beyond_all_times_is_refused(value: int) -> None:
    with pytest.raises(SourceNonsenseError, match="is no time"):
        item({"at": value}).since_1970("at")


def test_parts_of_something_else_are_refused() -> None:
    with pytest.raises(SourceNonsenseError, match="name is no list"):
        list(FULL.parts("name"))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=True),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(values, st.sampled_from(["a", "a.b", "a.b.c"]))
def test_no_answer_whatever_breaks_the_reader(content: Any, name: str) -> None:
    for kind in ("text", "integer", "decimal", "boolean", "moment"):
        with contextlib.suppress(SourceNonsenseError):
            getattr(item({"a": content}), f"maybe_{kind}")(name)
