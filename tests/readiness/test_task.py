"""One task: whose it is, when it is overdue, and an order that no cut into pages changes."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.task import NO_DAY, Asked, Place, Task, Whose, first

TODAY = date(2026, 11, 21)


def task(key: str = "1", *, due: date | None = TODAY, **more: object) -> Task:
    given: dict[str, object] = {"source": "evidence", "name": "AC-01", "title": "A", "weight": 1}
    given |= {"page": "work", "key": key, "due": due, **more}
    return Task(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("due", "over"),
    [(TODAY, 0), (TODAY - timedelta(days=1), 1), (TODAY + timedelta(days=9), 0), (None, 0)],
    ids=["today", "yesterday", "later", "never"],
)
def test_it_is_overdue_from_the_day_after_its_due_day(due: date | None, over: int) -> None:
    assert task(due=due).days_over(TODAY) == over


def test_who_is_named_has_it_alone() -> None:
    mine = task(person=1, role="reviewer")
    assert Whose(1).has(mine)
    assert not Whose(2, roles=frozenset({"reviewer"})).has(mine)


def test_a_name_means_a_person_whatever_its_case() -> None:
    named = task(named="Eve@Example.org")
    assert Whose(1, frozenset({"eve@example.org"})).has(named)
    assert not Whose(1, frozenset({"bob@example.org"})).has(named)


def test_who_holds_the_role_has_it_but_not_who_may_not_do_it() -> None:
    review = task(role="reviewer", not_for=7)
    roles = frozenset({"reviewer"})
    assert Whose(1, roles=roles).has(review)
    assert not Whose(7, roles=roles).has(review)
    assert not Whose(1, roles=frozenset({"engineer"})).has(review)


def test_a_task_of_nobody_is_not_had_by_who_holds_no_role() -> None:
    assert not Whose(1).has(task())


def test_what_has_no_day_stands_last_and_is_not_due_until_any_day() -> None:
    some = [task("a", due=None), task("b"), task("c", due=TODAY - timedelta(days=1))]
    assert [one.key for one in first(some, Asked(TODAY))] == ["c", "b", "a"]
    assert [one.key for one in first(some, Asked(TODAY, TODAY))] == ["c", "b"]


_tasks = st.lists(
    st.builds(
        lambda key, days, source: task(
            str(key), due=None if days is None else TODAY + timedelta(days=days), source=source
        ),
        st.integers(0, 99),
        st.none() | st.integers(-3, 3),
        st.sampled_from(["evidence", "registers", "steps"]),
    ),
    unique_by=lambda one: one.place,
    max_size=40,
)


@given(_tasks, st.integers(1, 7))
def test_pages_laid_end_to_end_are_the_whole_in_its_order(some: list[Task], most: int) -> None:
    seen: list[Task] = []
    after = None
    while True:
        found = first(some, Asked(TODAY, after=after, most=most))
        seen += found[:most]
        if len(found) <= most:
            break
        after = Place.read(str(seen[-1].place))
        assert after
    assert seen == sorted(some, key=lambda one: one.place)


@given(st.text(max_size=30))
def test_any_words_name_a_place_or_none(words: str) -> None:
    place = Place.read(words)
    assert place is None or Place.read(str(place)) == place


def test_a_moved_due_day_makes_another_event() -> None:
    assert task().event != task(due=NO_DAY).event
    assert task().event == "evidence:1:2026-11-21"
