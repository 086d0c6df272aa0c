"""Filters that people keep of long lists."""

import pytest

from accounts import saved_filters
from accounts.errors import SavedFilterError
from accounts.models import SavedFilter, User


def names(user: User, page: str = "") -> list[str]:
    return [str(each) for each in saved_filters.of(user, page)]


def test_a_filter_is_kept_of_one_list_by_one_person(alice: User, bob: User) -> None:
    saved_filters.keep(alice, page="work", name="  Late   ones ", query="when=overdue")
    saved_filters.keep(alice, page="breaks", name="Mine", query="owner=1")
    assert names(alice, "work") == ["Late ones"]
    assert names(alice) == ["Mine", "Late ones"]
    assert names(bob) == []


def test_a_name_stands_for_what_it_was_given_last(alice: User) -> None:
    for query in ("when=overdue", "when=all"):
        saved_filters.keep(alice, page="work", name="Mine", query=query)
    assert SavedFilter.objects.get().query == "when=all"


def test_a_list_opens_with_one_at_most(alice: User) -> None:
    first = saved_filters.keep(alice, page="work", name="A", query="x=1", is_default=True)
    second = saved_filters.keep(alice, page="work", name="B", query="x=2", is_default=True)
    assert SavedFilter.objects.get(is_default=True) == second
    saved_filters.turn(alice, first.pk)
    assert SavedFilter.objects.get(is_default=True) == first
    saved_filters.turn(alice, first.pk)
    assert not SavedFilter.objects.filter(is_default=True).exists()


@pytest.mark.parametrize(
    ("name", "query"), [("", "x=1"), ("A", ""), ("A" * 61, "x=1"), ("A", "x=" + "1" * 1000)]
)
def test_what_cannot_be_kept_is_refused(alice: User, name: str, query: str) -> None:
    with pytest.raises(SavedFilterError):
        saved_filters.keep(alice, page="work", name=name, query=query)


def test_there_is_an_end_to_them(alice: User) -> None:
    for number in range(saved_filters.MOST):
        saved_filters.keep(alice, page="work", name=f"F{number}", query="x=1")
    with pytest.raises(SavedFilterError, match="Delete one first"):
        saved_filters.keep(alice, page="work", name="More", query="x=1")
    saved_filters.keep(alice, page="work", name="F1", query="x=2")


def test_nobody_touches_the_filters_of_others(alice: User, bob: User) -> None:
    kept = saved_filters.keep(alice, page="work", name="A", query="x=1")
    for deed in (saved_filters.drop, saved_filters.turn):
        with pytest.raises(SavedFilterError, match="not there"):
            deed(bob, kept.pk)
    assert saved_filters.drop(alice, kept.pk).name == "A"
    assert names(alice) == []
