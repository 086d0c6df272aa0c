"""Records of proof: evidence versions, what they cover, tables, checks, reviews, and the log.

All tables here but BlobKey and LogHead are append-only: triggers refuse UPDATE and DELETE.
"""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models

import evidence.key_models
import evidence.log_models
import evidence.quarantine_models
import evidence.retention_models  # noqa: F401  Django finds the models of a room here
from controls.models import Area, Check, Expectation, Risk
from evidence.population import PopulationFacts, retrieved_at

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


class Blob(models.Model):
    """Bytes that the store keeps, named by the SHA-256 (hex) of the plain bytes."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.PositiveBigIntegerField()
    stored_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.sha256


class BlobKey(models.Model):
    """Where a blob lies and the wrapped key that opens it; without the key it is shredded.

    The only facts about a blob that change: its place, the key that wraps its own, and no key.
    """

    blob = models.OneToOneField(Blob, models.PROTECT, primary_key=True, related_name="key")
    location = models.CharField(max_length=200)
    version = models.CharField(
        max_length=200, blank=True, help_text="Version that the store gave the file."
    )
    wrapped_key = models.BinaryField()
    key_id = models.CharField(
        max_length=16, blank=True, help_text="The wrapping key; empty once shredded."
    )
    locked_until = models.DateField(
        null=True, blank=True, help_text="Day until which the store refuses to remove the file."
    )

    def __str__(self) -> str:
        return self.location


class LogHead(models.Model):
    """The one row that a writer of the log must lock, so that indexes have no gap and no double."""

    size = models.PositiveBigIntegerField(default=0)
    evidence_count = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"log of {self.size}"


class LedgerEntry(models.Model):
    """One leaf of the RFC 6962 log: canonical JSON of a deed, and its leaf hash."""

    index = models.PositiveBigIntegerField(primary_key=True)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=120)
    actor = models.CharField(max_length=120)
    leaf = models.TextField()
    leaf_hash = models.BinaryField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["index"]
        verbose_name_plural = "ledger entries"
        indexes = [models.Index(fields=["subject", "kind"], name="ledger_subject")]

    def __str__(self) -> str:
        return f"{self.index} {self.kind} {self.subject}"


class LedgerNode(models.Model):
    """A complete inner node of the tree at a tile level (height 8, 16, ...)."""

    level = models.PositiveSmallIntegerField()
    index = models.PositiveBigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="ledger_node_place")]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class Checkpoint(models.Model):
    """A signed statement of the log's size and root (C2SP tlog-checkpoint)."""

    size = models.PositiveBigIntegerField(unique=True)
    root = models.BinaryField()
    note = models.TextField()
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ["-size"]

    def __str__(self) -> str:
        return f"checkpoint at {self.size}"


class Evidence(models.Model):
    """One immutable version of an item; a new version supersedes, never replaces."""

    class Kind(models.TextChoices):
        STATE = "state", "State at a moment"
        EVENT = "event", "Events of a period"
        DOCUMENT = "document", "Document"

    class Sensitivity(models.TextChoices):
        PUBLIC = "public", "Public"
        INTERNAL = "internal", "Internal"
        CONFIDENTIAL = "confidential", "Confidential"
        RESTRICTED = "restricted", "Restricted"

    class Environment(models.TextChoices):
        PRODUCTION = "production", "Production"
        TEST = "test", "Test"
        CORPORATE = "corporate", "Corporate"

    ref = models.CharField("reference", max_length=20, unique=True)
    uid = models.UUIDField(default=uuid.uuid4)
    version = models.PositiveIntegerField(default=1)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    title = models.CharField(max_length=200)
    evidence_type = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind)
    area = models.CharField(max_length=30, choices=Area)
    owner = models.CharField(max_length=120, blank=True)
    sensitivity = models.CharField(max_length=12, choices=Sensitivity, default=Sensitivity.INTERNAL)
    source_system = models.CharField(max_length=200)
    environment = models.CharField(max_length=12, choices=Environment)
    related_risk = models.ForeignKey(Risk, models.PROTECT, null=True, blank=True)
    covers_from = models.DateField()
    covers_to = models.DateField()
    collected_at = models.DateTimeField()
    received_at = models.DateTimeField(db_index=True)
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    filename = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    run_ref = models.CharField("collector run", max_length=80, blank=True)
    handling: "models.JSONField[Any, Any]" = models.JSONField(
        null=True, help_text="Steps after the export, and what was seen when it was taken"
    )
    metadata_digest = models.CharField(max_length=64)
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(fields=["uid", "version"], name="evidence_version"),
            models.CheckConstraint(
                condition=models.Q(covers_to__gte=models.F("covers_from")),
                name="evidence_period_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["area", "-id"], name="evidence_area"),
            models.Index(fields=["evidence_type", "-id"], name="evidence_type"),
            models.Index(fields=["run_ref"], name="evidence_run"),
            # Beside the unique index, whose many empty entries make SQLite read the whole table.
            models.Index(
                fields=["supersedes"],
                name="evidence_superseding",
                condition=models.Q(supersedes__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    @property
    def number(self) -> int:
        """The place of this version in the order of intake, which its reference tells."""
        return int(self.ref.removeprefix("EV-"))


class EvidenceTag(models.Model):
    """A pair by which whoever handed a version in finds it again; see evidence.tags."""

    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="tags")
    key = models.CharField(max_length=40)
    value = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["key"]
        constraints = [models.UniqueConstraint(fields=["evidence", "key"], name="tag_once")]
        indexes = [models.Index(fields=["key", "value", "-evidence"], name="tag_sought")]

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"


class Claim(models.Model):
    """What a version covers: an expectation, for a period within the one that it really shows.

    A partial one is an answer that its source could not give whole; it never covers.
    """

    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="claims")
    expectation = models.ForeignKey(Expectation, models.PROTECT, related_name="claims")
    covers_from = models.DateField()
    covers_to = models.DateField()
    is_partial = models.BooleanField(default=False)
    # Facts of the version, told again so that a year of claims is summed up from one index.
    number = models.PositiveBigIntegerField(help_text="Number of the version, as in its reference.")
    received_us = models.BigIntegerField(help_text="Microseconds from 1970 to its receipt.")
    collected_us = models.BigIntegerField(help_text="Microseconds from 1970 to its retrieval.")

    class Meta:
        constraints = [
            # In this order it is also the index by which an expectation's newest items are found.
            models.UniqueConstraint(fields=["expectation", "evidence"], name="claim_once")
        ]
        indexes = [
            models.Index(
                fields=[
                    "expectation",
                    "covers_to",
                    "covers_from",
                    "number",
                    "received_us",
                    "collected_us",
                    "is_partial",
                ],
                name="claim_facts",
            ),
            models.Index(
                fields=["evidence"], name="claim_partial", condition=models.Q(is_partial=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evidence_id} for {self.expectation_id}"

    @classmethod
    def of(
        cls, evidence: Evidence, expectation: Expectation, table: PopulationFacts | None = None
    ) -> "Claim":
        """Return an unsaved claim for the whole period that a version, maybe a table, shows."""
        started_at = table.ipe.started_at if table else None
        return cls(
            evidence=evidence,
            expectation=expectation,
            covers_from=evidence.covers_from,
            covers_to=evidence.covers_to,
            is_partial=bool(table and table.ipe.partial_reason),
            number=evidence.number,
            received_us=_microseconds(evidence.received_at),
            collected_us=_microseconds(retrieved_at(evidence.collected_at, started_at)),
        )

    @property
    def retrieved_at(self) -> datetime:
        """The moment at which the source was asked."""
        return _EPOCH + self.collected_us * timedelta(microseconds=1)


class Population(models.Model):
    """Tabular evidence: canonical CSV, its columns and totals, and how it was made."""

    evidence = models.OneToOneField(Evidence, models.PROTECT, related_name="population")
    table = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    columns: "models.JSONField[Any, Any]" = models.JSONField()
    row_count = models.PositiveBigIntegerField()
    control_totals: "models.JSONField[Any, Any]" = models.JSONField()
    ipe: "models.JSONField[Any, Any]" = models.JSONField("IPE record")

    def __str__(self) -> str:
        return f"{self.row_count} rows"


class CheckResult(models.Model):
    """The outcome of one check on one population; an error is never a pass."""

    class State(models.TextChoices):
        PASSED = "passed", "Passed"
        FAILED = "failed", "Exceptions found"
        ERROR = "error", "Could not run"

    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="check_results")
    check_ref = models.ForeignKey(Check, models.PROTECT, related_name="results")
    check_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State)
    population_count = models.PositiveBigIntegerField(null=True)
    exception_count = models.PositiveBigIntegerField(null=True)
    exceptions: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    ran_at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["evidence", "check_ref", "check_digest"], name="check_result_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["evidence"],
                name="check_result_not_passed",
                condition=models.Q(state__in=["failed", "error"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.check_ref_id}: {self.state}"


class Review(models.Model):
    """A decision about one version, bound to its digest; the latest one is in force."""

    class Decision(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        RETURNED = "returned", "Returned"

    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="reviews")
    decision = models.CharField(max_length=10, choices=Decision)
    reason = models.TextField(blank=True)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    digest = models.CharField("SHA-256 reviewed", max_length=64)
    decided_at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["decision", "evidence"], name="review_by_decision"),
            models.Index(
                fields=["evidence"],
                name="review_returned",
                condition=models.Q(decision="returned"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evidence_id} {self.decision}"


class IntakeKey(models.Model):
    """An idempotency key that was used, and the digest of what was sent with it."""

    sender = models.CharField(max_length=120)
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "key"], name="intake_key_once")]

    def __str__(self) -> str:
        return f"{self.sender} {self.key}"
