"""Rows go down in one go: fresh ones and changed ones, with versions and names, in their order."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from evidence import ledger
from evidence.models import LedgerEntry
from registers import entries, imports, writing
from registers.models import Entry, EntryVersion, RegisterImport
from registers.writing import Deed, Draft
from tests.audits.world import World
from tests.registers.books import Book

pytestmark = pytest.mark.django_db


def deed(book: Book) -> Deed:
    leaf = ledger.append("register.import", subject="register:vendors", body={}, actor="system")
    return Deed(leaf, book.keeper, " List of the buyers. ")


def draft(book: Book, entry: Entry | None = None, **changed: Any) -> Draft:
    return Draft(entries.checked(book.register, {**book.good, **changed}), entry)


def written(book: Book, *drafts: Draft) -> list[Entry]:
    rows = [writing.prepared(book.register, each) for each in drafts]
    keys = writing.write(book.register, rows, deed(book))
    return [Entry.objects.get(pk=key) for key in keys]


def test_fresh_and_changed_ones_come_back_in_the_order_of_their_rows(book: Book) -> None:
    old = book.add()
    changed = draft(book, old, service="Machines only", next_review="2028-01-31")
    made = written(book, draft(book, name="Bank"), changed, draft(book, name="Mail"))
    assert [(entry.ref, entry.title, entry.version) for entry in made] == [
        ("VEN-2", "Bank", 1),
        ("VEN-1", "Cloud AG", 2),
        ("VEN-3", "Mail", 1),
    ]
    assert made[1].values["service"] == "Machines only"
    assert made[1].due_on is not None
    assert made[1].due_on.isoformat() == "2028-01-31"


def test_the_version_says_who_why_when_and_what(book: Book) -> None:
    (made,) = written(book, draft(book))
    version = EntryVersion.objects.get(entry=made)
    assert (version.by, version.reason) == (book.keeper, "List of the buyers.")
    assert version.values == made.values
    assert version.ledger_entry == LedgerEntry.objects.latest("index")
    assert version.at == made.changed_at == made.created_at
    assert abs(timezone.now() - version.at) < timedelta(minutes=1)


def test_a_changed_entry_keeps_the_day_it_was_made_and_its_retirement(book: Book) -> None:
    old = book.add()
    kept = Draft(entries.checked(book.register, {**book.good, "service": "x"}), old, False)
    (made,) = written(book, kept)
    assert (made.created_at, made.is_active) == (old.created_at, False)
    assert made.changed_at > old.changed_at


def test_names_take_the_place_of_those_before(book: Book, world: World) -> None:
    old = book.add(controls=world.access.ref)
    other = world.control("AV-7", "Backups are restored", ["CC6.1"])
    (made,) = written(book, draft(book, old, controls=other.ref))
    targets = made.relations.filter(kind="control").values_list("target", flat=True)
    assert list(targets) == [other.ref]


def test_it_is_the_same_however_many_go_in_one_statement(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BATCH", 2)
    made = written(book, *(draft(book, name=f"V{number}") for number in range(5)))
    assert [entry.number for entry in made] == [1, 2, 3, 4, 5]
    again = (draft(book, entry, name=entry.title, service="x") for entry in made)
    assert [entry.version for entry in written(book, *again)] == [2] * 5
    assert EntryVersion.objects.count() == 10


def test_a_long_sheet_is_prepared_before_the_log_is_locked(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "FEW", 0)
    monkeypatch.setattr(writing, "BATCH", 2)
    names = list(book.register.fields)
    given = [{**book.good, "name": f"V{number}"} for number in range(6)]
    lines = [",".join(str(each.get(name, "")) for name in names) for each in given]
    path = tmp_path / "vendors.csv"
    path.write_text("\n".join([",".join(names), *lines]), "utf-8")
    made = imports.receive(book.register, path, filename="vendors.csv", by=book.keeper)
    imports.confirm(made, by=book.keeper, reason="List.")
    told: list[object] = []
    lock = ledger.lock

    def locked() -> Any:
        told.append("locked")
        return lock()

    monkeypatch.setattr(ledger, "lock", locked)
    done = imports.take_in(made.pk, progress=lambda *said: told.append(said))
    assert done.state == RegisterImport.State.DONE
    assert told[:4] == [(2, 6), (4, 6), (6, 6), "locked"]
    assert set(told[4:]) == {"locked"}
