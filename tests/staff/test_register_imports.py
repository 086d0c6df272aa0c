"""Sheets into registers in the staff door: preview line by line, confirm, all or nothing."""

import io
import zipfile
from html import unescape
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from jobs.performing import drain
from registers import entries, imports, incoming, registry, sheets
from registers.models import Entry, ImportLine, ImportPart, RegisterImport
from tests import cast
from tests.registers.books import GOOD
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words

VENDORS = "vendors"
UPLOAD, PREVIEW = "register_import", "register_preview"
HEAD = (
    *("Name", "Service", "Criticality", "Owner"),
    *("Holds customer data", "Holds card data", "Next review"),
)


def row(name: str, **changed: str) -> list[str]:
    given = {**GOOD[VENDORS], "name": name, **changed}
    fields = registry.get(VENDORS).fields.values()
    return [given[field.name] for label in HEAD for field in fields if field.label == label]


def csv_of(*rows: list[str]) -> bytes:
    return "\r\n".join(",".join(each) for each in (list(HEAD), *rows)).encode()


def hand_in(who: Desk, content: bytes, name: str = "list.csv") -> Any:
    return who.post(UPLOAD, VENDORS, file=SimpleUploadedFile(name, content), follow=True)


def confirm(who: Desk, page: Any, reason: str = "List of the buyers.") -> Any:
    return who.client.post(page.redirect_chain[-1][0], {"reason": reason}, follow=True)


@pytest.fixture
def cloud(alice: User) -> Entry:
    return entries.add(registry.get(VENDORS), given=GOOD[VENDORS], by=alice)


def test_what_is_previewed_line_by_line_is_done(alices: Desk, cloud: Entry) -> None:
    content = csv_of(row("Cloud AG", service="Machines only"), row("Bank"))
    page = hand_in(alices, content)
    text = words(page)
    assert "Service: Machines and network Machines only" in text
    assert "Changed 1" in text
    assert "New 1" in text
    assert "Service: Machines and network; Criticality: important; Owner: eve@example.org" in text
    assert "The sheet has no column Uptime promised (%)" in text
    assert Entry.objects.count() == 1
    done = words(confirm(alices, page))
    assert "2 written" in done
    cloud.refresh_from_db()
    # A column that the sheet does not have leaves what stands.
    assert (cloud.values["service"], cloud.values["uptime_commitment"]) == (
        "Machines only",
        "99.95",
    )
    assert cloud.versions.get(number=2).reason == "List of the buyers."
    assert Entry.objects.count() == 2


def test_refused_lines_name_their_cell_and_stop_everything(alices: Desk) -> None:
    page = hand_in(alices, csv_of(row("Bank"), row("Mail", owner="eve"), row("BANK")))
    text = words(page)
    assert "D3: Owner is no e-mail address: 'eve'." in text
    assert "Line 2 is the same vendor" in text
    assert "2 lines do not fit" in text
    assert "Do all of it" not in text
    assert "2 lines do not fit" in told(confirm(alices, page))
    assert not Entry.objects.exists()


def test_lines_can_be_narrowed_to_what_becomes_of_them(alices: Desk) -> None:
    page = hand_in(alices, csv_of(row("Bank"), row("Mail", owner="eve")))
    path = page.redirect_chain[-1][0]
    refused = words(alices.client.get(path, {"show": "refused"}))
    assert ("Mail" in refused, "Bank" in refused) == (True, False)
    assert "No such lines" in words(alices.client.get(path, {"show": "same"}))
    assert "First lines" in words(alices.client.get(path, {"after": "1"}))


def test_what_changed_in_between_is_refused_with_what_to_do(alices: Desk, cloud: Entry) -> None:
    page = hand_in(alices, csv_of(row("Bank")))
    entries.add(registry.get(VENDORS), given={**GOOD[VENDORS], "name": "Mail"}, by=alices.user)
    assert "Hand the sheet in again" in told(confirm(alices, page))
    assert not Entry.objects.filter(title="Bank").exists()


def test_a_reason_is_needed_and_nothing_is_done_twice(alices: Desk) -> None:
    page = hand_in(alices, csv_of(row("Bank")))
    assert "Say where" in told(confirm(alices, page, reason=" "))
    confirm(alices, page)
    assert "nothing to confirm" in told(confirm(alices, page))
    assert Entry.objects.count() == 1


def test_a_secret_is_refused_and_never_shown_again(alices: Desk) -> None:
    secret = "sk_live_" + "a1B2" * 6
    page = hand_in(alices, csv_of(row("Bank", owner=secret), row(secret)))
    text = words(page)
    assert "D2: Owner looks like a card number or a secret" in text
    assert "A3: Name looks like a card number or a secret" in text
    assert secret not in page.content.decode()
    assert not RegisterImport.objects.get().lines.filter(said__contains="sk_live").exists()


def workbook(*rows: list[Any], merge: str = "") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for each in rows:
        sheet.append(each)
    if merge:
        sheet.merge_cells(merge)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("empty.csv", b"", "empty"),
        ("blank.csv", b"\r\n\r\n", "has no line at all"),
        ("head.csv", csv_of(), "no lines below its header"),
        (
            "latin.csv",
            csv_of(row("Bank")) + "\r\nM\xfcller".encode("latin-1"),
            "line 3: this is not",
        ),
        ("quote.csv", csv_of(row("Bank")) + b'\r\n"open', "line 3: this is no CSV"),
        ("renamed.csv", csv_of(row("A")).replace(b"Name", b"Vendor name"), "Did you mean 'Name'"),
        ("formula.xlsx", workbook(list(HEAD), ["=1+1", "x"]), "A2 holds a formula"),
        ("merged.xlsx", workbook(list(HEAD), row("Bank"), merge="A2:B2"), "merged cells in row 2"),
        ("bomb.xlsx", bomb(), "more than a table may"),
        ("old.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old .xls form"),
        ("broken.xlsx", b"PK\x03\x04" + b"\0" * 600, "no readable XLSX"),
    ],
)
def test_a_bad_sheet_is_refused_on_the_form_and_nothing_is_kept(
    alices: Desk, name: str, content: bytes, problem: str
) -> None:
    page = hand_in(alices, content, name)
    form = page.context.get("form")
    said = str(form.errors) if form is not None and form.errors else words(page)
    assert problem in unescape(said)
    assert not RegisterImport.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_usual_kinds_of_csv_are_read(alices: Desk, encoding: str, sign: str) -> None:
    text = csv_of(row("Café Müller")).decode().replace(",", sign)
    page = hand_in(alices, text.encode(encoding))
    assert "Café Müller" in words(page)
    assert "New 1" in words(page)


def test_control_characters_are_refused_by_cell(alices: Desk) -> None:
    page = hand_in(alices, csv_of(row("Ba\x07nk"), row("Ba\0nk")))
    assert "A2: Name has a line break or a control character" in words(page)
    assert "A3: Name has a line break or a control character" in words(page)


def test_doubles_and_control_characters_of_excel_are_refused_by_cell(alices: Desk) -> None:
    # Excel writes a control character as an escape of its own.
    sheet = workbook(list(HEAD), row("Bank"), row("bank"), row("Ma_x0007_il"))
    page = hand_in(alices, sheet, "list.xlsx")
    text = words(page)
    assert "Line 2 is the same vendor" in text
    assert "A4: Name has a line break or a control character" in text
    assert "2 lines do not fit" in told(confirm(alices, page))
    assert not Entry.objects.exists()


@pytest.mark.parametrize("is_long", [False, True], ids=["at once", "by a worker"])
def test_a_sheet_with_too_many_lines_is_refused_with_what_to_do(
    alices: Desk, monkeypatch: pytest.MonkeyPatch, is_long: bool
) -> None:
    assert sheets.MOST_LINES >= 200_000
    monkeypatch.setattr(sheets, "MOST_LINES", 2)
    monkeypatch.setattr(imports, "SHORT", 0 if is_long else imports.SHORT)
    page = hand_in(alices, csv_of(row("Bank"), row("Mail"), row("Cloud")))
    drain()
    form = page.context.get("form")
    shown = page if form else alices.client.get(page.redirect_chain[-1][0])
    said = str(form.errors) if form else words(shown)
    assert "The sheet has more than 2 lines. Split it. Nothing was changed." in unescape(said)
    assert not ImportLine.objects.exists()
    assert not Entry.objects.exists()


def test_an_excel_sheet_is_taken_in(alices: Desk) -> None:
    page = hand_in(alices, workbook(list(HEAD), row("Bank")), "list.xlsx")
    confirm(alices, page)
    assert Entry.objects.get().title == "Bank"


def test_a_long_sheet_is_read_and_taken_in_by_a_worker(
    alices: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "SHORT", 10)
    monkeypatch.setattr(imports, "FEW", 1)
    page = hand_in(alices, csv_of(row("Bank"), row("Mail")))
    assert "The sheet is being read." in words(page)
    assert ImportPart.objects.exists()
    assert b"Machines and network" not in bytes(ImportPart.objects.get().sealed)
    drain()
    assert not ImportPart.objects.exists()
    path = page.redirect_chain[-1][0]
    assert "New 2" in words(alices.client.get(path))
    assert "The sheet is being taken in" in words(confirm(alices, page))
    assert not Entry.objects.exists()
    drain()
    assert Entry.objects.count() == 2
    assert "2 written" in words(alices.client.get(path))


def test_a_long_sheet_that_cannot_be_read_says_so_on_its_page(
    alices: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "SHORT", 10)
    page = hand_in(alices, csv_of(row("Bank")) + b'\r\n"open')
    drain()
    text = words(alices.client.get(page.redirect_chain[-1][0]))
    assert "line 3: this is no CSV" in text
    assert not RegisterImport.objects.get().lines.exists()


def test_a_sheet_that_is_too_large_is_refused(
    alices: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "LARGEST", 100)
    assert "are the most" in words(hand_in(alices, b"x" * 101))


def test_pages_ask_little_however_long_the_sheet(alices: Desk) -> None:
    page = hand_in(alices, csv_of(*(row(f"V{number}") for number in range(120))))
    path = page.redirect_chain[-1][0]
    with at_most(12):
        first = alices.client.get(path)
    assert len(first.context["lines"]) == 50
    last = alices.client.get(path, {"after": "100"})
    assert [line.said for line in last.context["lines"]][-1] == "V119"


def test_a_sheet_is_for_who_handed_it_in(alices: Desk) -> None:
    path = hand_in(alices, csv_of(row("Bank"))).redirect_chain[-1][0]
    other = desk.at(cast.person("compliance-lead"))
    assert other.client.get(path).status_code == 404
    assert other.client.post(path, {"reason": "x"}).status_code == 404


def test_strangers_hand_nothing_in(alices: Desk, bob: User, charlie: User) -> None:
    made = hand_in(alices, csv_of(row("Bank"))).redirect_chain[-1][0]
    number = RegisterImport.objects.get().pk
    desk.assert_refused(UPLOAD, VENDORS, strangers=(bob, charlie))
    desk.assert_refused(PREVIEW, VENDORS, number, strangers=(bob, charlie))
    reader = desk.at(cast.person("executive"))
    assert reader.get(UPLOAD, VENDORS).status_code == 403
    assert reader.client.get(made).status_code == 403
    assert alices.client.put(made).status_code == 405
    assert alices.get(UPLOAD, "lunches").status_code == 404
    assert alices.get(PREVIEW, VENDORS, 999).status_code == 404
    assert alices.get(PREVIEW, "risks", number).status_code == 404
