"""A register as a table: out to a sheet, and back in by a plan that is looked at before it is done.

Rules:
- A line is found again by its key; a reference, where the sheet has one, must be that of its key.
- The header holds each field once, by name or label; `Reference` and `Active` may be there too.
- A column that the sheet does not have leaves what stands as it is; a required one must be there
  for entries that are new.
- A plan changes nothing. It is done whole or not at all, and only while the register is as it was
  when the plan was made.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Protocol

from django.db import transaction
from xlsxwriter.utility import xl_col_to_name

from accounts.access import actor
from accounts.models import User
from evidence import ledger
from evidence.models import LedgerEntry
from registers import approving, entries, headings, relations, values, writing
from registers.base import Field, Type, Value, Values
from registers.errors import ChangedMeanwhileError, RegistersError, SheetError
from registers.headings import ACTIVE, REFERENCE
from registers.keys import key_of, title_of
from registers.models import Entry
from registers.registry import Register
from registers.writing import Draft

MOST_LINES = 250_000
"""More would hold up everybody who writes for too long on SQLite: 50,000 take four seconds."""

Numbered = Iterable[tuple[int, Sequence[object]]]
Progress = Callable[[int, int], None]

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


class Plan(Protocol):
    """What a sheet would do to a register."""

    @property
    def register(self) -> Register: ...
    @property
    def stand(self) -> str:
        """What the register was when the plan was made."""

    @property
    def counts(self) -> Mapping[Deed, int]: ...
    @property
    def values_sha256(self) -> str:
        """The digest of what was shown to be written."""

    def drafts(self) -> Iterator[Draft]:
        """Yield what is to be written, in the order of the sheet, the same each time."""


@dataclass(frozen=True)
class ShortPlan:
    """A plan that is held in memory; `lines` are in the order of the sheet."""

    register: Register
    lines: tuple[Line, ...]
    stand: str

    @property
    def counts(self) -> Mapping[Deed, int]:
        counted = Counter(line.deed for line in self.lines)
        return {deed: counted[deed] for deed in Deed}

    @property
    def values_sha256(self) -> str:
        return entries.digest(draft.values for draft in self.drafts())

    def drafts(self) -> Iterator[Draft]:
        return (line.draft for line in self.lines if line.draft)


def rows(register: Register) -> Iterator[list[Value]]:
    """Yield all entries by their number, retired ones too, in the columns of `headings.of`."""
    found = Entry.objects.filter(register=register.slug).order_by("number")
    for entry in found.iterator(writing.BATCH):
        opened = values.opened(register.fields, entry.values)
        yield [entry.ref, *opened.values(), entry.is_active]


def plan(register: Register, *, head: Sequence[object], lines: Numbered) -> ShortPlan:
    """Say what a sheet would do, line by line; SheetError where its columns do not fit."""
    stood = stand(register)
    return ShortPlan(register, tuple(planned(register, head=head, lines=lines)), stood)


def planned(register: Register, *, head: Sequence[object], lines: Numbered) -> Iterator[Line]:
    """Yield what would become of each line; they are numbered as their reader sees them.

    One query and one for each link per thousand lines. Raises SheetError.
    """
    reader = _Reader(register, headings.places(register, head))
    rest = _bounded(lines)
    seen: dict[str, int] = {}
    while batch := list(islice(rest, writing.BATCH)):
        yield from reader.judged(batch, seen)


def stand(register: Register) -> str:
    """Return a text that changes whenever an entry of the register does, or one that it needs."""
    needed = {link.register for link in register.declared.links if link.required}
    return " ".join(_stand(slug) for slug in (register.slug, *sorted(needed)))


@dataclass(frozen=True)
class Ready:
    """All that a plan would write, and the digest of it, before anybody has to wait for it."""

    rows: Sequence[writing.Row]
    values_sha256: str


def prepared(plan: Plan, *, progress: Progress | None = None) -> Ready:
    """Prepare all that a plan would write; the long part of it, and it needs no lock."""
    rows: list[writing.Row] = []
    total = _written(plan)

    def told() -> Iterator[Values]:
        for draft in plan.drafts():
            rows.append(writing.prepared(plan.register, draft))
            if progress and len(rows) % writing.BATCH == 0:
                progress(len(rows), total)
            yield draft.values

    return Ready(rows, entries.digest(told()))


def carry_out(
    plan: Plan, *, by: User, reason: str, ready: Ready | None = None
) -> LedgerEntry | None:
    """Do what a plan says, all of it in one deed with one leaf; return the leaf, if any.

    Who has it `prepared` already gives it, so that the log is held for the rows alone.
    Raises NotAllowedError, SheetError for a plan with refused lines, ChangedMeanwhileError.
    """
    check(plan, by=by, reason=reason)
    if not _written(plan):
        return None
    ready = ready or prepared(plan)
    if ready.values_sha256 != plan.values_sha256:
        raise SheetError("This is not what was shown; nothing was changed. Hand it in again.")
    with transaction.atomic():
        ledger.lock()
        if stand(plan.register) != plan.stand:
            raise ChangedMeanwhileError
        leaf = ledger.append(
            "register.import",
            subject=f"register:{plan.register.slug}",
            body={
                "added": plan.counts[Deed.ADD],
                "changed": plan.counts[Deed.CHANGE],
                "values_sha256": ready.values_sha256,
            },
            actor=actor(by),
        )
        writing.write(plan.register, ready.rows, writing.Deed(leaf, by, reason))
    return leaf


def check(plan: Plan, *, by: User, reason: str) -> None:
    """Refuse a plan that could not be carried out; NotAllowedError, SheetError, RegistersError."""
    entries.refuse_stranger(by)
    if refused := plan.counts[Deed.REFUSED]:
        raise SheetError(f"{refused:,} lines do not fit; correct them first. Nothing was changed.")
    if not reason.strip():
        raise RegistersError("Say where this table comes from.")


def _written(plan: Plan) -> int:
    return plan.counts[Deed.ADD] + plan.counts[Deed.CHANGE]


def _stand(slug: str) -> str:
    found = Entry.objects.filter(register=slug)
    count, last = found.count(), found.order_by("-changed_at").values_list("changed_at").first()
    return f"{slug}:{count}/{last[0].isoformat() if last else ''}"


def _bounded(lines: Numbered) -> Iterator[tuple[int, Sequence[object]]]:
    for count, line in enumerate(lines, 1):
        if count > MOST_LINES:
            raise SheetError(
                f"The sheet has more than {MOST_LINES:,} lines. Split it. Nothing was changed."
            )
        yield line


@dataclass
class _Read:
    """One line as it was read: cells by field, then values, and what does not fit by field."""

    number: int
    given: dict[str, object]
    reference: str
    is_active: bool
    problems: dict[str, str]
    key: str = ""
    entry: Entry | None = None

    def __post_init__(self) -> None:
        self.values: dict[str, Value] = {}


@dataclass(frozen=True)
class _Reader:
    """Reads lines of one header, a batch at a time."""

    register: Register
    places: Mapping[str, int]

    def judged(
        self, batch: Sequence[tuple[int, Sequence[object]]], seen: dict[str, int]
    ) -> Iterator[Line]:
        read = [self._cells(number, cells) for number, cells in batch]
        keys = [one.key for one in read if one.key]
        found = Entry.objects.filter(register=self.register.slug, key__in=keys)
        standing = {entry.key: entry for entry in found}
        for one in read:
            one.entry = standing.get(one.key)
            self._values(one)
        wrong = relations.obstacles(self.register, [one.values for one in read])
        for one, problems in zip(read, wrong, strict=True):
            if not one.problems:
                one.problems.update(problems)
            if not one.problems:
                unapproved = approving.obstacles_of_sheet(self.register, one.entry, one.values)
                one.problems.update(unapproved)
            yield self._line(one, seen)

    def _cells(self, number: int, cells: Sequence[object]) -> _Read:
        given = {
            name: cells[place] if place < len(cells) else None
            for name, place in self.places.items()
        }
        problems: dict[str, str] = {}
        known = set(self.places.values())
        if any(cell not in (None, "") for place, cell in enumerate(cells) if place not in known):
            problems[""] = "It has more cells than the header."
        reference = str(given.pop(REFERENCE, None) or "").strip()
        active, is_active = given.pop(ACTIVE, None), True
        if active not in (None, ""):
            try:
                is_active = bool(values.read(_ACTIVE_FIELD, active))
            except ValueError as error:
                problems[ACTIVE] = f"{ACTIVE} {error}."
        one = _Read(number, given, reference, is_active, problems)
        one.key = self._key(given)
        return one

    def _key(self, given: Mapping[str, object]) -> str:
        """Return the key of a line, empty where it cannot be read."""
        fields = self.register.fields
        try:
            found = {
                name: values.read(fields[name], given.get(name))
                for name in self.register.declared.key
            }
        except ValueError:
            return ""
        return "" if None in found.values() else key_of(self.register, found)

    def _values(self, one: _Read) -> None:
        absent = self.register.fields.keys() - self.places.keys()
        kept = {name: one.entry.values.get(name) for name in absent} if one.entry else {}
        if ACTIVE not in self.places and one.entry:
            one.is_active = one.entry.is_active
        found, problems = entries.read(self.register, {**kept, **one.given})
        one.values = found
        one.problems.update(problems)

    def _line(self, one: _Read, seen: dict[str, int]) -> Line:
        if not one.problems and one.key in seen:
            called = self.register.declared.entry
            one.problems[""] = f"Line {seen[one.key]} is the same {called}."
        seen.setdefault(one.key, one.number)
        entry = one.entry
        if not one.problems and one.reference not in {"", entry.ref if entry else ""}:
            own = f"is {entry.ref}" if entry else "is new"
            one.problems[REFERENCE] = f"It says {one.reference[:60]!r}, but by its key this {own}."
        if one.problems:
            return Line(one.number, Deed.REFUSED, self._said(one), problem=self._told(one))
        said = self._said(one)
        if entry is None:
            draft = Draft(one.values, None, one.is_active)
            return Line(one.number, Deed.ADD, said, draft=draft)
        differences = tuple(_differences(self.register, entry, one))
        if not differences:
            return Line(one.number, Deed.SAME, said, entry.ref)
        draft = Draft(one.values, entry, one.is_active)
        return Line(one.number, Deed.CHANGE, said, entry.ref, differences, draft=draft)

    def _said(self, one: _Read) -> str:
        """Return the key in words, without what may be a secret."""
        fields = self.register.fields
        shown: Values = {
            name: None if fields[name].conceals and name in one.problems else value
            for name, value in one.values.items()
        }
        return title_of(self.register, shown)[:200]

    def _told(self, one: _Read) -> str:
        """Return what does not fit, each with its cell."""
        told = []
        for name, sentence in one.problems.items():
            place = self.places.get(name)
            field = self.register.fields.get(name)
            cell = f"{field.label}: " if field else ""
            if place is not None:
                cell = f"{xl_col_to_name(place)}{one.number}: "
            told.append(f"{cell}{sentence}")
        return " ".join(told)


def _differences(register: Register, entry: Entry, one: _Read) -> Iterator[Difference]:
    before = values.opened(register.fields, entry.values)
    for name, field in register.fields.items():
        if before[name] != one.values[name]:
            yield Difference(
                field.label, values.words(before[name]), values.words(one.values[name])
            )
    if entry.is_active is not one.is_active:
        yield Difference(ACTIVE, values.words(entry.is_active), values.words(one.is_active))
