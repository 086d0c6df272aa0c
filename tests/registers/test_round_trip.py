"""What a register exports goes back in unchanged, as CSV and as Excel, whatever was written in."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import User
from evidence.models import LedgerEntry
from registers import entries, headings, incoming, registry, sheets
from registers.base import Field, Type
from registers.errors import RegistersError
from registers.models import Entry
from registers.registry import Register
from registers.sheets import Deed, ShortPlan
from reports import register_sheet
from tests.registers.books import GOOD, Book

pytestmark = pytest.mark.django_db

_ODD = ["=1+1", "'=1+1", "''@x", "-5 %", "+49 1", "'quoted'", "_x000D_", "_x0041_", "0012", "1e5"]
_ODD += ["TRUE", "yes", "2026-01-31", "a,b;c\td", '"', "<b>&amp;", "\N{SNOWMAN}", "1" * 15, "#N/A"]
_LINE = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=30
) | st.sampled_from([text.replace("\t", " ") for text in _ODD])
_LINES = st.lists(_LINE, min_size=1, max_size=3).map("\n".join) | st.sampled_from(["a\tb", "\n=x"])


WRITTEN: dict[Type, st.SearchStrategy[Any]] = {
    Type.TEXT: _LINE,
    Type.PARAGRAPH: _LINES,
    Type.WORDS: st.lists(st.sampled_from(["a:read", "=b", "-c", "@d"])).map(" ".join),
    Type.INTEGER: st.integers(-(10**14), 10**14),
    Type.DECIMAL: st.decimals(-(10**9), 10**9, places=6).map(lambda found: f"{found:f}"),
    Type.DATE: st.dates().map(date.isoformat),
    Type.BOOLEAN: st.sampled_from(["yes", "no"]),
    Type.LINK: st.sampled_from(["https://example.org/=1", "https://example.org/a?b=-1"]),
    Type.EMAIL: st.sampled_from(["eve@example.org", "=x@example.org", "+eve@example.org"]),
    Type.CONTROLS: st.just(""),
    Type.EVIDENCE: st.just(""),
}
"""What people may write into a field."""


def worded(field: Field) -> st.SearchStrategy[Any]:
    return st.sampled_from(field.choices) if field.choices else WRITTEN[field.type]


def as_csv(register: Register, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings.of(register))
        for row in sheets.rows(register):
            writer.writerow([incoming.safe(cell) for cell in row])


def read_back(register: Register, path: Path) -> ShortPlan:
    with incoming.opened(path, register, name=path.name) as sheet:
        return sheets.plan(register, head=sheet.head, lines=sheet.lines)


WRITERS: list[Callable[[Register, Path], None]] = [as_csv, register_sheet.write]


@pytest.mark.parametrize("write", WRITERS, ids=["csv", "excel"])
@pytest.mark.parametrize("slug", sorted(GOOD))
def test_its_own_export_changes_nothing(
    slug: str, write: Callable[[Register, Path], None], alice: User, tmp_path: Path
) -> None:
    book = Book(registry.get(slug), alice)
    entries.retire(book.add(), register=book.register, by=alice, reason="Gone.")
    write(book.register, tmp_path / "sheet")
    plan = read_back(book.register, tmp_path / "sheet")
    assert [(line.deed, line.problem) for line in plan.lines] == [(Deed.SAME, "")]
    size = LedgerEntry.objects.count()
    assert sheets.carry_out(plan, by=alice, reason="Our own export.") is None
    assert LedgerEntry.objects.count() == size


@pytest.mark.parametrize("write", WRITERS, ids=["csv", "excel"])
@pytest.mark.parametrize("slug", sorted(GOOD))
@settings(
    max_examples=6,
    deadline=None,
    # An example costs many rows; the failing line itself says enough.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_whatever_is_written_in_comes_back_the_same(
    slug: str,
    write: Callable[[Register, Path], None],
    data: st.DataObject,
    alice: User,
    tmp_path: Path,
) -> None:
    # Each example starts from an empty register.
    with transaction.atomic():
        _write_and_read_back(Book(registry.get(slug), alice), write, data, tmp_path / "sheet")
        transaction.set_rollback(True)


def _write_and_read_back(
    book: Book, write: Callable[[Register, Path], None], data: st.DataObject, path: Path
) -> None:
    register = book.register
    for name, field in book.register.fields.items():
        written = {**book.good, name: data.draw(worded(field), label=name)}
        try:
            book.add(**written)
        except RegistersError:
            # It does not fit, or is there already; what counts is what got in.
            continue
    if not Entry.objects.filter(register=register.slug).exists():
        book.add()
    write(register, path)
    for line in read_back(register, path).lines:
        assert (line.said, line.deed, line.problem, line.differences) == (
            *(line.said, Deed.SAME, "", ()),
        )
