"""Configured systems to collect from, every attempt to do so, and samples of watched addresses."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from controls.models import Expectation
from evidence.models import Evidence, LedgerEntry


class Source(models.Model):
    """One configured system; changed only by the deeds in collectors.connections."""

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    collector = models.CharField(max_length=60)
    config: "models.JSONField[Any, Any]" = models.JSONField("settings", default=dict, blank=True)
    secrets = models.TextField("sealed secrets", blank=True, editable=False)
    schedule = models.CharField("cron expression", max_length=100, blank=True)
    time_zone = models.CharField(max_length=60, default="UTC")
    environment = models.CharField(
        max_length=12, choices=Evidence.Environment, default=Evidence.Environment.PRODUCTION
    )
    enabled = models.BooleanField(default=True)
    expectations = models.ManyToManyField(Expectation, blank=True, related_name="sources")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    asked_until = models.DateTimeField("last due time", null=True, editable=False)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.title

    @property
    def actor(self) -> str:
        """The name under which the ledger knows what this source hands in."""
        return f"collector:{self.slug}"


class Run(models.Model):
    """One attempt for one period, inserted when it ended; append-only."""

    class State(models.TextChoices):
        COMPLETE = "complete", "Complete"
        PARTIAL = "partial", "Partial"
        FAILED = "failed", "Failed"
        EMPTY = "empty", "Empty by fact"

    number = models.PositiveBigIntegerField(unique=True)
    source = models.ForeignKey(Source, models.PROTECT, related_name="runs")
    # The ticket names what was asked, the key one attempt at it.
    ticket = models.CharField(max_length=200)
    key = models.CharField(max_length=220, unique=True)
    attempt = models.PositiveIntegerField(default=1)
    # A file that could not be read declares no period.
    period_from = models.DateField(null=True)
    period_to = models.DateField(null=True)
    state = models.CharField(max_length=8, choices=State)
    reason = models.TextField(blank=True)
    transient = models.BooleanField("may pass by itself", default=False)
    retry_after = models.DurationField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    rows = models.PositiveBigIntegerField(null=True)
    evidence = models.OneToOneField(Evidence, models.PROTECT, null=True, related_name="run")
    ipe: "models.JSONField[Any, Any]" = models.JSONField("IPE record", default=dict)
    requested_by = models.CharField(max_length=120)
    job_id = models.BigIntegerField(null=True)
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [
            # What was asked is answered once, whatever workers are killed or called twice.
            models.UniqueConstraint(
                fields=["ticket"], condition=~Q(state="failed"), name="run_one_answer_per_ticket"
            ),
            models.CheckConstraint(
                condition=Q(state="failed", evidence__isnull=True)
                | (~Q(state="failed") & Q(evidence__isnull=False)),
                name="run_answer_has_evidence",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["complete", "empty"]) | ~Q(reason=""),
                name="run_shortfall_has_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["source", "-number"], name="run_by_source"),
            models.Index(fields=["source", "period_from", "period_to"], name="run_by_period"),
            models.Index(fields=["state", "-number"], name="run_by_state"),
        ]

    def __str__(self) -> str:
        return self.ref

    @staticmethod
    def name(number: int) -> str:
        """Return the reference under which evidence and ledger know a run."""
        return f"RUN-{number:06d}"

    @property
    def ref(self) -> str:
        return self.name(self.number)

    @property
    def took(self) -> timedelta:
        return self.finished_at - self.started_at

    @property
    def answered(self) -> bool:
        """Whether it left evidence; a partial answer is one, though it covers nothing."""
        return self.state != self.State.FAILED


class ProbeSample(models.Model):
    """One look at a watched address; old ones go once the days they belong to are long closed."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="samples")
    at = models.DateTimeField()
    up = models.BooleanField()
    status = models.PositiveSmallIntegerField(null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            # Two beats in one minute leave one sample.
            models.UniqueConstraint(fields=["source", "at"], name="probe_once_a_minute"),
        ]

    def __str__(self) -> str:
        return f"{self.at.isoformat()} {'up' if self.up else 'down'}"

    @staticmethod
    def minute(moment: datetime) -> datetime:
        """Return the minute that a sample taken at a moment stands for."""
        return moment.replace(second=0, microsecond=0)


class Delivery(models.Model):
    """One webhook that arrived; its body is not kept, only what tells it from others."""

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        REPEATED = "repeated", "Accepted before"
        FORGED = "forged", "Signature does not fit"
        STALE = "stale", "Signed too long ago"
        UNREADABLE = "unreadable", "No readable event"

    source = models.ForeignKey(Source, models.PROTECT, related_name="deliveries")
    at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    event_id = models.CharField(max_length=200, blank=True)
    event_type = models.CharField(max_length=200, blank=True)
    verdict = models.CharField(max_length=10, choices=Verdict)
    body_sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["source", "at"], name="delivery_by_time"),
            models.Index(fields=["source", "verdict", "at"], name="delivery_by_verdict"),
        ]
        constraints = [
            # An event counts once, whoever sends it again and under whatever id: not all senders
            # sign the id.
            models.UniqueConstraint(
                fields=["source", "event_id"],
                condition=Q(verdict="accepted"),
                name="delivery_event_once",
            ),
            models.UniqueConstraint(
                fields=["source", "body_sha256"],
                condition=Q(verdict="accepted"),
                name="delivery_body_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at.isoformat()} {self.verdict}"
