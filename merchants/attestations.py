"""The list of merchants and their attestations as evidence: who signed what, until when.

IPE = information produced by the entity; AT-C 205.36 asks for its accuracy and completeness.
"""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from controls.models import Area, Expectation
from evidence import checks, intake
from evidence.models import Evidence, IntakeKey
from evidence.population import IPE, Cell, Column, PopulationFacts, TableFacts, write_csv
from merchants import signing
from merchants.models import ComplianceForm, Environment, Merchant

KIND = "merchants.attestations"
EXPECTED = "merchant-attestations"
"""The expectation of the catalogue that this list serves."""
_NAME = "merchant_attestations"
VERSION = "1"
SYSTEM = "system"
COLUMNS = (
    Column("merchant_id", "text"),
    Column("form_id", "text"),
    Column("form_type", "text"),
    Column("state", "text"),
    Column("due_on", "date"),
    Column("signed_on", "date"),
    Column("valid_until", "date"),
    Column("overall", "text"),
    Column("may_take_cards", "boolean"),
    Column("collected_on", "date"),
)
_QUERY = (
    "Every approved merchant of the live environment with the form that counts: the signed one "
    "that is valid longest, otherwise the newest; by number"
)
_COMPLETENESS = (
    "All approved merchants were read in one transaction; the database's own count of them is the "
    "source's count. A merchant without a form is there with empty columns."
)


def expectations() -> QuerySet[Expectation]:
    """Return what the list is expected for; nothing where the catalogue has no such thing."""
    return Expectation.objects.filter(slug=EXPECTED)


def is_needed() -> bool:
    """Return whether there is any merchant to tell of."""
    return _merchants().exists()


def take_once(*, key: str) -> Evidence:
    """Keep the list that the schedule asks for; the same key gives the first answer again."""
    taken = IntakeKey.objects.filter(sender=SYSTEM, key=key).select_related("evidence").first()
    return taken.evidence if taken else take(key=key)


def take(*, key: str = "") -> Evidence:
    """Keep the list as it stands now, and return the checked evidence."""
    now = timezone.now()
    today = now.astimezone(ZoneInfo(settings.ORGANISATION_TIME_ZONE)).date()
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        table = Path(folder) / f"{_NAME}.csv"
        with transaction.atomic(), table.open("xb") as file:
            count = _merchants().count()
            facts = write_csv(_rows(now), COLUMNS, file)
        population = PopulationFacts(COLUMNS, _ipe(facts, count, now), facts)
        evidence = intake.receive(
            intake.Submission(
                content=table,
                filename=f"merchant-attestations-{today.isoformat()}.csv",
                title=f"Merchants and their yearly self-assessment, {today.isoformat()}",
                evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
                kind=Evidence.Kind.STATE,
                area=Area.VENDOR,
                source_system=population.ipe.source_system,
                environment=Evidence.Environment.PRODUCTION,
                covers_from=today,
                covers_to=today,
                collected_at=now,
                media_type="text/csv",
                sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
                claims=tuple(expectations()),
                population=population,
                idempotency_key=key,
            ),
            actor=SYSTEM,
        )
    checks.run(evidence, actor=SYSTEM)
    return evidence


def _merchants() -> QuerySet[Merchant]:
    return Merchant.objects.filter(
        environment=Environment.LIVE, state=Merchant.State.APPROVED
    ).order_by("pk")


def _rows(now: datetime) -> Iterator[Sequence[Cell]]:
    """Yield one row for each merchant, whatever the number of its forms."""
    batch = list[Merchant]()
    for merchant in _merchants().only("ref", "may_take_cards").iterator(1000):
        batch.append(merchant)
        if len(batch) == 1000:
            yield from _batch_rows(batch, now)
            batch = []
    yield from _batch_rows(batch, now)


def _batch_rows(merchants: Sequence[Merchant], now: datetime) -> Iterator[Sequence[Cell]]:
    counting: dict[int, ComplianceForm] = {}
    forms = ComplianceForm.objects.filter(merchant__in=[one.pk for one in merchants])
    for form in forms.exclude(state=ComplianceForm.State.INVALID).select_related("signature"):
        known = counting.get(form.merchant_id)
        if known is None or _rank(form) > _rank(known):
            counting[form.merchant_id] = form
    for merchant in merchants:
        found = counting.get(merchant.pk)
        yield [merchant.ref, *_told(found), merchant.may_take_cards, now.date()]


def _rank(form: ComplianceForm) -> tuple[bool, datetime, int]:
    return form.valid_until is not None, form.valid_until or form.due_at, form.pk


def _told(form: ComplianceForm | None) -> Sequence[Cell]:
    if form is None:
        return [None] * 7
    signature = getattr(form, "signature", None)
    if form.source:
        return _told_elsewhere(form)
    return [
        form.ref,
        form.form_type,
        form.state,
        form.due_at.date(),
        signature.received_at.date() if signature else None,
        form.valid_until.date() if form.valid_until else None,
        signature.overall if signature else None,
    ]


def _told_elsewhere(form: ComplianceForm) -> Sequence[Cell]:
    """Return the facts of a form that another account keeps, as it told them."""
    is_signed = form.valid_from is not None and form.valid_until is not None
    return [
        form.ref,
        form.form_type,
        form.state,
        form.due_at.date(),
        form.valid_from.date() if form.valid_from else None,
        form.valid_until.date() if form.valid_until else None,
        signing.ATTESTED if is_signed else None,
    ]


def _ipe(facts: TableFacts, count: int, now: datetime) -> IPE:
    return IPE(
        query=_QUERY,
        source_system="Merchants of this installation",
        environment=Evidence.Environment.PRODUCTION,
        runner=_NAME,
        collector=_NAME,
        collector_version=VERSION,
        code_digest=sha256(Path(__file__).read_bytes()).hexdigest(),
        started_at=now,
        finished_at=timezone.now(),
        completeness=_COMPLETENESS,
        parameters={"environment": Environment.LIVE.value, "rows": facts.row_count},
        source_count=count,
        source_clock=now,
    )
