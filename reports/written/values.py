"""How cells are written for people: days and moments as ISO 8601, numbers in groups of three."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from reports.pack.tables import visible
from reports.written.document import Cell, Mark

NOTHING = "-"


def said(cell: Cell, zone: str) -> str:
    """Return a cell as people read it; moments in a time zone, which the title block names."""
    if isinstance(cell, Mark):
        return visible(cell.text)
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, Decimal):
        return f"{cell:,f}"
    if isinstance(cell, datetime):
        return f"{cell.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
    if isinstance(cell, date):
        return cell.isoformat()
    return visible(cell) if cell else NOTHING


def moment(at: datetime, zone: str) -> str:
    """Return a moment with the name of its zone."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S} {zone}"


def days(period: tuple[date, date]) -> str:
    """Return a period, both days included."""
    first, last = period
    return f"{first}" if first == last else f"{first} to {last}"


def counted(number: int, one: str, many: str) -> str:
    """Return a number with the words that go with it: 1 risk is, 2 risks are."""
    return f"{number:,} {one if number == 1 else many}"


def is_number(cell: Cell) -> bool:
    """Say whether a cell stands at the right."""
    return isinstance(cell, int | Decimal) and not isinstance(cell, bool)
