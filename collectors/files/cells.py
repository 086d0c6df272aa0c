"""Reads the cells of tables that people made: text or spreadsheet values into typed ones.

Nothing is guessed: a value that is not written as its column's type says is refused.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from evidence.population import Cell

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,29}(\.[0-9]{1,9})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class CellError(ValueError):
    """A cell does not hold what its column says."""


def parse(value: object, type_: str, zone: ZoneInfo) -> Cell:
    """Return the typed value of a text or spreadsheet cell, None for an empty one; CellError.

    A time without an offset is taken as one of `zone`.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if type_ == "text":
        return _text(value)
    try:
        if type_ == "timestamp":
            return _timestamp(value, zone)
        return _READERS[type_](value)
    except ValueError as error:
        shown = str(value)[:40]
        message = f"{shown!r} is no {type_}{_HINTS[type_]}"
        raise CellError(message) from error


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)


def _integer(value: object) -> int:
    # Spreadsheets hold every number as a float.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return int(_matching(_INTEGER, value))


def _decimal(value: object) -> Decimal:
    return Decimal(_matching(_DECIMAL, repr(value) if isinstance(value, float) else value))


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    found = _BOOLEANS.get(str(value).strip().lower())
    if found is None:
        raise ValueError(value)
    return found


def _date(value: object) -> date:
    if isinstance(value, datetime):
        if value.time() != time():
            raise ValueError(value)
        return value.date()
    if isinstance(value, date):
        return value
    return date.fromisoformat(_matching(_DATE, value))


def _timestamp(value: object, zone: ZoneInfo) -> datetime:
    if isinstance(value, datetime):
        moment = value
    else:
        written = str(value).strip()
        if _DATE.fullmatch(written):
            raise ValueError(value)
        moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _matching(form: re.Pattern[str], value: object) -> str:
    written = str(value).strip()
    if not form.fullmatch(written):
        raise ValueError(value)
    return written


_READERS: dict[str, Callable[[object], Cell]] = {
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
}
_HINTS = {
    "integer": " (digits only)",
    "decimal": " (digits with a point, no separators)",
    "boolean": " (true or false, yes or no, 1 or 0)",
    "date": " (2026-01-31)",
    "timestamp": " (2026-01-31T23:59:00Z)",
}
