"""Many breaks in the staff door: given to somebody after a preview, and saved as files."""

import csv
import re
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest

from accounts.models import User
from registers.models import Break, Reconciliation
from registers.reconciling import working
from reports import break_sheet
from tests.registers.reconciled import Accounting, row
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words


def picked(preview: Any) -> dict[str, Any]:
    """What the page carries to the confirmation."""
    return {"break": [f"{each.number}.{each.steps}" for each in preview.context["found"]]}


@pytest.mark.usefixtures("tuesday")
def test_many_breaks_are_given_after_a_look_and_as_they_were_seen(
    olgas: Desk, ivans: Desk, books: Accounting, cards: Reconciliation
) -> None:
    books.both(cards, [row(f"s{number}") for number in range(4)], [row("x1", "3.00")])
    to: dict[str, Any] = {"to": books.olga.pk}
    two: dict[str, Any] = {"break": [1, 2]}
    page = olgas.post("breaks_preview", **to, **two)
    assert "REC-1: 2, 13.00 EUR" in words(page)
    assert not Break.objects.exclude(owner=None).exists()
    everything = olgas.post("breaks_preview", **to, all="1", asked="currency=EUR")
    carried = picked(everything)
    assert len(carried["break"]) == 5
    none = olgas.post("breaks_preview", **to, all="1", asked="currency=JPY")
    assert none.status_code == 302
    assert olgas.post("breaks_preview", to="x", **two).status_code == 302
    working.assign([Break.objects.get(number=3)], to=books.olga, by=books.olga)
    olgas.post("breaks_assign", **to, **carried)
    assert Break.objects.exclude(owner=None).count() == 1
    again = picked(olgas.post("breaks_preview", **to, all="1"))
    olgas.post("breaks_assign", **to, **again)
    assert not Break.objects.filter(owner=None).exists()
    assert ivans.post("breaks_preview", **to, all="1").status_code == 403


@pytest.mark.usefixtures("tuesday")
def test_breaks_that_were_given_can_be_given_back(
    olgas: Desk, alices: Desk, books: Accounting, cards: Reconciliation
) -> None:
    books.both(cards, [row(f"s{number}") for number in range(3)], [])
    working.assign(list(Break.objects.all()), to=books.olga, by=books.olga)

    def give() -> str:
        carried = picked(olgas.post("breaks_preview", to=alices.user.pk, all="1"))
        page = olgas.post("breaks_assign", follow=True, to=alices.user.pk, **carried)
        deed = re.search(r'name="deed" value="([^"]+)"', page.content.decode())
        assert deed
        return deed[1]

    assert "3 breaks given back" in told(olgas.post("undo", follow=True, deed=give()))
    assert set(Break.objects.values_list("owner", flat=True)) == {books.olga.pk}
    late = give()
    working.assign([Break.objects.get(number=2)], to=books.olga, by=books.olga)
    olgas.post("undo", deed=late)
    assert Break.objects.filter(owner=alices.user).count() == 2


@pytest.mark.usefixtures("tuesday")
def test_the_look_says_what_of_the_ticked_is_left_out(
    olgas: Desk, books: Accounting, cards: Reconciliation
) -> None:
    books.both(cards, [row("s1")], [])
    ticked: dict[str, Any] = {"break": [1, 998, 999]}
    page = olgas.post("breaks_preview", to=books.olga.pk, **ticked)
    assert "2 of the ticked are left out" in words(page)


@pytest.mark.usefixtures("tuesday")
def test_breaks_are_saved_as_the_filters_leave_them_and_without_formulas(
    olgas: Desk, books: Accounting, cards: Reconciliation
) -> None:
    books.both(cards, [row("=s1"), row("s2", "2.00", currency="USD")], [row("s3", "3.00")])
    answer: Any = olgas.get("breaks_csv", currency="EUR")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    told = list(csv.DictReader(StringIO(text)))
    assert {each["About"]: each["Amount (minor units)"] for each in told} == {
        "'=s1": "1000",
        "s3": "300",
    }
    assert {each["Reason"] for each in told} == {"timing_overdue"}
    book = openpyxl.load_workbook(
        BytesIO(b"".join(olgas.get("breaks_xlsx", reason="timing_overdue").streaming_content))
    )
    cells = {cell.value: cell.data_type for cell in book["Breaks"]["E"][1:]}
    assert cells == {"=s1": "s", "s2": "s", "s3": "s"}
    assert "No break fits" in olgas.text("breaks", currency="JPY")
    with at_most(12):
        olgas.get("breaks_csv")


@pytest.mark.usefixtures("tuesday")
def test_too_many_breaks_for_a_sheet_are_refused(
    olgas: Desk, books: Accounting, cards: Reconciliation, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.both(cards, [row("s1")], [row("s3")])
    monkeypatch.setattr(break_sheet, "MOST", 1)
    answer = olgas.get("breaks_xlsx")
    assert answer.status_code == 302
    assert "Narrow the list" in olgas.text("breaks")


def test_strangers_save_no_breaks(alices: Desk, strangers: tuple[User, ...]) -> None:
    for name in ("breaks_csv", "breaks_xlsx"):
        desk.assert_refused(name, strangers=strangers)
    assert alices.get("breaks_preview").status_code == 405
