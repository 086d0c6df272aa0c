"""The label of a demo is on every page of a PDF, every sheet of a workbook, and in a pack."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from django.test import override_settings

from accounts.models import User
from compliance.demo.mark import SENTENCE
from reports import demonstration, papers
from reports.pack.workbook import Book, Column
from reports.pdf_engine import Engine, missing_libraries
from tests.audits.world import World
from tests.reports.making import frozen, members, written

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, tzinfo=UTC)


def test_every_page_of_a_paper_bears_it() -> None:
    if missing_libraries():
        pytest.skip(missing_libraries())
    pages = '<section style="break-before: page"><p>Words.</p></section>' * 3
    html = f"<!DOCTYPE html><html lang=en><head><title>T</title></head><body>{pages}</body></html>"
    with override_settings(DEMO=SENTENCE):
        labelled = demonstration.on_paper(html)
    with Engine() as engine:
        engine.begin(labelled, identifier=b"0" * 16)
        found = pypdf.PdfReader(io.BytesIO(engine.result())).pages
    assert len(found) >= 3
    for page in found:
        assert SENTENCE in " ".join(page.extract_text().split())


def test_every_template_of_a_paper_is_rendered_with_it() -> None:
    """All papers are rendered by this one function, so that none can do without."""
    with override_settings(DEMO=SENTENCE):
        assert papers.rendered("reconciliation_day.html", {}).count(SENTENCE) == 2
    assert SENTENCE not in papers.rendered("reconciliation_day.html", {})


def book(path: Path) -> openpyxl.Workbook:
    made = Book(path, title="Entries", author="Somebody", created=AT)
    made.facts("Cover", "A heading", [("Name", "Value")])
    made.table("Entries", [Column("One")]).row(["1"])
    made.close()
    return openpyxl.load_workbook(path)


def header(sheet: Any) -> str:
    return str(sheet.oddHeader.center.text or "")


def test_every_sheet_of_a_workbook_bears_it(tmp_path: Path) -> None:
    with override_settings(DEMO=SENTENCE):
        found = book(tmp_path / "book.xlsx")
    assert found.sheetnames == ["DEMO Cover", "DEMO Entries"]
    assert [header(sheet) for sheet in found] == [SENTENCE, SENTENCE]
    assert found["DEMO Cover"]["A2"].value == SENTENCE
    assert found.properties.description == SENTENCE
    assert found["DEMO Entries"]["A1"].value == "One"


def test_no_other_workbook_bears_it(tmp_path: Path) -> None:
    found = book(tmp_path / "book.xlsx")
    assert found.sheetnames == ["Cover", "Entries"]
    assert not header(found["Cover"])
    assert found["Cover"]["A3"].value == "Name"


def test_a_pack_bears_it(alice: User, var_dir: Path) -> None:
    world = World(alice)
    with override_settings(DEMO=SENTENCE):
        found = members(written(frozen(world)))
    assert SENTENCE.upper() in " ".join(found["README.txt"].decode().split())
    index = openpyxl.load_workbook(io.BytesIO(found["index.xlsx"]))
    assert all(name.startswith("DEMO ") for name in index.sheetnames)
    if "cover.pdf" in found:
        for page in pypdf.PdfReader(io.BytesIO(found["cover.pdf"])).pages:
            assert SENTENCE in " ".join(page.extract_text().split())
