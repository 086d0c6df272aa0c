"""Entries follow the rules of a new release without a new version."""

from datetime import date
from itertools import pairwise

import pytest

from accounts.models import User
from jobs.models import Job
from jobs.performing import drain
from registers import entries, recomputing, registry, tasks, writing
from registers.models import Entry, EntryVersion, Relation
from tests.audits.world import World
from tests.registers.books import GOOD, Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def book(alice: User, world: World) -> Book:
    """Risks: they name controls, and they are due."""
    del world
    return Book(registry.get("risks"), alice)


def forget(*entries: Entry) -> None:
    """Leave entries as a release before had written them."""
    Entry.objects.filter(pk__in=[entry.pk for entry in entries]).update(due_on=None)
    Relation.objects.all().delete()


def names(entry: Entry) -> list[tuple[str, str]]:
    return sorted(entry.relations.values_list("kind", "target"))


def test_days_and_names_follow_and_nothing_else_changes(book: Book, world: World) -> None:
    entry = book.add(controls=world.access.ref)
    said, due = names(entry), entry.due_on
    assert (due, said) == (date(2027, 5, 1), [("control", world.access.ref)])
    before = Entry.objects.values().get(), list(EntryVersion.objects.values())
    forget(entry)
    assert recomputing.recompute(book.register) == 1
    assert (Entry.objects.values().get(), list(EntryVersion.objects.values())) == before
    assert names(entry) == said


def test_what_is_no_longer_named_goes_and_a_clock_that_stopped_stops(book: Book) -> None:
    entry = book.add()
    Entry.objects.update(due_on=date(2020, 1, 1))
    Relation.objects.create(entry=entry, kind="control", target="AC-999")
    assert recomputing.recompute(book.register) == 1
    assert not entry.relations.filter(target="AC-999").exists()
    assert Entry.objects.get().due_on == date(2027, 5, 1)


def test_a_second_run_finds_nothing(book: Book) -> None:
    forget(book.add())
    assert [recomputing.recompute(book.register) for _ in range(2)] == [1, 0]


def test_many_are_mended_a_batch_at_a_time_with_progress(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BATCH", 2)
    made = [book.add(title=f"Risk {number}") for number in range(5)]
    forget(*made)
    told: list[tuple[int, int]] = []
    done = recomputing.recompute(book.register, progress=lambda *said: told.append(said))
    assert done == 5
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert all(before < after for before, after in pairwise(told))


def test_other_registers_are_left_alone(book: Book, alice: User) -> None:
    other = entries.add(registry.get("vendors"), given=GOOD["vendors"], by=alice)
    forget(other)
    assert recomputing.recompute(book.register) == 0


def test_it_is_asked_for_once_for_each_state_of_the_rules(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(book.add())
    now = Entry.objects.get().created_at
    tasks.follow_rules(now)
    tasks.follow_rules(now)
    drain()
    job = Job.objects.get(kind=tasks.RECOMPUTE)
    assert (job.state, job.result) == (Job.State.DONE, {"mended": 1})
    changed = registry.Register("risks", book.register.declared, "f" * 64)
    monkeypatch.setattr(registry, "get", lambda _slug: changed)
    tasks.follow_rules(now)
    drain()
    assert Job.objects.filter(kind=tasks.RECOMPUTE).count() == 2
