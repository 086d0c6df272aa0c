"""Deeds around the steps of the plan: whose they are, when they are due, and that they are done.

A person ticks a step with a note. Where the data shows that it is done, no tick is needed; where
the data does not, the tick stays what it is: a claim.
"""

from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from controls.readiness_file import Kind
from evidence import ledger, screening
from evidence.models import LedgerEntry
from readiness.errors import ChangedMeanwhileError, NotAllowedError, StepError
from readiness.models import StepVersion
from readiness.programme import entry, programme
from readiness.timetable import Stretch, laid_out

LONGEST_NOTE = 1000
_WEEKS = 4
"""How long a phase lasts that does not say so itself."""


@dataclass(frozen=True)
class Said:
    """What a step says of itself from a version on."""

    owner: User | None = None
    due_on: date | None = None
    is_ticked: bool = False
    note: str = ""


def standing() -> dict[str, StepVersion]:
    """Return the version of each step that stands, by its name; steps never touched have none."""
    later = StepVersion.objects.filter(step=OuterRef("step"), number__gt=OuterRef("number"))
    found = StepVersion.objects.filter(~Exists(later)).select_related("owner", "by")
    return {version.step: version for version in found}


def assign(
    step: str, *, owner: User | None, due_on: date | None, seen: int, by: User
) -> StepVersion:
    """Say whose a step is and until when; `seen` is the number of the version seen, 0 for none.

    Raises NotAllowedError, UnknownEntryError, StepError, ChangedMeanwhileError.
    """
    if owner and not can(owner, Capability.VIEW):
        raise StepError(f"{owner} has no access to this workspace. Choose somebody of the staff.")
    entry(Kind.STEP, step)
    with transaction.atomic():
        now = _locked(step, seen, by)
        return _write(step, seen, replace(now, owner=owner, due_on=due_on), deed="assigned", by=by)


def tick(step: str, *, note: str, seen: int, by: User) -> StepVersion:
    """Say by hand that a step is done, with a note that says what shows it."""
    note = _checked(note)
    entry(Kind.STEP, step)
    with transaction.atomic():
        now = _locked(step, seen, by)
        if now.is_ticked:
            raise StepError("The step is ticked already.")
        return _write(step, seen, replace(now, is_ticked=True, note=note), deed="ticked", by=by)


def untick(step: str, *, note: str, seen: int, by: User) -> StepVersion:
    """Take a tick back, with a note that says why."""
    note = _checked(note)
    entry(Kind.STEP, step)
    with transaction.atomic():
        now = _locked(step, seen, by)
        if not now.is_ticked:
            raise StepError("The step is not ticked.")
        return _write(step, seen, replace(now, is_ticked=False, note=note), deed="unticked", by=by)


def lay_out(start: date, *, by: User) -> int:
    """Give every step without a due day one, as if the first phase began on `start`.

    Returns how many steps were dated. Raises NotAllowedError, StepError where all have a due day.
    """
    _refuse_stranger(by)
    read = programme()
    phases = [
        Stretch(phase.weeks or _WEEKS, [step.id for step in read.steps_of(phase.id)])
        for phase in read.entries(Kind.PHASE)
    ]
    try:
        due = laid_out(start, [phase for phase in phases if phase.steps])
    except OverflowError as error:
        raise StepError("This day is too far away. Begin on an earlier one.") from error
    with transaction.atomic():
        ledger.lock()
        known = standing()
        fresh = {step: day for step, day in due.items() if not _due(known.get(step))}
        if not fresh:
            raise StepError("Every step has a due day already. Change them one by one.")
        body = {"start": start.isoformat(), "steps": sorted(fresh)}
        leaf = ledger.append(
            "readiness.laid_out", subject="readiness:plan", body=body, actor=actor(by)
        )
        StepVersion.objects.bulk_create(
            _version(step, _number(last), replace(_said(last), due_on=day), leaf, by)
            for step, day in fresh.items()
            for last in [known.get(step)]
        )
    return len(fresh)


def _locked(step: str, seen: int, by: User) -> Said:
    """Check who acts, lock the log, and return what the step says now."""
    _refuse_stranger(by)
    ledger.lock()
    last = StepVersion.objects.filter(step=step).order_by("-number").first()
    if _number(last) != seen:
        raise ChangedMeanwhileError
    return _said(last)


def _write(step: str, seen: int, said: Said, *, deed: str, by: User) -> StepVersion:
    body = {
        "deed": deed,
        "number": seen + 1,
        "owner": actor(said.owner) if said.owner else "",
        "due_on": said.due_on.isoformat() if said.due_on else "",
        "is_ticked": said.is_ticked,
        "note_sha256": journal.digest(said.note),
    }
    leaf = ledger.append("readiness.step", subject=f"readiness:{step}", body=body, actor=actor(by))
    version = _version(step, seen, said, leaf, by)
    version.save(force_insert=True)
    return version


def _version(step: str, seen: int, said: Said, leaf: LedgerEntry, by: User) -> StepVersion:
    return StepVersion(
        step=step,
        number=seen + 1,
        owner=said.owner,
        due_on=said.due_on,
        is_ticked=said.is_ticked,
        note=said.note,
        by=by,
        at=leaf.recorded_at,
        ledger_entry=leaf,
    )


def _said(last: StepVersion | None) -> Said:
    return Said(last.owner, last.due_on, last.is_ticked, last.note) if last else Said()


def _number(last: StepVersion | None) -> int:
    return last.number if last else 0


def _due(last: StepVersion | None) -> date | None:
    return last.due_on if last else None


def _checked(note: str) -> str:
    note = note.strip()
    if not note:
        raise StepError("Say in a note what shows it; the next reader will ask.")
    if len(note) > LONGEST_NOTE:
        raise StepError(f"Say it in at most {LONGEST_NOTE} letters.")
    if screening.speaks(note):
        raise StepError("The note looks like a card number or a secret. Leave that out.")
    return note


def _refuse_stranger(by: User) -> None:
    if not can(by, Capability.MANAGE_READINESS):
        raise NotAllowedError
