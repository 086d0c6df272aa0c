"""A register as a table: out to a sheet, and back in by a plan that is looked at before it is done.

Rules:
- A line is found again by its key; a reference, where the sheet has one, must be that of its key.
- The header holds each field once, by name or label; `Reference` and `Active` may be there too.
- A plan changes nothing. It is done whole or not at all, and only while the register is as it was
  when the plan was made.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from accounts.access import actor
from accounts.models import User
from evidence import ledger
from registers import entries, values
from registers.base import Field, Type, Value, Values
from registers.entries import Draft
from registers.errors import ChangedMeanwhileError, RegistersError, SheetError
from registers.models import Entry
from registers.registry import Register

REFERENCE, ACTIVE = "Reference", "Active"
MOST_LINES = 200_000

Numbered = Iterable[tuple[int, Sequence[object]]]

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ACTIVE_FIELD = Field(name="active", label=ACTIVE, type=Type.BOOLEAN)


class Deed(StrEnum):
    ADD = "add"
    CHANGE = "change"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class Difference:
    """One field that would change, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """What would become of one line of the sheet."""

    number: int
    deed: Deed
    said: str
    """The key in words."""
    ref: str = ""
    differences: tuple[Difference, ...] = ()
    problem: str = ""
    draft: Draft | None = None


@dataclass(frozen=True)
class Plan:
    """What a sheet would do to a register; `lines` are in the order of the sheet."""

    register: Register
    lines: tuple[Line, ...]
    stand: str
    """What the register was when the plan was made."""

    @property
    def counts(self) -> Mapping[Deed, int]:
        counted = Counter(line.deed for line in self.lines)
        return {deed: counted[deed] for deed in Deed}

    @property
    def is_fit(self) -> bool:
        return self.counts[Deed.REFUSED] == 0


def header(register: Register) -> list[str]:
    """Return the head line of a sheet."""
    return [REFERENCE, *(field.label for field in register.declared.fields), ACTIVE]


def rows(register: Register) -> Iterator[list[Value]]:
    """Yield all entries by their number, retired ones too, in the columns of `header`."""
    found = Entry.objects.filter(register=register.slug).order_by("number")
    for entry in found.iterator(entries.BATCH):
        opened = values.opened(register.fields, entry.values)
        yield [entry.ref, *opened.values(), entry.is_active]


def safe(cell: Value) -> str:
    """Return a cell for CSV: an apostrophe keeps a spreadsheet from taking text for a formula."""
    text = values.words(cell)
    return f"'{text}" if isinstance(cell, str) and _FORMULA.match(text) else text


def plan(register: Register, *, head: Sequence[object], lines: Numbered) -> Plan:
    """Say what a sheet would do, line by line; SheetError where its columns do not fit.

    `lines` are numbered as their reader sees them. Three queries, however long the sheet is.
    """
    places = _places(register, head)
    standing = {entry.key: entry for entry in Entry.objects.filter(register=register.slug)}
    read = [_read(register, places, number, cells) for number, cells in _bounded(lines)]
    unknown = entries.unknown_controls(register, [one.values for one in read])
    seen: dict[str, int] = {}
    planned = [_planned(register, one, standing, unknown, seen) for one in read]
    return Plan(register, tuple(planned), stand(register))


def stand(register: Register) -> str:
    """Return a text that changes whenever an entry of the register does."""
    found = Entry.objects.filter(register=register.slug)
    count, last = found.count(), found.order_by("-changed_at").values_list("changed_at").first()
    return f"{count}/{last[0].isoformat() if last else ''}"


def carry_out(plan: Plan, *, by: User, reason: str) -> int:
    """Do what a plan says, all of it in one deed with one leaf; return how many entries changed.

    Raises NotAllowedError, SheetError for a plan with refused lines, ChangedMeanwhileError.
    """
    entries.refuse_stranger(by)
    if not plan.is_fit:
        raise SheetError(f"{plan.counts[Deed.REFUSED]} lines do not fit; correct them first.")
    if not reason.strip():
        raise RegistersError("Say where this table comes from.")
    with transaction.atomic():
        ledger.lock()
        if stand(plan.register) != plan.stand:
            raise ChangedMeanwhileError
        drafts = [line.draft for line in plan.lines if line.draft]
        if not drafts:
            return 0
        leaf = ledger.append(
            "register.import",
            subject=f"register:{plan.register.slug}",
            body={
                "added": plan.counts[Deed.ADD],
                "changed": plan.counts[Deed.CHANGE],
                "values_sha256": entries.digest(draft.values for draft in drafts),
            },
            actor=actor(by),
        )
        entries.write(plan.register, drafts, leaf=leaf, by=by, reason=reason)
    return len(drafts)


@dataclass(frozen=True)
class _Read:
    number: int
    values: dict[str, Value]
    problems: dict[str, str]
    reference: str
    is_active: bool


def _bounded(lines: Numbered) -> Iterator[tuple[int, Sequence[object]]]:
    for count, line in enumerate(lines, 1):
        if count > MOST_LINES:
            raise SheetError(f"The sheet has more than {MOST_LINES:,} lines. Split it.")
        yield line


def _places(register: Register, head: Sequence[object]) -> dict[str, int]:
    """Return where each field stands; SheetError names what is missing or unknown."""
    known = {REFERENCE.lower(): REFERENCE, ACTIVE.lower(): ACTIVE}
    for field in register.declared.fields:
        known[field.label.lower()] = known[field.name] = field.name
    places: dict[str, int] = {}
    for place, cell in enumerate(head):
        word = str(cell or "").strip().lower()
        name = known.get(word)
        if name is None or name in places:
            why = "is there twice" if name else "is no column of this register"
            columns = ", ".join(header(register))
            raise SheetError(f"Column {place + 1}, {str(cell)[:40]!r}, {why}. It has: {columns}.")
        places[name] = place
    missing = [field.label for field in register.declared.fields if field.name not in places]
    if missing:
        raise SheetError(f"The column {missing[0]!r} is missing. Was it renamed? Name it so again.")
    return places


def _read(
    register: Register, places: Mapping[str, int], number: int, cells: Sequence[object]
) -> _Read:
    def at(name: str) -> object:
        place = places.get(name)
        cell = cells[place] if place is not None and place < len(cells) else None
        # The apostrophe of our own export goes again, so that it changes nothing.
        is_kept = isinstance(cell, str) and cell[:1] == "'" and _FORMULA.match(cell)
        return str(cell)[1:] if is_kept else cell

    found, problems = entries.read(register, {name: at(name) for name in register.fields})
    if len(cells) > len(places) and any(cell not in (None, "") for cell in cells[len(places) :]):
        problems[""] = "It has more cells than the header."
    active = at(ACTIVE)
    is_active = True
    if active not in (None, ""):
        try:
            is_active = bool(values.read(_ACTIVE_FIELD, active))
        except ValueError as error:
            problems[ACTIVE] = f"{ACTIVE} {error}."
    return _Read(number, found, problems, str(at(REFERENCE) or "").strip(), is_active)


def _planned(
    register: Register,
    one: _Read,
    standing: Mapping[str, Entry],
    unknown: set[str],
    seen: dict[str, int],
) -> Line:
    said = entries.title_of(register, one.values)
    problems = [*one.problems.values(), *_not_there(register, one.values, unknown)]
    key = entries.key_of(register, one.values)
    entry = standing.get(key)
    if not problems and key in seen:
        problems.append(f"Line {seen[key]} is the same {register.declared.entry}.")
    seen.setdefault(key, one.number)
    if not problems and one.reference not in {"", entry.ref if entry else ""}:
        own = f"is {entry.ref}" if entry else "is new"
        problems.append(f"It says {one.reference}, but by its key this {own}.")
    if problems:
        return Line(one.number, Deed.REFUSED, said, problem=" ".join(problems))
    if entry is None:
        draft = Draft(one.values, None, one.is_active)
        return Line(one.number, Deed.ADD, said, draft=draft)
    differences = tuple(_differences(register, entry, one))
    if not differences:
        return Line(one.number, Deed.SAME, said, entry.ref)
    draft = Draft(one.values, entry, one.is_active)
    return Line(one.number, Deed.CHANGE, said, entry.ref, differences, draft=draft)


def _not_there(register: Register, found: Values, unknown: set[str]) -> Iterator[str]:
    for name, field in register.fields.items():
        if field.type is Type.CONTROLS:
            for ref in unknown.intersection(values.words(found[name]).split()):
                yield f"{field.label}: there is no control {ref}."


def _differences(register: Register, entry: Entry, one: _Read) -> Iterator[Difference]:
    before = values.opened(register.fields, entry.values)
    for name, field in register.fields.items():
        if before[name] != one.values[name]:
            yield Difference(
                field.label, values.words(before[name]), values.words(one.values[name])
            )
    if entry.is_active is not one.is_active:
        yield Difference(ACTIVE, values.words(entry.is_active), values.words(one.is_active))
