"""What management writes for the report: the description of the system, and its assertion.

All of it is append-only: a change is a new row, and the highest number holds.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone

from audits.models.engagements import Engagement
from evidence.models import LedgerEntry


class DescriptionRevision(models.Model):
    """One text of one section of the description of the system."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="description")
    section = models.CharField(max_length=3)
    number = models.PositiveIntegerField()
    text = models.TextField()
    carried_from = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The text of the period before, which nobody has looked over since",
    )
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["section", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "section", "number"], name="one_text_per_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.section} v{self.number}"


class Assertion(models.Model):
    """One version of management's assertion."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="assertions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "number"], name="one_assertion_per_number"
            ),
        ]

    def __str__(self) -> str:
        return f"Assertion v{self.number} of {self.engagement_id}"


class AssertionSignature(models.Model):
    """That an executive signed one version, known by the digest of its text."""

    assertion = models.OneToOneField(Assertion, models.PROTECT, related_name="signature")
    text_sha256 = models.CharField(max_length=64)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    position = models.CharField(max_length=120, help_text="Of the signatory in the organisation")
    signed_on = models.DateField()
    signed_at = models.DateTimeField(default=timezone.now)
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.assertion_id} by {self.signed_by_id}"
