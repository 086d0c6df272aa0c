"""What an auditor asks for, and the thread of answers and decisions; the thread is append-only."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from audits.models.engagements import Engagement
from controls.models import Control, Expectation
from evidence.models import Evidence, LedgerEntry


class Side(models.TextChoices):
    """For whom somebody speaks in an audit."""

    AUDITOR = "auditor", "Auditor"
    STAFF = "staff", "Staff"


class EvidenceRequest(models.Model):
    """A numbered ask of an engagement; its state is that of the latest move in its thread."""

    class State(models.TextChoices):
        OPEN = "asked", "Open"
        ANSWERED = "answered", "Answered"
        RETURNED = "returned", "Returned"
        ACCEPTED = "accepted", "Accepted"
        WITHDRAWN = "withdrawn", "Withdrawn"

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="requests")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    refs = models.CharField("controls and criteria", max_length=300, blank=True)
    due = models.DateField(null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    owner_role = models.CharField(max_length=30, choices=Control.OwnerRole, blank=True)
    expectation = models.ForeignKey(
        Expectation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="From which entry of the catalogue it was made.",
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    asked_for = models.CharField("asked as", max_length=8, choices=Side, editable=False)
    asked_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["engagement", "number"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="one_request_per_number"),
            models.CheckConstraint(
                condition=Q(owner__isnull=True) | Q(owner_role=""), name="request_has_one_owner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    @property
    def ref(self) -> str:
        """The name of the request: that of its engagement, and its number there."""
        return f"{self.engagement.ref}/R{self.number}"


class RequestEntry(models.Model):
    """One deed in the thread of a request, bound by a leaf."""

    class Kind(models.TextChoices):
        ASKED = "asked", "asked"
        ANSWERED = "answered", "answered"
        RETURNED = "returned", "returned it"
        ACCEPTED = "accepted", "accepted it"
        WITHDRAWN = "withdrawn", "withdrew it"
        COMMENTED = "commented", "commented"
        CHANGED = "changed", "changed it"

    request = models.ForeignKey(EvidenceRequest, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    side = models.CharField(max_length=8, choices=Side)
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "request entries"
        indexes = [models.Index(fields=["request", "-id"], name="request_thread")]

    def __str__(self) -> str:
        return f"{self.request_id} {self.kind}"


class AnswerItem(models.Model):
    """A version of evidence that an answer hands over, with the digest that it had."""

    entry = models.ForeignKey(RequestEntry, models.PROTECT, related_name="items")
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="+")
    digest = models.CharField("SHA-256", max_length=64)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["entry", "evidence"], name="answered_once")]

    def __str__(self) -> str:
        return f"{self.evidence_id} in {self.entry_id}"


class RequestImport(models.Model):
    """An uploaded list that was read and previewed; it is applied whole, once, or not at all."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    filename = models.CharField(max_length=200)
    lines: "models.JSONField[list[object], list[object]]" = models.JSONField()
    plan_digest = models.CharField(max_length=64)
    read_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.filename} for {self.engagement_id}"
