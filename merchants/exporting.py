"""Writes the list of chosen forms as a table, in the background; the table is kept as evidence.

No name stands in it: merchants are there by their references and the platform's own numbers.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.access import actor
from accounts.models import User
from controls.models import Area, Expectation
from evidence import intake
from evidence.models import Evidence, IntakeKey
from evidence.population import IPE, Cell, Column, PopulationFacts, write_csv
from jobs.models import Job
from jobs.queue import enqueue
from merchants import parties, portfolio, states
from merchants.models import ComplianceForm, Environment
from merchants.portfolio import Choice

KIND = "merchants.export"
SENDER = "system"
VERSION = "1"
BATCH = 1000
COLUMNS = (
    Column("form_id", "text"),
    Column("merchant_id", "text"),
    Column("platform", "text"),
    Column("own_number", "text"),
    Column("form_type", "text"),
    Column("merchant_level", "text"),
    Column("state", "text"),
    Column("issued_on", "date"),
    Column("due_on", "date"),
    Column("valid_from", "date"),
    Column("valid_until", "date"),
    Column("may_take_cards", "boolean"),
    Column("collected_at", "timestamp"),
)

Progress = Callable[[int, int, str], None]


def ask(choice: Choice, *, by: User) -> Job:
    """Have the chosen forms written as a table; the job shows how far it is. NotAllowedError."""
    parties.refuse_stranger(by)
    asked = f"{sha256(repr(choice).encode()).hexdigest()[:16]}:{timezone.now():%Y-%m-%dT%H:%M:%S}"
    return enqueue(
        KIND,
        key=f"{KIND}:{by.pk}:{asked}",
        payload={"choice": choice.to_json()},
        requested_by=actor(by),
    )


def run(payload: Mapping[str, Any], *, key: str, progress: Progress) -> dict[str, object]:
    """Write the table and keep it; the same job again gives the first one."""
    taken = IntakeKey.objects.filter(sender=SENDER, key=key).select_related("evidence").first()
    if taken:
        return {"evidence": taken.evidence.ref}
    choice, now = portfolio.of_json(payload["choice"]), timezone.now()
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        table = Path(folder) / "forms.csv"
        with transaction.atomic(), table.open("xb") as file:
            total = portfolio.chosen(choice).order_by().count()
            facts = write_csv(_rows(choice, now, total, progress), COLUMNS, file)
        population = PopulationFacts(COLUMNS, _ipe(choice, total, now), facts)
        evidence = intake.receive(_submission(table, population, now, key), actor=SENDER)
    return {"evidence": evidence.ref, "forms": facts.row_count}


def _rows(
    choice: Choice, now: datetime, total: int, progress: Progress
) -> Iterator[Sequence[Cell]]:
    found = portfolio.chosen(choice).select_related("merchant", "application")
    for number, form in enumerate(found.iterator(BATCH), 1):
        yield _row(form, now)
        if number % BATCH == 0 or number == total:
            progress(number, total, "forms")


def _row(form: ComplianceForm, now: datetime) -> Sequence[Cell]:
    return [
        form.ref,
        form.merchant.ref,
        form.application.name,
        form.merchant.own_number,
        form.form_type,
        str(form.level),
        states.state_at(form, now),
        form.created_at.date(),
        form.due_at.date(),
        form.valid_from.date() if form.valid_from else None,
        form.valid_until.date() if form.valid_until else None,
        form.merchant.may_take_cards,
        now,
    ]


def _ipe(choice: Choice, total: int, now: datetime) -> IPE:
    return IPE(
        query="The forms of merchants that were chosen, the newest first",
        source_system="Merchants of this installation",
        environment=_environment(choice),
        runner=KIND,
        collector=KIND,
        collector_version=VERSION,
        code_digest=sha256(Path(__file__).read_bytes()).hexdigest(),
        started_at=now,
        finished_at=timezone.now(),
        completeness=(
            "All forms of the choice were read in one transaction; the database's own count of "
            "them is the source's count."
        ),
        parameters={name: str(value) for name, value in choice.to_json().items()},
        source_count=total,
        source_clock=now,
    )


def _submission(
    table: Path, population: PopulationFacts, now: datetime, key: str
) -> intake.Submission:
    return intake.Submission(
        content=table,
        filename=f"merchant-forms-{now:%Y-%m-%d}.csv",
        title=f"Forms of merchants, {now:%Y-%m-%d %H:%M} UTC",
        evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
        kind=Evidence.Kind.STATE,
        area=Area.VENDOR,
        source_system=population.ipe.source_system,
        environment=population.ipe.environment,
        covers_from=now.date(),
        covers_to=now.date(),
        collected_at=now,
        media_type="text/csv",
        sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
        population=population,
        idempotency_key=key,
    )


def _environment(choice: Choice) -> Evidence.Environment:
    is_live = choice.environment == Environment.LIVE
    return Evidence.Environment.PRODUCTION if is_live else Evidence.Environment.TEST
