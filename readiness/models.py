"""What people say of the programme: answers to its questions, and what became of its steps.

Both tables are append-only: triggers refuse UPDATE and DELETE. The last row of a question or step
is the one that stands; what the programme asks lies in the files of the catalogue.
"""

from typing import Any

from django.conf import settings
from django.db import models

from evidence.models import LedgerEntry
from readiness.buyer_models import BuyerQuestion, BuyerQuestionnaire, BuyerReply, LearntWording

__all__ = [
    "Answer",
    "BuyerQuestion",
    "BuyerQuestionnaire",
    "BuyerReply",
    "LearntWording",
    "StepVersion",
]


class Answer(models.Model):
    """What one person answered to one question, and what backed it at that moment."""

    class Value(models.TextChoices):
        YES = "yes", "Yes"
        NO = "no", "No"
        NOT_APPLICABLE = "not_applicable", "Not applicable"

    question = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    value = models.CharField(max_length=14, choices=Value)
    reason = models.TextField(blank=True)
    backing = models.CharField(max_length=12)
    evidence: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["question", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["question", "number"], name="readiness_answer_number"),
        ]

    def __str__(self) -> str:
        return f"{self.question} version {self.number}: {self.value}"


class StepVersion(models.Model):
    """One step of the plan from a moment on: whose it is, when it is due, whether it is ticked."""

    step = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    due_on = models.DateField(null=True)
    is_ticked = models.BooleanField(default=False)
    note = models.CharField(max_length=1000, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # Laying out the plan is one deed with one leaf, however many steps it dates.
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["step", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["step", "number"], name="readiness_step_number"),
        ]

    def __str__(self) -> str:
        return f"{self.step} version {self.number}"
