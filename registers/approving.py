"""The approval of an entry by a second person, where its register asks for one (four eyes).

An approval is the approver's own address in the field that the register names. Each puts their own;
who wrote any part of the entry, or answers for it, approves nothing. What was approved cannot
change under the approval: it is emptied first, and given anew.
"""

from accounts.models import User
from registers import values as reading
from registers.base import Values
from registers.models import Entry
from registers.registry import Register

_CHANGED = "What was approved has changed. Empty this field; then another person can approve anew."


def obstacles(
    register: Register, entry: Entry | None, values: Values, *, by: User
) -> dict[str, str]:
    """Return what stands against the approval that an entry's next version would carry, by field.

    The database is asked who wrote the entry, and only where an approval is new.
    """
    name = register.declared.approver
    if not _is_new(register, entry, values):
        return _stale(register, entry, values)
    if str(values[name]).casefold() != by.email.casefold():
        return {name: f"Each approves for themselves: leave it empty until {values[name]} does."}
    keeper = values.get(register.declared.keeper)
    is_keeper = isinstance(keeper, str) and keeper.casefold() == by.email.casefold()
    if entry is None or is_keeper or _wrote(name, entry, by):
        called = register.declared.entry
        return {name: f"You recorded this {called}. Leave it empty and ask another person."}
    return {}


def obstacles_of_sheet(register: Register, entry: Entry | None, values: Values) -> dict[str, str]:
    """Return what stands against a line of a sheet: nobody approves by a sheet."""
    if _is_new(register, entry, values):
        name = register.declared.approver
        return {name: "An approval is given on the page of the entry, not by a sheet."}
    return _stale(register, entry, values)


def _is_new(register: Register, entry: Entry | None, values: Values) -> bool:
    name = register.declared.approver
    if not name or values[name] is None:
        return False
    return entry is None or entry.values.get(name) != values[name]


def _stale(register: Register, entry: Entry | None, values: Values) -> dict[str, str]:
    name = register.declared.approver
    if not name or entry is None or values[name] is None:
        return {}
    before = reading.opened(register.fields, entry.values)
    changed = any(before[other] != value for other, value in values.items())
    return {name: _CHANGED} if changed else {}


def _wrote(name: str, entry: Entry, by: User) -> bool:
    """Return whether a person wrote anything of an entry but an approval."""
    before = None
    for version in entry.versions.order_by("number"):
        said = {other: value for other, value in version.values.items() if other != name}
        if said != before and version.by_id == by.pk:
            return True
        before = said
    return False
