"""Skips and moves of expected occurrences; append-only, and withdrawn by another row."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from controls.models import Expectation
from evidence.models import LedgerEntry


class OccurrenceChange(models.Model):
    """What was decided about the occurrences of an expectation that lie within some days."""

    class Kind(models.TextChoices):
        SKIP = "skip", "Skipped"
        MOVE = "move", "Due day moved"
        WITHDRAWAL = "withdrawal", "Withdrawn"

    expectation = models.ForeignKey(Expectation, models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind)
    start = models.DateField("first day")
    end = models.DateField("last day")
    due = models.DateField("new due day", null=True, blank=True)
    withdraws = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="withdrawal"
    )
    reason = models.TextField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="change_days_in_order"),
            models.CheckConstraint(
                condition=(
                    Q(kind="skip", due__isnull=True, withdraws__isnull=True)
                    | Q(kind="move", due__isnull=False, withdraws__isnull=True)
                    | Q(kind="withdrawal", due__isnull=True, withdraws__isnull=False)
                ),
                name="change_says_what_it_is",
            ),
        ]
        indexes = [models.Index(fields=["expectation", "end", "start"], name="change_days")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.expectation_id}, {self.start} to {self.end}"
