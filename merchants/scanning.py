"""External scans by an approved vendor (ASV), where a merchant's form asks for them.

A scan that passed is due at least every three months; the first falls due with the first form. The
day stands in the row of the merchant, so that those who owe one are found along an index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.access import actor
from accounts.journal import digest
from accounts.models import User
from controls.models import Area, Expectation
from evidence import intake, ledger, screening, store
from evidence.models import Evidence
from merchants import parties
from merchants.errors import MerchantError
from merchants.models import Application, AsvScan, Environment, Merchant
from merchants.scan_days import QUARTER

_OLDEST = timedelta(days=2 * 365)
_LONGEST, _LONGEST_NOTE = 200, 300
_SHOWN = 8
LARGEST_REPORT = 20_000_000


@dataclass(frozen=True)
class Scanned:
    """What is told of one scan."""

    scanned_on: date
    scanner: str
    passed: bool
    note: str = ""


@dataclass(frozen=True)
class Standing:
    """Whether a merchant has the scans that its form asks for."""

    is_asked: bool
    due_on: date | None
    is_missing: bool
    """Whether the newest scan that passed is older than a quarter, or there is none in time."""
    scans: Sequence[AsvScan]


def problem(said: Scanned, today: date) -> str:
    """Say what is wrong with what is told of a scan; empty where nothing is."""
    if not said.scanner.strip():
        return "Name the company that scanned."
    if len(said.scanner) > _LONGEST or len(said.note) > _LONGEST_NOTE:
        return "The name of the scanner or the note is too long."
    if said.scanned_on > today:
        return "The day of the scan is still to come."
    if said.scanned_on < today - _OLDEST:
        return "The scan is older than two years."
    if screening.speaks(f"{said.scanner}\n{said.note}"):
        return "This looks like a card number or a secret. Leave it out."
    return ""


def record(
    merchant: Merchant, said: Scanned, *, by: User, report: Path | None = None, filename: str = ""
) -> AsvScan:
    """Keep what somebody of the staff knows of a scan, with the report of the scanner if there is
    one; NotAllowedError, MerchantError, EvidenceError."""
    parties.refuse_stranger(by)
    if report is None:
        return tell(merchant, said, told_by=actor(by))
    odd = problem(said, timezone.now().date())
    if odd:
        raise MerchantError(odd)
    if report.stat().st_size > LARGEST_REPORT:
        raise MerchantError(f"The report is larger than {LARGEST_REPORT // 10**6} MB.")
    ready = intake.prepare(_submission(merchant, said, report, filename, by))
    with store.undone_on_failure(ready.files), transaction.atomic():
        ledger.lock()
        (kept,) = intake.record([ready], actor=actor(by))
        return tell(merchant, said, told_by=actor(by), report=kept)


def tell(
    merchant: Merchant, said: Scanned, *, told_by: str, report: Evidence | None = None
) -> AsvScan:
    """Keep what is told of a scan of a merchant, and move the day of the next; MerchantError."""
    odd = problem(said, timezone.now().date())
    if odd:
        raise MerchantError(odd)
    scan = AsvScan(
        merchant=merchant,
        scanned_on=said.scanned_on,
        scanner=" ".join(said.scanner.split()),
        passed=said.passed,
        note=said.note.strip(),
        told_by=told_by,
        evidence=report,
        at=timezone.now(),
    )
    with transaction.atomic():
        ledger.lock()
        scan.ledger_entry = ledger.append(
            "merchant.scan", subject=merchant.ref, body=facts(scan), actor=told_by
        )
        scan.save(force_insert=True)
        last = _last_passed(merchant)
        asked = Merchant.objects.filter(pk=merchant.pk, scan_due_on__isnull=False)
        if last:
            asked.update(scan_due_on=last + QUARTER, updated_at=scan.at)
    return scan


def facts(scan: AsvScan) -> dict[str, object]:
    """Return what the leaf of a scan says: who scanned is there as a digest."""
    report = {"report_sha256": scan.evidence.blob_id} if scan.evidence else {}
    return {
        "scanned_on": scan.scanned_on.isoformat(),
        "scanner_sha256": digest(scan.scanner),
        "note_sha256": digest(scan.note),
        "passed": scan.passed,
        **report,
    }


def standing(merchant: Merchant, today: date) -> Standing:
    """Return whether a merchant owes a scan, with the newest that it told of."""
    due = merchant.scan_due_on
    found = AsvScan.objects.filter(merchant=merchant).select_related("evidence")
    scans = list(found[:_SHOWN])
    return Standing(due is not None, due, due is not None and due < today, scans)


def owing(environment: str, until: date) -> QuerySet[Merchant]:
    """Return the merchants that owe a scan by a day, the longest overdue first."""
    fit = Merchant.objects.filter(
        environment=environment,
        scan_due_on__isnull=False,
        scan_due_on__lte=until,
        state=Merchant.State.APPROVED,
        may_take_cards=True,
    )
    return fit.order_by("scan_due_on", "pk")


def first_owed() -> list[tuple[Application, date]]:
    """Return the platforms with merchants that owe a scan, and the first day of each."""
    first = owing(Environment.LIVE, date.max).filter(application=OuterRef("pk"))
    live = Application.objects.filter(environment=Environment.LIVE)
    found = live.annotate(first=Subquery(first.values("scan_due_on")[:1]))
    return [(one, one.first) for one in found.filter(first__isnull=False).order_by("pk")]


def _submission(
    merchant: Merchant, said: Scanned, report: Path, filename: str, by: User
) -> intake.Submission:
    is_live = merchant.environment == Environment.LIVE
    return intake.Submission(
        content=report,
        filename=filename,
        title=f"External scan of {merchant.ref}, {said.scanned_on.isoformat()}",
        evidence_type=Expectation.EvidenceType.TEST_RESULT,
        kind=Evidence.Kind.DOCUMENT,
        area=Area.VENDOR,
        source_system="Taken in by hand",
        environment=(Evidence.Environment.PRODUCTION if is_live else Evidence.Environment.TEST),
        covers_from=said.scanned_on,
        covers_to=said.scanned_on,
        collected_at=timezone.now(),
        sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
        prepared_by=by,
    )


def _last_passed(merchant: Merchant) -> date | None:
    found = AsvScan.objects.filter(merchant=merchant, passed=True).order_by("-scanned_on")
    return found.values_list("scanned_on", flat=True).first()
