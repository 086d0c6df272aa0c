"""Reads and writes the values of a field: from forms, CSV and Excel, to JSON, tables and words.

Nothing is guessed: what is not written as its field's type says is refused with the reason.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from registers.base import Field, Type, Value, Values

_INTEGER = re.compile(r"[+-]?[0-9]{1,15}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TRUE, _FALSE = ("yes", "true", "1"), ("no", "false", "0")
_LONGEST_PARAGRAPH = 4000
# What a paragraph may hold beside letters; every other field is one plain line.
_BREAKS = {"\n", "\t"}


def read(field: Field, given: object) -> Value:
    """Return the value of a form's text or a spreadsheet's cell, None for an empty one.

    Raises ValueError, whose message says what to correct without the field's name.
    """
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    if isinstance(given, float) and given.is_integer():
        # Spreadsheets hold every number as a float.
        given = int(given)
    return _READERS[field.type](field, given)


def to_json(value: Value) -> str | int | bool | None:
    """Return a value as it is stored: dates and decimals as text, the rest as it is."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def from_json(field: Field, stored: object) -> Value:
    """Return a stored value as it was."""
    if isinstance(stored, str) and field.type is Type.DATE:
        return date.fromisoformat(stored)
    if isinstance(stored, str) and field.type is Type.DECIMAL:
        return Decimal(stored)
    if stored is None or isinstance(stored, str | int | bool):
        return stored
    raise TypeError(f"{field.name} cannot hold {type(stored).__name__}.")


def opened(fields: Mapping[str, Field], stored: Mapping[str, object]) -> Values:
    """Return the values of a stored entry; a field that it does not know yet is empty."""
    return {name: from_json(field, stored.get(name)) for name, field in fields.items()}


def words(value: Value) -> str:
    """Return a value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(to_json(value))


def _text(field: Field, given: object) -> str:
    text = unicodedata.normalize("NFC", given if isinstance(given, str) else str(to_plain(given)))
    text = text.replace("\r\n", "\n").strip()
    allowed = _BREAKS if field.type is Type.PARAGRAPH else set()
    # Most text is plain, and this tells it without looking at every letter.
    if not text.isprintable() and any(
        unicodedata.category(letter) == "Cc" and letter not in allowed for letter in text
    ):
        raise ValueError("has a line break or a control character. Write it as one plain line")
    longest = _LONGEST_PARAGRAPH if field.type is Type.PARAGRAPH else field.longest
    if len(text) > longest:
        raise ValueError(f"has {len(text)} letters; {longest} are the most")
    return text


def to_plain(given: object) -> object:
    """Return a spreadsheet's value as a person sees it there."""
    if isinstance(given, bool):
        return "yes" if given else "no"
    return given.isoformat() if isinstance(given, date | datetime) else given


def _integer(_field: Field, given: object) -> int:
    written = str(given).strip()
    if isinstance(given, bool) or not _INTEGER.fullmatch(written):
        raise ValueError(f"is no whole number: {_shown(given)}. Write digits only")
    return int(written)


def _decimal(_field: Field, given: object) -> Decimal:
    written = repr(given) if isinstance(given, float) else str(given).strip()
    if isinstance(given, bool) or not _DECIMAL.fullmatch(written):
        raise ValueError(f"is no number: {_shown(given)}. Write digits with a point")
    return Decimal(written)


def _boolean(_field: Field, given: object) -> bool:
    if isinstance(given, bool):
        return given
    written = str(given).strip().lower()
    if written not in _TRUE + _FALSE:
        raise ValueError(f"is neither yes nor no: {_shown(given)}")
    return written in _TRUE


def _date(_field: Field, given: object) -> date:
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    written = str(given).strip()
    try:
        if _DATE.fullmatch(written):
            return date.fromisoformat(written)
    except ValueError:
        pass
    raise ValueError(f"is no date: {_shown(given)}. Write it as 2026-01-31")


def _choice(field: Field, given: object) -> str:
    written = str(to_plain(given)).strip().lower()
    for choice in field.choices:
        if choice.lower() == written:
            return choice
    raise ValueError(f"is none of {', '.join(field.choices)}: {_shown(given)}")


def _email(field: Field, given: object) -> str:
    address = _text(field, given).lower()
    try:
        validate_email(address)
    except ValidationError:
        raise ValueError(f"is no e-mail address: {_shown(given)}") from None
    return address


def _link(field: Field, given: object) -> str:
    address = _text(field, given)
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname or parts.username or " " in address:
        raise ValueError(f"is no address that starts with https://: {_shown(given)}")
    return address


def _words(field: Field, given: object) -> str:
    parts = re.split(r"[\s,;]+", _text(field, given))
    return " ".join(sorted({part for part in parts if part}))


def _references(field: Field, given: object) -> str:
    return _words(field, given).upper()


def _shown(given: object) -> str:
    return repr(str(given)[:40])


_READERS: dict[Type, Callable[[Field, object], Value]] = {
    Type.TEXT: _text,
    Type.PARAGRAPH: _text,
    Type.INTEGER: _integer,
    Type.DECIMAL: _decimal,
    Type.BOOLEAN: _boolean,
    Type.DATE: _date,
    Type.CHOICE: _choice,
    Type.EMAIL: _email,
    Type.LINK: _link,
    Type.WORDS: _words,
    Type.CONTROLS: _references,
    Type.EVIDENCE: _references,
}
