"""A release of an assurance document is approved by another person than who recorded it."""

from typing import Any

import pytest

from accounts.models import User
from registers import entries, headings, registry, sheets
from registers.errors import EntryError
from registers.models import Entry
from registers.sheets import Deed
from tests import cast
from tests.registers.books import Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def releases(alice: User, var_dir: Any) -> Book:
    return Book(registry.get("document_releases"), alice)


@pytest.fixture
def eve(db: None) -> User:
    return cast.person("compliance-lead", email="eve@example.org")


def approved(releases: Book, by: User) -> Entry:
    return _by(releases, by).change(releases.add(), approved_by=by.email)


def _by(releases: Book, person: User) -> Book:
    return Book(releases.register, person)


def refused(book: Book, entry: Entry, **changed: Any) -> str:
    with pytest.raises(EntryError) as refusal:
        book.change(entry, **changed)
    assert set(refusal.value.problems) == {"approved_by"}
    entry.refresh_from_db()
    return str(refusal.value)


def test_a_second_person_approves_with_their_own_address(releases: Book, eve: User) -> None:
    release = releases.add(released_by="somebody@example.org")
    assert "leave it empty until eve@example.org" in refused(
        releases, release, approved_by=eve.email
    )
    done = _by(releases, eve).change(release, approved_by="Eve@Example.org")
    assert (done.version, done.versions.first().by) == (2, eve)  # type: ignore[union-attr]


def test_who_recorded_it_approves_nothing(releases: Book, alice: User) -> None:
    own = {"released_by": "somebody@example.org", "approved_by": alice.email}
    with pytest.raises(EntryError, match="ask another person"):
        releases.add(**own)
    release = releases.add(released_by="somebody@example.org")
    assert "ask another person" in refused(releases, release, approved_by=alice.email)


def test_nor_does_who_wrote_a_part_of_it_or_answers_for_it(releases: Book, eve: User) -> None:
    release = releases.add(released_by=eve.email)
    assert "ask another person" in refused(_by(releases, eve), release, approved_by=eve.email)
    release = releases.change(release, released_by="somebody@example.org")
    release = _by(releases, eve).change(release, ends_on="2026-02-01")
    assert "ask another person" in refused(_by(releases, eve), release, approved_by=eve.email)


def test_what_was_approved_changes_only_once_the_approval_is_gone(
    releases: Book, alice: User, eve: User
) -> None:
    release = approved(releases, eve)
    assert "Empty this field" in refused(releases, release, person="other@shop.example")
    release = releases.change(release, person="other@shop.example", approved_by="")
    again = _by(releases, eve).change(release, approved_by=eve.email)
    assert (again.values["approved_by"], again.version) == (eve.email, 4)


def test_a_sheet_approves_nothing_and_takes_what_was_approved(releases: Book, eve: User) -> None:
    entry = approved(releases, eve)
    head = headings.of(releases.register)
    [row] = sheets.rows(releases.register)

    def planned(line: list[Any]) -> sheets.Line:
        [found] = sheets.plan(releases.register, head=head, lines=[(2, line)]).lines
        return found

    assert planned(list(row)).deed is Deed.SAME
    place = list(releases.register.fields).index("ends_on") + 1
    changed = planned([*row[:place], "2026-02-01", *row[place + 1 :]])
    assert (changed.deed, "Empty this field" in changed.problem) == (Deed.REFUSED, True)
    entries.change(
        entry,
        register=releases.register,
        given={**entry.values, "approved_by": ""},
        by=eve,
        reason="Not mine to give.",
    )
    assert "not by a sheet" in planned(list(row)).problem
