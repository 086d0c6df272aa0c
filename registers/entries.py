"""Deeds around entries: add, change, retire, bring back. Each is one transaction with one leaf.

A leaf holds digests only, since entries name people. Nothing is ever deleted: a retired entry stays
with all its versions, and its key stays taken.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from django.db import transaction

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from evidence import ledger, screening
from evidence.models import LedgerEntry
from registers import approving, relations, writing
from registers import values as reading
from registers.base import Value, Values
from registers.errors import (
    ChangedMeanwhileError,
    DoubleEntryError,
    EntryError,
    NotAllowedError,
    RegistersError,
)
from registers.keys import key_of
from registers.models import Entry
from registers.registry import Register
from registers.writing import Draft


def add(register: Register, *, given: Mapping[str, object], by: User, reason: str = "") -> Entry:
    """Add an entry; `given` maps field names to what was typed.

    Raises NotAllowedError, EntryError with a sentence for each field, DoubleEntryError.
    """
    refuse_stranger(by)
    values = checked(register, given)
    with transaction.atomic():
        ledger.lock()
        _refuse_wrong_names(register, values)
        _refuse_own_approval(register, None, values, by)
        double = Entry.objects.filter(register=register.slug, key=key_of(register, values)).first()
        if double:
            state = "" if double.is_active else " It is retired; bring it back."
            raise DoubleEntryError(f"{double.ref} is this {register.declared.entry}.{state}")
        leaf = _tell(register, "added", values, by, subject=_next_ref(register), reason=reason)
        return write(register, [Draft(values)], leaf=leaf, by=by, reason=reason)[0]


def change(
    entry: Entry, *, register: Register, given: Mapping[str, object], by: User, reason: str
) -> Entry:
    """Give an entry its next version; the version that the person saw must still be the last.

    Raises NotAllowedError, EntryError, DoubleEntryError, ChangedMeanwhileError.
    """
    refuse_stranger(by)
    values = checked(register, given)
    with transaction.atomic():
        current = _current(entry)
        if reading.opened(register.fields, current.values) == values:
            return current
        _refuse_silence(reason)
        _refuse_wrong_names(register, values)
        _refuse_own_approval(register, current, values, by)
        taken = Entry.objects.filter(register=register.slug, key=key_of(register, values))
        if other := taken.exclude(pk=entry.pk).first():
            raise DoubleEntryError(f"{other.ref} is this {register.declared.entry} already.")
        leaf = _tell(register, "changed", values, by, subject=entry.ref, reason=reason)
        draft = Draft(values, current, current.is_active)
        return write(register, [draft], leaf=leaf, by=by, reason=reason)[0]


def retire(entry: Entry, *, register: Register, by: User, reason: str) -> Entry:
    """Say that an entry no longer stands; it stays in the register's history."""
    return _switch(entry, register, by, reason, is_active=False)


def bring_back(entry: Entry, *, register: Register, by: User, reason: str) -> Entry:
    """Let a retired entry stand again, as it was."""
    return _switch(entry, register, by, reason, is_active=True)


def checked(register: Register, given: Mapping[str, object]) -> dict[str, Value]:
    """Return the values of an entry; EntryError names every field that does not fit."""
    values, problems = read(register, given)
    if problems:
        concealed = {name for name, field in register.fields.items() if field.conceals}
        raise EntryError(problems, withheld=secret_fields(given) | concealed.intersection(problems))
    return values


def read(
    register: Register, given: Mapping[str, object]
) -> tuple[dict[str, Value], dict[str, str]]:
    """Return the values of an entry and what does not fit, by field; asks no database."""
    values: dict[str, Value] = {}
    problems: dict[str, str] = {}
    # Secrets are looked for before anything is read, since refusals repeat what they refuse.
    withheld = secret_fields(given)
    for name, field in register.fields.items():
        values[name] = None
        if name in withheld:
            problems[name] = f"{field.label} {_NOT_KEPT}"
            continue
        try:
            values[name] = reading.read(field, given.get(name))
        except ValueError as error:
            problems[name] = f"{field.label} {error}."
    values.update(_computed(register, values, problems))
    for name, field in register.fields.items():
        if field.required and values[name] is None and name not in problems:
            problems[name] = f"{field.label} is missing."
    if not problems:
        problems = dict(register.declared.rules(values))
    return values, problems


def secret_fields(given: Mapping[str, object]) -> set[str]:
    """Return the fields that hold what looks like a card number or a secret.

    A register is evidence one day, so it is screened as intake does it; one scan for all fields
    is enough for the many entries that hold none.
    """
    texts = {name: _written(value).encode() for name, value in given.items() if value}
    if not screening.speaks(b"\n".join(texts.values())):
        return set()
    return {name for name, text in texts.items() if screening.speaks(text)}


def write(
    register: Register, drafts: Sequence[Draft], *, leaf: LedgerEntry, by: User, reason: str
) -> list[Entry]:
    """Write entries and their versions inside the transaction of a deed that holds the log."""
    rows = [writing.prepared(register, draft) for draft in drafts]
    keys = writing.write(register, rows, writing.Deed(leaf, by, reason))
    made = Entry.objects.in_bulk(keys)
    return [made[key] for key in keys]


def digest(values: Iterable[Values]) -> str:
    """Return the SHA-256 (hex) of values in canonical JSON, as it stands in a leaf."""
    found = sha256(b"[")
    for count, one in enumerate(values):
        said = ledger.canonical({name: reading.to_json(value) for name, value in one.items()})
        found.update(b"," + said if count else said)
    found.update(b"]")
    return found.hexdigest()


def refuse_stranger(by: User) -> None:
    if not can(by, Capability.MANAGE_REGISTERS):
        raise NotAllowedError


_NOT_KEPT = "looks like a card number or a secret. Keep a fingerprint or a name only."


def _written(value: object) -> str:
    # Spreadsheets hold every number as a float, and the point would hide a card number.
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _computed(register: Register, values: Values, problems: Mapping[str, str]) -> dict[str, Value]:
    """Return what the register computes for fields that were left empty."""
    found = register.declared.computed(values)
    return {
        name: value
        for name, value in found.items()
        if values[name] is None and name not in problems
    }


def _refuse_wrong_names(register: Register, values: Values) -> None:
    (problems,) = relations.obstacles(register, [values])
    if problems:
        raise EntryError(problems)


def _refuse_own_approval(register: Register, entry: Entry | None, values: Values, by: User) -> None:
    problems = approving.obstacles(register, entry, values, by=by)
    if problems:
        raise EntryError(problems)


def _switch(entry: Entry, register: Register, by: User, reason: str, *, is_active: bool) -> Entry:
    refuse_stranger(by)
    _refuse_silence(reason)
    with transaction.atomic():
        current = _current(entry)
        if current.is_active is is_active:
            raise RegistersError(f"{entry.ref} {'stands' if is_active else 'is retired'} already.")
        values = reading.opened(register.fields, current.values)
        deed = "brought back" if is_active else "retired"
        leaf = _tell(register, deed, values, by, subject=entry.ref, reason=reason)
        draft = Draft(values, current, is_active)
        return write(register, [draft], leaf=leaf, by=by, reason=reason)[0]


def _current(entry: Entry) -> Entry:
    """Return the entry as it stands under the log's lock; ChangedMeanwhileError."""
    ledger.lock()
    current = Entry.objects.select_for_update().get(pk=entry.pk)
    if current.version != entry.version:
        raise ChangedMeanwhileError
    return current


def _tell(
    register: Register, deed: str, values: Values, by: User, *, subject: str, reason: str
) -> LedgerEntry:
    body: dict[str, Any] = {
        "deed": deed,
        "values_sha256": digest([values]),
        "reason_sha256": journal.digest(reason.strip()),
    }
    return ledger.append(
        "register.entry", subject=f"register:{register.slug}/{subject}", body=body, actor=actor(by)
    )


def _refuse_silence(reason: str) -> None:
    if not reason.strip():
        raise RegistersError("Say why: the next reader of this register will ask.")


def _next_ref(register: Register) -> str:
    return f"{register.declared.prefix}-{writing.last_number(register) + 1}"
