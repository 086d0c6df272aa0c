"""Review campaigns: a list that is gone through line by line, each with a decision of its own.

Decisions, proofs and changes are append-only: triggers refuse UPDATE and DELETE. A line tells the
last of them again, so that lists of lines are found by an index.
"""

from typing import Any

from django.conf import settings
from django.db import models

from evidence.models import Evidence, LedgerEntry


class Campaign(models.Model):
    """One review of one population; changed only by the deeds in registers.campaigns."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"
        WITHDRAWN = "withdrawn", "Withdrawn"

    number = models.PositiveIntegerField(unique=True)
    ref = models.CharField("reference", max_length=20, unique=True)
    # The name of a file in registers/campaign_kinds/.
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    population = models.ForeignKey(Evidence, models.PROTECT, related_name="campaigns")
    # Which columns of the population mean what (see registers.campaigns.columns).
    columns: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    row_count = models.PositiveIntegerField()
    line_count = models.PositiveIntegerField()
    # Rows that need no review, counted by the reason.
    left_out: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    due_on = models.DateField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)
    # The last version of the evidence that it closed into.
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="+")
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]
        indexes = [models.Index(fields=["state", "-number"], name="campaign_by_state")]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"


class CampaignChange(models.Model):
    """That the due day of a campaign was moved, or that it was withdrawn, and why."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="changes")
    # Both empty where it was withdrawn.
    due_before = models.DateField(null=True)
    due_after = models.DateField(null=True)
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.campaign_id} moved to {self.due_after}" if self.due_after else "withdrawn"


class CampaignLine(models.Model):
    """One row of the population, who reviews it, and how far it is."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DECIDED = "decided", "Decided"
        UNPROVED = "unproved", "Not yet proved"
        PROVED = "proved", "Proved"

    class Decision(models.TextChoices):
        KEEP = "keep", "Keep"
        REDUCE = "reduce", "Reduce"
        ROTATE = "rotate", "Rotate"
        REVOKE = "revoke", "Revoke"

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="lines")
    # The place of the row in the population, the first one being 1.
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=300)
    key_digest = models.CharField(max_length=64)
    # What people call it, where the key is only a number.
    label = models.CharField(max_length=200, blank=True)
    system = models.CharField(max_length=200)
    # What the columns say about whose access it is, who answers for it, how far it reaches, and
    # what changes when its secret does.
    person = models.TextField(blank=True)
    owner = models.TextField(blank=True)
    rights = models.TextField(blank=True)
    secret = models.TextField(blank=True)
    values: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    decision = models.CharField(max_length=6, choices=Decision.choices, blank=True)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    # The last list in which it was looked up again, and what was found there.
    followed_in = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="+")
    followed_words = models.CharField(max_length=300, blank=True)
    done_on = models.DateField(null=True)

    class Meta:
        ordering = ["campaign", "number"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="campaign_line_number"),
            models.UniqueConstraint(fields=["campaign", "key_digest"], name="campaign_line_key"),
        ]
        indexes = [
            models.Index(fields=["campaign", "state", "number"], name="campaign_line_state"),
            models.Index(
                fields=["campaign", "reviewer", "state", "number"], name="campaign_line_reviewer"
            ),
            models.Index(
                fields=["reviewer", "campaign", "number"],
                name="campaign_line_waiting",
                condition=models.Q(state="open"),
            ),
            models.Index(
                fields=["campaign", "number"],
                name="campaign_line_following",
                condition=~models.Q(decision__in=["", "keep"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} line {self.number}"


class CampaignDecision(models.Model):
    """What somebody decided about a line, and why; the last one counts."""

    line = models.ForeignKey(CampaignLine, models.PROTECT, related_name="decisions")
    decision = models.CharField(max_length=6, choices=CampaignLine.Decision.choices)
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # Several lines that were decided in one deed share one leaf.
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.line_id} {self.decision}"


class CampaignProof(models.Model):
    """That a later list shows what was decided as done."""

    line = models.OneToOneField(CampaignLine, models.PROTECT, related_name="proof")
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="+")
    done_on = models.DateField()
    words = models.CharField(max_length=300)
    # Empty where the list speaks for itself: who read the proof out of it, and why.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.line_id} done on {self.done_on}"
