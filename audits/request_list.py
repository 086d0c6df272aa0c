"""The list of requests as a table: what an uploaded one would do, row by row, and doing it whole.

An uploaded list adds requests and changes own fields of known ones, found by their number; what it
does not name stays. State, answers and comments are written out and never read back.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.access import actor
from accounts.models import User
from audits import requests
from audits.errors import AuditsError, RequestError, RequestListError
from audits.models import Engagement, EvidenceRequest, RequestImport, Side
from audits.request_terms import (
    Owner,
    Wording,
    checked,
    checked_owner,
    cleaned,
    known_refs,
    owner_of,
    split,
    wording_of,
)
from controls.models import Control
from evidence import ledger

READ = ("Number", "Title", "Text", "Controls", "Due", "Owner")
WRITTEN = ("State", "Answers", "Last comment")
MOST_ROWS = requests.MOST
_MOST_TOLD = 40
_ROLES = {label.lower(): value for value, label in Control.OwnerRole.choices}
_ROLE_LABELS = dict(Control.OwnerRole.choices)


@dataclass(frozen=True)
class Line:
    """One row of an uploaded list, read but not yet compared with anything."""

    row: int
    number: int
    title: str
    text: str
    refs: str
    due: str
    owner: str

    @property
    def wording(self) -> Wording:
        due = date.fromisoformat(self.due) if self.due else None
        return Wording(self.title, self.text, split(self.refs), due)


@dataclass(frozen=True)
class Step:
    """What one row would do; `changes` are field, before and after, none where nothing changes."""

    row: int
    number: int
    title: str
    is_new: bool
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Plan:
    """What a whole list would do, and everything that stands against it."""

    steps: tuple[Step, ...]
    problems: tuple[str, ...]

    @property
    def new(self) -> int:
        return sum(step.is_new for step in self.steps)

    @property
    def changed(self) -> int:
        return sum(bool(step.changes) and not step.is_new for step in self.steps)

    @property
    def unchanged(self) -> int:
        return len(self.steps) - self.new - self.changed

    @property
    def digest(self) -> str:
        """Bind what was previewed, so that nothing else is done."""
        told = [[s.number, s.is_new, [list(c) for c in s.changes]] for s in self.steps]
        return sha256(ledger.canonical([told, list(self.problems)])).hexdigest()


def owner_words(request: EvidenceRequest) -> str:
    """Return who answers as a table names it: an address, or the title of a role."""
    if request.owner:
        return request.owner.email
    return str(_ROLE_LABELS.get(request.owner_role, ""))


def read(rows: Iterable[tuple[int, Sequence[object]]]) -> list[Line]:
    """Read a table with its header; RequestListError names every row that cannot be read."""
    numbered = iter(rows)
    row, header = next(numbered, (0, ()))
    places = _places(row, header)
    lines: list[Line] = []
    problems: list[str] = []
    for count, (number, cells) in enumerate(numbered, 1):
        if count > MOST_ROWS:
            message = f"Row {number}: a list holds at most {MOST_ROWS:,} requests. Split it."
            raise RequestListError(message)
        try:
            lines.append(_line(number, cells, places))
        except (RequestError, ValueError) as error:
            problems.append(f"Row {number}: {error}")
    if not lines and not problems:
        raise RequestListError("The list has no rows below its header. Nothing was changed.")
    problems += _doubles(lines)
    if problems:
        raise RequestListError(_told(problems))
    return lines


def plan(engagement: Engagement, lines: Sequence[Line], *, by: User) -> Plan:
    """Say what a list would do in the name of a person; nothing is changed."""
    side = requests.asking_side(engagement, by)
    known = {
        request.number: request
        for request in requests.with_state(engagement.requests.all()).select_related(
            "owner", "engagement"
        )
    }
    judge = _Judge(engagement, side, known, known_refs(engagement), _people(lines))
    steps, problems = [], []
    for line in lines:
        try:
            steps.append(judge.step(line))
        except RequestError as error:
            problems.append(f"Row {line.row}: {error}")
    if len(known) + sum(step.is_new for step in steps) > requests.MOST:
        problems.append(f"{engagement.ref} holds at most {requests.MOST:,} requests.")
    return Plan(tuple(steps), tuple(problems))


def stage(
    engagement: Engagement, lines: Sequence[Line], *, filename: str, by: User
) -> tuple[RequestImport, Plan]:
    """Keep a list that was read, with what it would do, until it is confirmed."""
    would = plan(engagement, lines, by=by)
    kept = RequestImport.objects.create(
        engagement=engagement,
        by=by,
        filename=filename[:200],
        lines=[_cells(line) for line in lines],
        plan_digest=would.digest,
    )
    return kept, would


@transaction.atomic
def apply(staged: RequestImport, *, by: User) -> Plan:
    """Do what a staged list would do, all of it or nothing.

    Raises RequestListError where it was done already, belongs to somebody else, has problems, or
    would no longer do what was previewed.
    """
    ledger.lock()
    staged = RequestImport.objects.select_for_update().get(pk=staged.pk)
    if staged.by_id != by.pk:
        raise RequestListError("Somebody else uploaded this list. Upload it yourself.")
    if staged.applied_at:
        raise RequestListError(f"{staged.filename} was taken in already.")
    engagement = staged.engagement
    lines = [Line(*cells) for cells in _rows_of(staged)]
    would = plan(engagement, lines, by=by)
    if would.digest != staged.plan_digest:
        raise RequestListError("The requests changed since the preview. Upload the list again.")
    if would.problems:
        raise RequestListError(_told(would.problems))
    people = _people(lines)
    for line, step in zip(lines, would.steps, strict=True):
        if step.is_new or step.changes:
            _do(engagement, line, step, _owner(line, people), by)
    RequestImport.objects.filter(pk=staged.pk).update(applied_at=timezone.now())
    ledger.append(
        "request.list_imported",
        subject=engagement.ref,
        body={"plan_sha256": would.digest, "new": would.new, "changed": would.changed},
        actor=actor(by),
    )
    return would


def plan_of(staged: RequestImport, *, by: User) -> Plan:
    """Say again what a staged list would do now."""
    return plan(staged.engagement, [Line(*cells) for cells in _rows_of(staged)], by=by)


@dataclass(frozen=True)
class _Judge:
    """Compares rows with what is there, in the name of one side."""

    engagement: Engagement
    side: Side
    known: dict[int, Any]
    refs: set[str]
    people: dict[str, User]

    def step(self, line: Line) -> Step:
        request = self.known.get(line.number)
        wanted = _owner(line, self.people)
        if request is None:
            wording = checked(self.engagement, line.wording, known=self.refs)
            checked_owner(wanted)
            if self.side == Side.AUDITOR and line.owner:
                raise RequestError("Who answers is for the staff to say. Leave Owner empty.")
            blank = (Wording(""), Owner())
            return self._told(line, blank, (wording, wanted), is_new=True)
        before = (wording_of(request), owner_of(request))
        kept = line.wording
        if kept != before[0]:
            kept = checked(self.engagement, kept, known=self.refs)
        if wanted != before[1]:
            checked_owner(wanted)
        after = (kept, wanted)
        if obstacle := requests.change_obstacle(request, before, after, self.side):
            raise RequestError(obstacle)
        if before != after and request.state not in requests.WAITING:
            raise RequestError(f"{request.ref} is {request.state} and stays as it is.")
        return self._told(line, before, after, is_new=False)

    def _told(
        self,
        line: Line,
        before: tuple[Wording, Owner],
        after: tuple[Wording, Owner],
        *,
        is_new: bool,
    ) -> Step:
        pairs = zip(READ[1:], _shown(before), _shown(after), strict=True)
        changes = tuple((name, old, new) for name, old, new in pairs if old != new)
        return Step(line.row, line.number, after[0].title, is_new, changes)


def _do(engagement: Engagement, line: Line, step: Step, owner: Owner, by: User) -> None:
    try:
        if step.is_new:
            named = owner if line.owner else None
            requests.ask(engagement, line.wording, by=by, number=line.number, owner=named)
            return
        request = engagement.requests.select_related("engagement").get(number=line.number)
        requests.change(request, wording=line.wording, owner=owner, by=by)
    except AuditsError as error:
        raise RequestListError(f"Row {line.row}: {error} Nothing was changed.") from error


def _places(row: int, header: Sequence[object]) -> dict[str, int]:
    names = [str(cell).strip() if cell is not None else "" for cell in header]
    while names and not names[-1]:
        names.pop()
    wanted = ", ".join(READ)
    for name in names:
        if name not in (*READ, *WRITTEN):
            message = f"Row {row}: {name[:40]!r} is no column of this list. It has {wanted}."
            raise RequestListError(message)
        if names.count(name) > 1:
            raise RequestListError(f"Row {row}: there are two columns {name!r}. Remove one.")
    missing = [name for name in READ if name not in names]
    if missing:
        message = f"Row {row}: the column {missing[0]!r} is missing. The first row names {wanted}."
        raise RequestListError(message)
    return {name: names.index(name) for name in READ}


def _line(row: int, cells: Sequence[object], places: dict[str, int]) -> Line:
    extra = [cell for cell in cells[len(READ) + len(WRITTEN) :] if cell is not None]
    if extra:
        raise ValueError(f"{str(extra[0])[:40]!r} stands beyond the last column.")
    found = [cells[place] if place < len(cells) else None for place in places.values()]
    number, title, text, refs, due, owner = found
    return Line(
        row=row,
        number=_number(number),
        title=" ".join(_text("Title", title).split()),
        text=_text("Text", text),
        refs=", ".join(split(_text("Controls", refs))),
        due=_day(due),
        owner=_text("Owner", owner),
    )


def _number(cell: object) -> int:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    written = str(cell).strip() if isinstance(cell, int | str) and cell is not True else ""
    if not re.fullmatch(r"[0-9]{1,6}", written) or not 1 <= int(written) <= requests.LARGEST_NUMBER:
        shown = "empty" if cell is None else f"{str(cell)[:40]!r}"
        raise ValueError(f"Number is {shown}; write a whole number from 1 on.")
    return int(written)


def _text(name: str, cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cleaned(name, cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return str(cell)
    raise ValueError(f"{name} holds {str(cell)[:40]!r}, which is no text.")


def _day(cell: object) -> str:
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return cell.isoformat()
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return ""
    try:
        if isinstance(cell, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell.strip()):
            return date.fromisoformat(cell.strip()).isoformat()
    except ValueError:
        pass
    raise ValueError(f"Due is {str(cell)[:40]!r}; write a date, such as 2026-01-31.")


def _doubles(lines: Sequence[Line]) -> Iterator[str]:
    first: dict[int, int] = {}
    for line in lines:
        if line.number in first:
            yield (
                f"Row {line.row}: the number {line.number} stands in row {first[line.number]} too. "
                "Give each request a number of its own."
            )
        first.setdefault(line.number, line.row)


def _people(lines: Sequence[Line]) -> dict[str, User]:
    named = {line.owner.lower() for line in lines if "@" in line.owner}
    return {user.email: user for user in User.objects.filter(email__in=named)}


def _owner(line: Line, people: dict[str, User]) -> Owner:
    if not line.owner:
        return Owner()
    if role := _ROLES.get(line.owner.lower()):
        return Owner(role=role)
    found = people.get(line.owner.lower())
    if found is None:
        roles = ", ".join(_ROLE_LABELS.values())
        message = (
            f"Owner is {line.owner[:60]!r}. Write the address of a member of the staff, or one of "
            f"{roles}."
        )
        raise RequestError(message)
    return Owner(person=found)


def _shown(state: tuple[Wording, Owner]) -> tuple[str, ...]:
    wording, owner = state
    who = owner.person.email if owner.person else str(_ROLE_LABELS.get(owner.role, ""))
    due = wording.due.isoformat() if wording.due else ""
    return wording.title, wording.text, ", ".join(wording.refs), due, who


def _cells(line: Line) -> list[object]:
    return [line.row, line.number, line.title, line.text, line.refs, line.due, line.owner]


def _rows_of(staged: RequestImport) -> list[tuple[int, int, str, str, str, str, str]]:
    return [tuple(cells) for cells in staged.lines]  # type: ignore[misc, arg-type]


def _told(problems: Sequence[str]) -> str:
    more = len(problems) - _MOST_TOLD
    rest = [f"And {more:,} more rows."] if more > 0 else []
    return "\n".join([*problems[:_MOST_TOLD], *rest, "Nothing was changed."])
