"""Sheets from upload to register: sealed while they wait, kept as lines, written whole or not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import RoleGrant
from evidence.models import LedgerEntry
from jobs.performing import drain
from registers import imports, writing
from registers.errors import NotAllowedError, SheetError, UploadError
from registers.models import Entry, EntryVersion, ImportLine, ImportPart, RegisterImport
from tests import cast
from tests.registers.books import Book

pytestmark = pytest.mark.django_db
State = RegisterImport.State


@pytest.fixture
def sheet(book: Book, tmp_path: Path) -> Path:
    names = list(book.register.fields)
    lines = [names, *(line(book, f"V{number}") for number in range(30))]
    path = tmp_path / "vendors.csv"
    path.write_text("\n".join(",".join(cells) for cells in lines), "utf-8")
    return path


def line(book: Book, name: str) -> list[str]:
    given: dict[str, Any] = {**book.good, "name": name}
    return [str(given.get(each, "")) for each in book.register.fields]


def received(book: Book, path: Path) -> RegisterImport:
    return imports.receive(book.register, path, filename="../vendors.csv", by=book.keeper)


@pytest.fixture
def long_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sheet is long, and an upload has several pieces."""
    monkeypatch.setattr(imports, "SHORT", 0)
    monkeypatch.setattr(imports, "FEW", 0)
    monkeypatch.setattr("evidence.seal.CHUNK", 1000)


@pytest.mark.usefixtures("long_ones")
def test_a_long_sheet_waits_sealed_and_leaves_nothing(book: Book, sheet: Path) -> None:
    made = received(book, sheet)
    assert (made.state, made.filename) == (State.READING, "vendors.csv")
    assert ImportPart.objects.count() > 1
    assert not any(
        b"Machines and network" in bytes(part.sealed) for part in ImportPart.objects.all()
    )
    drain()
    made.refresh_from_db()
    assert (made.state, made.counts, bytes(made.wrapped_key)) == (State.READY, {"add": 30}, b"")
    assert not ImportPart.objects.exists()


@pytest.mark.usefixtures("long_ones")
def test_a_job_that_runs_twice_reads_and_writes_once(book: Book, sheet: Path) -> None:
    made = received(book, sheet)
    imports.read(made.pk)
    imports.read(made.pk)
    assert ImportLine.objects.count() == 30
    made.refresh_from_db()
    imports.confirm(made, by=book.keeper, reason="List.")
    size = LedgerEntry.objects.count()
    imports.take_in(made.pk)
    imports.take_in(made.pk)
    assert Entry.objects.count() == 30
    assert LedgerEntry.objects.count() == size + 1


@pytest.mark.usefixtures("long_ones")
def test_a_reader_that_was_killed_begins_anew(book: Book, sheet: Path) -> None:
    made = received(book, sheet)
    ImportLine.objects.create(imported=made, place=1, number=2, deed="add", said="Half")
    imports.read(made.pk)
    assert not ImportLine.objects.filter(said="Half").exists()
    assert ImportLine.objects.count() == 30


@pytest.mark.usefixtures("long_ones")
def test_what_changes_after_the_confirmation_stops_all_of_it(book: Book, sheet: Path) -> None:
    made = received(book, sheet)
    imports.read(made.pk)
    imports.confirm(made, by=book.keeper, reason="List.")
    book.add()
    drain()
    made.refresh_from_db()
    assert made.state == State.STOPPED
    assert "Hand the sheet in again" in made.problem
    assert Entry.objects.count() == 1


@pytest.mark.usefixtures("long_ones")
def test_who_lost_the_right_meanwhile_writes_nothing(book: Book, sheet: Path) -> None:
    made = received(book, sheet)
    imports.read(made.pk)
    imports.confirm(made, by=book.keeper, reason="List.")
    RoleGrant.objects.filter(user=book.keeper).delete()
    assert imports.take_in(made.pk).state == State.STOPPED
    assert not Entry.objects.exists()


def test_lines_that_are_not_what_was_shown_are_not_written(book: Book, sheet: Path) -> None:
    made = received(book, sheet)
    told = made.lines.get(place=3)
    told.values = {**told.values, "service": "Something else"}
    told.save()
    with pytest.raises(SheetError, match="not what was shown"):
        imports.confirm(made, by=book.keeper, reason="List.")
    assert not Entry.objects.exists()


def test_a_failure_half_way_writes_nothing(
    book: Book, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = received(book, sheet)
    insert = writing._insert

    def failing(model: type[Any], rows: Any) -> None:
        if model is EntryVersion:
            assert Entry.objects.count() == 30
            raise RuntimeError
        insert(model, rows)

    monkeypatch.setattr(writing, "_insert", failing)
    size = LedgerEntry.objects.count()
    with pytest.raises(RuntimeError):
        imports.confirm(made, by=book.keeper, reason="List.")
    assert not Entry.objects.exists()
    assert LedgerEntry.objects.count() == size
    made.refresh_from_db()
    assert made.state == State.READY


def test_strangers_hand_in_and_confirm_nothing(book: Book, sheet: Path) -> None:
    reader = cast.person("executive")
    with pytest.raises(NotAllowedError):
        imports.receive(book.register, sheet, filename="x.csv", by=reader)
    made = received(book, sheet)
    with pytest.raises(UploadError, match="Somebody else"):
        imports.confirm(made, by=reader, reason="List.")


def test_a_large_sheet_asks_for_lines_in_batches(
    book: Book, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BATCH", 7)
    made = received(book, sheet)
    imports.confirm(made, by=book.keeper, reason="List.")
    assert sorted(Entry.objects.values_list("number", flat=True)) == list(range(1, 31))


def test_old_sheets_are_forgotten(book: Book, sheet: Path) -> None:
    made = received(book, sheet)
    assert imports.clear(timezone.now()) == 0
    assert imports.clear(timezone.now() + imports.KEPT + timedelta(days=1)) == 1
    made.refresh_from_db()
    assert made.state == State.STOPPED
    assert "Nobody confirmed it" in made.problem
    assert not made.lines.exists()
