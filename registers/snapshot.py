"""Turns a register into evidence: all its entries as they stand, with an IPE record.

IPE = information produced by the entity; AT-C 205.36 asks for its accuracy and completeness.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.access import actor
from accounts.models import User
from controls.models import Expectation
from evidence import checks, intake
from evidence.models import Evidence, IntakeKey
from evidence.population import IPE, Cell, Column, PopulationFacts, TableFacts, write_csv
from registers import entries, values, writing
from registers.models import Entry
from registers.registry import Register

VERSION = "1"
SYSTEM = "system"
_QUERY = "Every entry of the register, retired ones too, with its last version, by number"
_COMPLETENESS = (
    "All entries were read in one transaction; the database's own count of them is the source's "
    "count. Entries are never deleted: who left is there as not active."
)


def expectations_of(register: Register) -> Iterable[Expectation]:
    """Return what a snapshot of the register is expected for."""
    return Expectation.objects.filter(collector=source_of(register)).order_by("slug")


def source_of(register: Register) -> str:
    """Return the word by which an expectation names a register as where its evidence comes from."""
    return f"register_{register.slug}"


def take_once(register: Register, *, key: str) -> Evidence:
    """Take the snapshot that the schedule asks for; the same key gives the first answer again."""
    taken = IntakeKey.objects.filter(sender=SYSTEM, key=key).select_related("evidence").first()
    return taken.evidence if taken else take(register, by=None, key=key)


def take(
    register: Register,
    *,
    by: User | None,
    claims: Iterable[Expectation] | None = None,
    key: str = "",
) -> Evidence:
    """Keep the register as it stands now, as a dated population, and return the checked evidence.

    `by` is None for the schedule; `claims` says what it counts for, by default every expectation
    that names this register. Raises NotAllowedError and a subclass of EvidenceError.
    """
    if by:
        entries.refuse_stranger(by)
    name = actor(by) if by else SYSTEM
    wanted = tuple(expectations_of(register) if claims is None else claims)
    now = timezone.now()
    columns = _columns(register)
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        table = Path(folder) / f"{register.slug}.csv"
        with transaction.atomic(), table.open("xb") as file:
            count = Entry.objects.filter(register=register.slug).count()
            facts = write_csv(_rows(register), columns, file)
        population = _population(register, columns, facts, count, now)
        sent = _submission(register, table, population, wanted)
        evidence = intake.receive(
            replace(sent, prepared_by=by, idempotency_key=key),
            actor=name,
        )
    checks.run(evidence, actor=name)
    return evidence


def _columns(register: Register) -> tuple[Column, ...]:
    own = (Column(field.name, field.type.column_type) for field in register.declared.fields)
    return (
        Column("reference", "text"),
        *own,
        Column("active", "boolean"),
        Column("added_at", "timestamp"),
        Column("changed_at", "timestamp"),
    )


def _rows(register: Register) -> Iterator[Sequence[Cell]]:
    found = Entry.objects.filter(register=register.slug).order_by("number")
    for entry in found.iterator(writing.BATCH):
        opened = values.opened(register.fields, entry.values)
        yield [entry.ref, *opened.values(), entry.is_active, entry.created_at, entry.changed_at]


def _population(
    register: Register,
    columns: tuple[Column, ...],
    facts: TableFacts,
    count: int,
    started_at: datetime,
) -> PopulationFacts:
    ipe = IPE(
        query=_QUERY,
        source_system=f"Register of this installation: {register.declared.title}",
        environment=register.declared.environment,
        runner=source_of(register),
        collector=source_of(register),
        collector_version=VERSION,
        code_digest=register.code_digest,
        started_at=started_at,
        finished_at=timezone.now(),
        completeness=_COMPLETENESS,
        parameters={"register": register.slug},
        source_count=count,
        source_clock=started_at,
    )
    return PopulationFacts(columns, ipe, facts)


def _submission(
    register: Register, table: Path, population: PopulationFacts, claims: tuple[Expectation, ...]
) -> intake.Submission:
    declared = register.declared
    day = population.ipe.started_at.astimezone(ZoneInfo(settings.ORGANISATION_TIME_ZONE)).date()
    return intake.Submission(
        content=table,
        filename=f"{register.slug}-{day.isoformat()}.csv",
        title=f"{declared.title}, {day.isoformat()}",
        evidence_type=Expectation.EvidenceType.REGISTER,
        kind=Evidence.Kind.STATE,
        area=declared.area,
        source_system=population.ipe.source_system,
        environment=declared.environment,
        covers_from=day,
        covers_to=day,
        collected_at=population.ipe.started_at,
        media_type="text/csv",
        sensitivity=declared.sensitivity,
        claims=claims,
        population=population,
    )
