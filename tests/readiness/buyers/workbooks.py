"""Workbooks as buyers send them: formatted, with lists to choose from, pictures, merged cells."""

from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation
from PIL import Image as Drawing

CAIQ = (
    "Question ID",
    "Question",
    "CSP CAIQ Answer",
    "CSP Implementation Description (Optional/Recommended)",
)
MFA = "Do all staff sign in with a second factor?"
QUESTIONS = (
    ("IAM-14.1", MFA),
    ("IAM-10.1", "Are user access rights reviewed every quarter?"),
    ("CEK-03.1", "Describe how data at rest is encrypted."),
    ("BCR-08.1", "Is there a modern slavery statement?"),
)
TITLE_ROWS = 3
FIRST = TITLE_ROWS + 2
"""The row of the first question."""


def caiq(path: Path, questions: tuple[tuple[str, str], ...] = QUESTIONS) -> Path:
    """Write a workbook like a CAIQ: a cover with a picture and a chart, then a table."""
    book = Workbook()
    cover = book.active
    assert cover is not None
    cover.title = "Introduction"
    cover["A1"] = "Questionnaire of Globex"
    cover["A1"].font = Font(size=20, bold=True, color="1F4E79")
    cover["A3"], cover["B3"], cover["A4"], cover["B4"] = "Sections", 4, "Rows", "=B3*10"
    cover.column_dimensions["A"].width = 44
    _draw(cover)
    sheet = book.create_sheet("CAIQ")
    sheet.merge_cells("A1:D1")
    sheet["A1"] = "Please answer every line"
    _table(sheet, questions)
    book.create_sheet("Hidden notes")["A1"] = "Do not touch"
    book["Hidden notes"].sheet_state = "hidden"
    book.save(path)
    return path


def plain(path: Path, rows: list[list[Any]], title: str = "Questions") -> Path:
    """Write a workbook of one sheet with these rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def _draw(cover: Any) -> None:
    picture = BytesIO()
    Drawing.new("RGB", (60, 30), (31, 78, 121)).save(picture, "PNG")
    picture.seek(0)
    cover.add_image(Image(picture), "D1")
    chart = BarChart()
    chart.add_data(Reference(cover, min_col=2, min_row=3, max_row=4))
    cover.add_chart(chart, "D6")


def _table(sheet: Any, questions: tuple[tuple[str, str], ...]) -> None:
    line = Side(style="thin", color="808080")
    for column, (name, width) in enumerate(zip(CAIQ, (12, 48, 14, 50), strict=True), 1):
        cell = sheet.cell(TITLE_ROWS + 1, column, name)
        cell.fill = PatternFill("solid", fgColor="1F4E79")
        cell.font = Font(bold=True, color="FFFFFF")
        sheet.column_dimensions[cell.column_letter].width = width
    for row, (number, text) in enumerate(questions, FIRST):
        sheet.cell(row, 1, number)
        sheet.cell(row, 2, text).alignment = Alignment(wrap_text=True, vertical="top")
        for column in (1, 2, 3, 4):
            sheet.cell(row, column).border = Border(line, line, line, line)
    last = FIRST + len(questions) - 1
    choices = DataValidation(type="list", formula1='"Yes,No,NA"', allow_blank=True)
    sheet.add_data_validation(choices)
    choices.add(f"C{FIRST}:C{last}")
    red = CellIsRule(  # type: ignore[no-untyped-call]
        operator="equal", formula=['"No"'], fill=PatternFill(bgColor="F8CBAD")
    )
    sheet.conditional_formatting.add(f"C{FIRST}:C{last}", red)
    sheet.freeze_panes = f"C{FIRST}"
