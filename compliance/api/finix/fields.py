"""Reads fields of a body and parameters of an address; what does not fit is named."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from compliance.api.finix.errors import FieldsRefused
from merchants import tagging

_LONGEST = 500


def text(data: Mapping[str, Any], name: str, *, path: str = "", default: str | None = None) -> str:
    """Return a text; FieldsRefused where it is missing, blank or none.

    A `default` allows leaving it out.
    """
    said = data.get(name)
    if said is None and default is not None:
        return default
    field = f"{path}{name}"
    if said is None or (isinstance(said, str) and not said.strip() and default is None):
        raise FieldsRefused({field: f"{name} is required"})
    if not isinstance(said, str):
        raise FieldsRefused({field: f"{name} is a text"})
    if len(said) > _LONGEST:
        raise FieldsRefused({field: f"{name} is longer than {_LONGEST} characters"})
    return said


def flag(data: Mapping[str, Any], name: str) -> bool | None:
    """Return a truth value, None where it is not there."""
    said = data.get(name)
    if said is not None and not isinstance(said, bool):
        raise FieldsRefused({name: f"{name} is true or false"})
    return said


def tags(data: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the tags, None where there are none."""
    said = data.get("tags")
    return None if said is None else tagging.checked(said)


def number(said: object, name: str, *, least: int, most: int) -> int:
    """Return a whole number in a range; a text of digits is one too."""
    is_number = isinstance(said, int) and not isinstance(said, bool)
    digits = str(said).strip() if is_number or isinstance(said, str) else ""
    if not (digits.isascii() and digits.lstrip("-").isdigit() and len(digits) < 12):
        raise FieldsRefused({name: f"{name} is a whole number"})
    found = int(digits)
    if not least <= found <= most:
        raise FieldsRefused({name: f"{name} is from {least} to {most}"})
    return found


def moment(said: str, name: str) -> datetime:
    """Return a time; one without a zone is UTC, as clients send it."""
    try:
        # A plus sign in an address is a space when it comes in.
        found = datetime.fromisoformat(said.strip().replace(" ", "+") if "T" in said else said)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise FieldsRefused({name: f"{name} is no time, as in 2026-09-27T11:21:23"}) from error
