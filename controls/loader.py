"""Brings the catalogue files into the database: first a plan to look at, then the deed.

What stands in the database but no longer in the files is reported and kept, because evidence
refers to it; only the tie between a control and a criterion is taken away. The wording of a
control is never changed in place: a changed statement becomes its next version.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from accounts import journal
from controls.catalogue_folder import Catalogue, read_folder
from controls.catalogue_rows import Rows, Values, digest, stored, wanted
from controls.catalogue_writing import KINDS, add, change, remove_mapping
from controls.errors import RewordingError, StalePlanError
from controls.models import Control, ControlVersion


@dataclass(frozen=True)
class Change:
    """One row to add (no values before), to change, or to remove (no values after)."""

    kind: str
    key: str
    before: Values | None
    after: Values | None

    def __str__(self) -> str:
        name = f"{self.kind} {self.key}"
        if self.before is None:
            return f"add {name}"
        if self.after is None:
            return f"remove {name}"
        changed = [part for part, value in self.after.items() if value != self.before[part]]
        return f"change {name}: {', '.join(changed)}"


@dataclass(frozen=True)
class Wording:
    """The next version of what a control says; `old` is empty where it said nothing yet."""

    control: str
    number: int
    old: str
    new: str
    effective_from: date


@dataclass(frozen=True)
class CataloguePlan:
    """What `apply` would do to the database, and what it would leave alone."""

    catalogue: Catalogue = field(compare=False, repr=False)
    changes: tuple[Change, ...]
    wordings: tuple[Wording, ...]
    absent: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not self.changes and not self.wordings

    @property
    def rewordings(self) -> tuple[Wording, ...]:
        """The wordings that take the place of another one."""
        return tuple(wording for wording in self.wordings if wording.old)


def plan(folder: Path) -> CataloguePlan:
    """Compare a catalogue folder with the database; raises CatalogueError for a broken folder."""
    return _compare(read_folder(folder))


@transaction.atomic
def apply(plan: CataloguePlan, *, actor: str, reword: bool) -> None:
    """Do what a plan says, all of it or nothing; a plan that is done already does nothing.

    Raises RewordingError where a wording would change and `reword` is not set, StalePlanError
    where the database is no longer the one that the plan was made for.
    """
    if plan.rewordings and not reword:
        raise RewordingError(
            f"The wording of {', '.join(wording.control for wording in plan.rewordings)} would"
            " change; say that you want this."
        )
    _take_turns()
    now = _compare(plan.catalogue)
    if now.is_empty:
        return
    if now != plan:
        raise StalePlanError
    _write(plan.changes)
    for wording in plan.wordings:
        _record(wording, actor)
    _tell_changes(plan.changes, actor)


def _write(changes: tuple[Change, ...]) -> None:
    """Write by kind, what is named before what names it; rows of one kind at once."""
    for kind in KINDS:
        mine = [each for each in changes if each.kind == kind]
        new = [(each.key, each.after) for each in mine if each.before is None and each.after]
        if new:
            add(kind, new)
        for each in mine:
            if each.after is None:
                remove_mapping(each.key)
            elif each.before is not None:
                change(kind, each.key, each.after)


def _compare(catalogue: Catalogue) -> CataloguePlan:
    files, database = wanted(catalogue), stored()
    changes = [
        Change(kind, key, database.get((kind, key)), values)
        for (kind, key), values in files.items()
        if database.get((kind, key)) != values
    ]
    gone = [name for name in database if name not in files]
    removals = [name for name in gone if _is_untied(name, files)]
    changes += [Change(*name, database[name], None) for name in removals]
    absent = tuple(" ".join(name) for name in gone if name not in removals)
    return CataloguePlan(catalogue, tuple(changes), _wordings(catalogue), absent)


def _is_untied(name: tuple[str, str], files: Rows) -> bool:
    """Tell whether a control that is still in the files no longer names this criterion."""
    kind, key = name
    return kind == "mapping" and ("control", key.partition(" ")[0]) in files


def _wordings(catalogue: Catalogue) -> tuple[Wording, ...]:
    today = timezone.now().date()
    latest = {
        version.control.ref: version
        for version in ControlVersion.objects.select_related("control").order_by("number")
    }
    found = []
    for placed in catalogue.controls:
        entry, version = placed.entry, latest.get(placed.entry.ref)
        if version is None:
            found.append(Wording(entry.ref, 1, "", entry.statement, entry.effective_from))
        elif version.statement != entry.statement:
            # What was said until yesterday stays said: no wording reaches back over another.
            effective = max(today, entry.effective_from)
            found.append(
                Wording(
                    entry.ref, version.number + 1, version.statement, entry.statement, effective
                )
            )
    return tuple(found)


def _take_turns() -> None:
    """Let two loads at the same time run one after the other; SQLite does so by itself."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE controls_framework IN SHARE ROW EXCLUSIVE MODE")


def _record(wording: Wording, actor: str) -> None:
    effective_from = wording.effective_from.isoformat()
    fingerprint = digest(
        {
            "control": wording.control,
            "number": wording.number,
            "statement": wording.new,
            "effective_from": effective_from,
        }
    )
    ControlVersion.objects.create(
        control=Control.objects.get(ref=wording.control),
        number=wording.number,
        statement=wording.new,
        effective_from=wording.effective_from,
        digest=fingerprint,
    )
    journal.tell(
        "control_version",
        subject=wording.control,
        body={
            "number": wording.number,
            "effective_from": effective_from,
            "sha256": fingerprint,
        },
        actor=actor,
    )


def _tell_changes(changes: tuple[Change, ...], actor: str) -> None:
    if changes:
        told = [
            {
                "kind": change.kind,
                "key": change.key,
                "before": digest(change.before) if change.before else None,
                "after": digest(change.after) if change.after else None,
            }
            for change in changes
        ]
        journal.tell("catalogue", subject="catalogue", body={"changes": told}, actor=actor)
