"""Reads the table of another account's forms: what each row says, or why it cannot be taken.

Rules:
- A row names a form, a merchant, a type that is known here, a state and the day it is due.
- A form that is complete or has expired says from when until when it is valid.
- A form that is named twice, or that is linked to something else than a merchant, is refused.
- The clock moves on what the table says: what is past its day is overdue, or has expired.
- A day without a time ends at its last second, in UTC, where something is due or valid until then.
- A row of a merchant without a form says nothing about forms, and is passed over.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from merchants.questionnaire import TYPES, code_of

NEEDED = ("id", "linked_to", "type", "state", "version", "due_at", "valid_from", "valid_until")
# What the collector of such tables calls the same.
_ALSO = {
    "id": "form_id",
    "linked_to": "merchant_id",
    "type": "form_type",
    "version": "form_version",
    "due_at": "due_on",
    "signed_at": "signed_on",
    "signed_by_title": "signed_by",
}
_TYPES = {code_of(one): one for one in TYPES}
_SIGNED = ("COMPLETE", "EXPIRED")
_STATES = ("INCOMPLETE", "OVERDUE", *_SIGNED, "INVALID")
_LONGEST = 255
_DAY = len("2026-11-22")


@dataclass(frozen=True)
class Foreign:
    """One form as another account tells of it."""

    ref: str
    merchant: str
    form_type: str
    version: str
    state: str
    due_at: datetime
    valid_from: datetime | None
    valid_until: datetime | None
    signed_at: str
    signed_by: str
    takes_cards: bool
    """Whether the merchant does, by what is known; a form alone does not deny it."""

    def to_json(self) -> dict[str, str]:
        """Return what is kept beside the form: it changes only where the account tells another."""
        days = (self.due_at, self.valid_from, self.valid_until)
        due, start, end = (one.isoformat() if one else "" for one in days)
        return {
            "version": self.version,
            "due_at": due,
            "valid_from": start,
            "valid_until": end,
            "signed_at": self.signed_at,
            "signed_by": self.signed_by,
        }


@dataclass(frozen=True)
class Refused:
    """A row that cannot be taken, and why."""

    number: int
    ref: str
    reason: str


def lacking(columns: Iterable[str]) -> list[str]:
    """Return the columns that a table lacks to be one of forms."""
    known = set(columns)
    return [one for one in NEEDED if one not in known and _ALSO.get(one) not in known]


def read(
    columns: Sequence[str], rows: Iterable[Sequence[str]], now: datetime
) -> tuple[list[Foreign], list[Refused]]:
    """Return the forms of a table and the rows that cannot be taken; csv.Error for no table."""
    found, refused = list[Foreign](), list[Refused]()
    seen = set[str]()
    for number, cells in enumerate(rows, start=1):
        if len(cells) != len(columns):
            raise csv.Error(f"Row {number} has {len(cells)} cells.")
        said = dict(zip(columns, cells, strict=True))
        said |= {name: said[also] for name, also in _ALSO.items() if also in said}
        ref = said["id"].strip()
        if not ref and said["linked_to"].strip() and not said["state"].strip():
            continue
        try:
            form = _form(ref, said, now)
        except ValueError as error:
            refused.append(Refused(number, ref[:_LONGEST], str(error)))
        else:
            if ref in seen:
                refused.append(Refused(number, ref, "It stands in the table twice."))
            else:
                found.append(form)
        seen.add(ref)
    return found, refused


def _form(ref: str, said: Mapping[str, str], now: datetime) -> Foreign:
    """Return the form of a row; ValueError says what is wrong with it."""
    merchant, state = said["linked_to"].strip(), said["state"].strip()
    if not 0 < len(ref) <= _LONGEST or not 0 < len(merchant) <= _LONGEST:
        raise ValueError("The id of the form or of the merchant is missing, or too long.")
    if said.get("linked_type", "MERCHANT") not in {"", "MERCHANT"}:
        raise ValueError(f"It is linked to {said['linked_type'][:40]}, not to a merchant.")
    if said["type"] not in _TYPES:
        raise ValueError(f"There is no form of the type {said['type'][:40]!r} here.")
    if state not in _STATES:
        raise ValueError(f"There is no state {state[:40]!r} here.")
    due = _moment(said["due_at"], "due_at", is_end=True)
    start = _moment(said["valid_from"], "valid_from")
    end = _moment(said["valid_until"], "valid_until", is_end=True)
    if due is None:
        raise ValueError("It does not say when it is due.")
    if state in _SIGNED and (start is None or end is None):
        raise ValueError("It is signed, but does not say from when until when it is valid.")
    return Foreign(
        ref,
        merchant,
        _TYPES[said["type"]],
        said["version"].strip()[:20],
        _state_at(state, due, end, now),
        due,
        start,
        end,
        said.get("signed_at", "").strip()[:60],
        said.get("signed_by_title", "").strip()[:400],
        said.get("takes_cards", "") != "false",
    )


def _state_at(state: str, due: datetime, end: datetime | None, now: datetime) -> str:
    if state == "INCOMPLETE" and due <= now:
        return "OVERDUE"
    return "EXPIRED" if state == "COMPLETE" and end and end <= now else state


def _moment(text: str, name: str, *, is_end: bool = False) -> datetime | None:
    said = text.strip()
    if not said:
        return None
    try:
        found = datetime.fromisoformat(said)
    except ValueError as error:
        raise ValueError(f"{name} is no time: {text[:40]!r}.") from error
    if is_end and len(said) == _DAY:
        found = datetime.combine(found, time(23, 59, 59))
    return found if found.tzinfo else found.replace(tzinfo=UTC)
