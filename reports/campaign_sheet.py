"""Writes the lines of a review campaign as an Excel sheet, into which reviewers write decisions."""

from pathlib import Path

from django.conf import settings
from django.utils import timezone

from registers.campaigns import sheets
from registers.models import Campaign, CampaignLine
from reports.pack.workbook import Book, Column
from reports.register_sheet import MEDIA_TYPE, cells

__all__ = ["MEDIA_TYPE", "write"]

_WIDTHS = {"line": 8, "reviewer": 26, "decision": 12, "why": 48, "rights": 36}
_USUAL = 24


def write(campaign: Campaign, path: Path) -> None:
    """Write every line by its number."""
    register = sheets.table(campaign)
    book = Book(
        path,
        title=register.declared.title,
        author=settings.ORGANISATION,
        created=timezone.now(),
    )
    fields = register.declared.fields
    sheet = book.table(
        "Lines",
        [Column(one.label, _WIDTHS.get(one.name, _USUAL), one.name == "why") for one in fields],
    )
    for place, one in enumerate(fields):
        if one.name == "decision":
            sheet.choices(place, CampaignLine.Decision.values)
    for row in sheets.rows(campaign):
        sheet.row(cells(row))
    sheet.filtered()
    book.close()
