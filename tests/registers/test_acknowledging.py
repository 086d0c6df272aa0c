"""Who has read which version of a policy: asked by those who keep registers, said by each alone."""

from datetime import date

import pytest

from accounts.models import User
from evidence.models import LedgerEntry
from registers import acknowledging, entries, registry
from registers.errors import NotAllowedError, RegistersError
from registers.models import Entry
from tests import cast
from tests.registers.books import Book

pytestmark = pytest.mark.django_db
TODAY, UNTIL = date(2026, 11, 21), date(2026, 12, 21)


@pytest.fixture
def policies(alice: User) -> Book:
    return Book(registry.get("policies"), alice)


@pytest.fixture
def policy(policies: Book) -> Entry:
    return policies.add()


def test_all_active_staff_is_asked_once(policy: Entry, alice: User, bob: User) -> None:
    reader = cast.person("executive")
    assert acknowledging.ask(policy, until=UNTIL, today=TODAY, by=alice) == 2
    assert acknowledging.ask(policy, until=UNTIL, today=TODAY, by=alice) == 0
    asked = Entry.objects.filter(register="acknowledgements")
    assert {entry.values["person"] for entry in asked} == {alice.email, reader.email}
    assert acknowledging.reading_of(policy) == (0, 2)
    leaf = LedgerEntry.objects.get(kind="policy.asked")
    assert alice.email not in leaf.leaf


def test_who_reads_says_so_alone(policy: Entry, alice: User) -> None:
    reader = cast.person("executive")
    acknowledging.ask(policy, until=UNTIL, today=TODAY, by=alice)
    made = acknowledging.acknowledge(policy, today=TODAY, by=reader)
    assert (made.values["read_on"], made.version) == ("2026-11-21", 2)
    assert made.versions.get(number=2).by == reader
    assert made.due_on is None
    assert acknowledging.reading_of(policy) == (1, 2)
    assert acknowledging.has_read(policy, reader)
    assert not acknowledging.has_read(policy, alice)
    size = LedgerEntry.objects.count()
    assert acknowledging.acknowledge(policy, today=TODAY, by=reader) == made
    assert LedgerEntry.objects.count() == size


def test_a_new_version_is_read_anew(policies: Book, policy: Entry, alice: User) -> None:
    acknowledging.acknowledge(policy, today=TODAY, by=alice)
    newer = policies.add(version="4")
    assert not acknowledging.has_read(newer, alice)
    assert acknowledging.reading_of(newer) == (0, 0)


def test_who_may_not_is_refused(policies: Book, policy: Entry, alice: User, charlie: User) -> None:
    with pytest.raises(NotAllowedError):
        acknowledging.acknowledge(policy, today=TODAY, by=charlie)
    with pytest.raises(NotAllowedError):
        acknowledging.ask(policy, until=UNTIL, today=TODAY, by=cast.person("executive"))
    with pytest.raises(RegistersError, match="has passed"):
        acknowledging.ask(policy, until=date(2026, 1, 1), today=TODAY, by=alice)
    entries.retire(policy, register=policies.register, by=alice, reason="Replaced.")
    with pytest.raises(RegistersError, match="no policy that stands"):
        acknowledging.acknowledge(policy, today=TODAY, by=alice)
    assert not Entry.objects.filter(register="acknowledgements").exists()
