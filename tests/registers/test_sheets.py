"""A register goes out as a table and comes back by a plan that is looked at before it is done."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from evidence.models import LedgerEntry
from registers import entries, headings, incoming, registry, sheets
from registers.errors import ChangedMeanwhileError, NotAllowedError, RegistersError, SheetError
from registers.models import Entry
from registers.sheets import Deed, ShortPlan
from tests import cast
from tests.registers.books import GOOD, Book

pytestmark = pytest.mark.django_db


def planned(
    book: Book, *lines: Sequence[object], head: Sequence[object] | None = None
) -> ShortPlan:
    numbered = list(enumerate(lines, 2))
    return sheets.plan(book.register, head=head or headings.of(book.register), lines=numbered)


def line(book: Book, ref: str = "", active: object = "", **changed: Any) -> list[object]:
    given = {**book.good, **changed}
    return [ref, *(given.get(name, "") for name in book.register.fields), active]


@pytest.mark.parametrize("slug", sorted(GOOD))
def test_its_own_export_changes_nothing(slug: str, alice: User) -> None:
    book = Book(registry.get(slug), alice)
    entries.retire(book.add(), register=book.register, by=alice, reason="Gone.")
    plan = planned(book, *sheets.rows(book.register))
    assert [each.deed for each in plan.lines] == [Deed.SAME]
    size = LedgerEntry.objects.count()
    assert sheets.carry_out(plan, by=alice, reason="Our own export.") is None
    assert LedgerEntry.objects.count() == size


def test_a_plan_says_line_by_line_what_it_would_do(book: Book) -> None:
    book.add()
    plan = planned(
        book,
        line(book, service="Machines only"),
        line(book, name="Bank", criticality="critical"),
        line(book, name="Mail", active="no"),
    )
    first, second, third = plan.lines
    assert (first.deed, first.ref, first.number) == (Deed.CHANGE, "VEN-1", 2)
    (difference,) = first.differences
    assert difference == sheets.Difference("Service", "Machines and network", "Machines only")
    assert (second.deed, second.said) == (Deed.REFUSED, "Bank")
    assert "whom to call" in second.problem
    assert third.deed is Deed.ADD
    assert Entry.objects.count() == 1
    with pytest.raises(SheetError, match="1 lines do not fit"):
        sheets.carry_out(plan, by=book.keeper, reason="List of the buyers.")


def test_a_plan_is_done_in_one_deed_with_one_leaf(book: Book) -> None:
    book.add()
    plan = planned(
        book,
        line(book, service="Machines only", active="no"),
        line(book, name="Bank"),
        line(book, name="Mail"),
    )
    size = LedgerEntry.objects.count()
    made = sheets.carry_out(plan, by=book.keeper, reason="List of the buyers.")
    assert LedgerEntry.objects.count() == size + 1
    leaf = LedgerEntry.objects.latest("index")
    assert leaf == made
    assert (leaf.kind, '"added":2,"changed":1' in leaf.leaf) == ("register.import", True)
    found = {entry.ref: entry for entry in Entry.objects.all()}
    assert sorted(found) == ["VEN-1", "VEN-2", "VEN-3"]
    assert (found["VEN-1"].is_active, found["VEN-1"].version) == (False, 2)
    assert found["VEN-3"].versions.get().ledger_entry == leaf


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"ref": "VEN-9"}, "by its key this is new"),
        ({"active": "perhaps"}, "Active is neither yes nor no"),
        ({"controls": "AC-999"}, "there is no control AC-999"),
        ({"next_review": "soon"}, "Next review is no date"),
        ({"service": "4111111111111111"}, "card number"),
    ],
)
def test_a_line_that_does_not_fit_is_refused(
    book: Book, changed: dict[str, Any], problem: str
) -> None:
    (only,) = planned(book, line(book, **changed)).lines
    assert only.deed is Deed.REFUSED
    assert problem in only.problem


def test_the_same_key_twice_is_refused_with_the_first_line(book: Book) -> None:
    plan = planned(book, line(book), line(book, name="cloud AG"))
    assert [each.deed for each in plan.lines] == [Deed.ADD, Deed.REFUSED]
    assert "Line 2 is the same vendor" in plan.lines[1].problem


def test_more_cells_than_the_header_are_refused(book: Book) -> None:
    (only,) = planned(book, [*line(book), "", "more"]).lines
    assert "more cells" in only.problem


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        (["Name"], "missing: 'Service', 'Criticality'.* Were they renamed"),
        (["Vendor name", "Service"], "Column 1, 'Vendor name', .* Did you mean 'Name'"),
        (["Name", "Servcie"], "Column 2, 'Servcie', .* Did you mean 'Service'"),
        (["Name", "sk_live_" + "a1" * 12], "Column 2, what looks like a secret, is no"),
        (["Name", "Price"], "'Price', is no column"),
        (["Name", "name"], "'name', is there twice"),
        ([None], "is no column"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(
    book: Book, head: Sequence[object], problem: str
) -> None:
    with pytest.raises(SheetError, match=problem):
        planned(book, head=head)


def test_columns_may_be_named_by_field_and_in_any_order(book: Book) -> None:
    names = sorted(book.register.fields)
    plan = planned(book, [book.good.get(name, "") for name in names], head=names)
    assert plan.lines[0].deed is Deed.ADD


def test_what_changed_meanwhile_stops_a_plan(book: Book) -> None:
    plan = planned(book, line(book, name="Bank"))
    book.add()
    with pytest.raises(ChangedMeanwhileError):
        sheets.carry_out(plan, by=book.keeper, reason="List.")
    assert Entry.objects.count() == 1


def test_an_import_needs_the_right_and_a_reason(book: Book) -> None:
    plan = planned(book, line(book))
    with pytest.raises(NotAllowedError):
        sheets.carry_out(plan, by=cast.person("executive"), reason="List.")
    with pytest.raises(RegistersError, match="comes from"):
        sheets.carry_out(plan, by=book.keeper, reason="")


def test_a_sheet_has_an_end(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_LINES", 2)
    with pytest.raises(SheetError, match="more than 2 lines"):
        planned(book, *(line(book, name=f"V{number}") for number in range(3)))


def test_a_long_sheet_asks_no_more_than_a_short_one(book: Book) -> None:
    def cost(count: int) -> tuple[int, int]:
        with CaptureQueriesContext(connection) as asked:
            plan = planned(book, *(line(book, name=f"V{number}") for number in range(count)))
        with CaptureQueriesContext(connection) as done:
            sheets.carry_out(plan, by=book.keeper, reason="List.")
        return len(asked), len(done)

    first, second = cost(3), cost(200)
    assert second[0] == first[0] <= 4
    assert second[1] <= first[1] + 2


@pytest.mark.parametrize("text", ["=1+1", "'=1+1", "''@x", "-5 %", "+49 1", "'quoted'", "plain"])
def test_what_looks_like_a_formula_goes_out_safe_and_comes_back_the_same(
    book: Book, text: str
) -> None:
    book.add(service=text)
    (row,) = sheets.rows(book.register)
    written = [incoming.safe(cell) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in written)
    assert planned(book, [incoming.plain(cell) for cell in written]).lines[0].deed is Deed.SAME
