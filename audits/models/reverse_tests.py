"""Reverse tests of sealed populations: into the list from elsewhere, and back to its source."""

import json
from typing import Any

from django.conf import settings
from django.db import models

from audits.models.populations import SealedPopulation
from evidence.models import LedgerEntry


class ReverseTest(models.Model):
    """One test in one direction; what was looked up, or which rows were chosen, is in `record`."""

    class Direction(models.TextChoices):
        COMPLETENESS = "completeness", "From the world into the list"
        ACCURACY = "accuracy", "From the list to the source"

    population = models.ForeignKey(SealedPopulation, models.PROTECT, related_name="reverse_tests")
    number = models.PositiveIntegerField()
    ref = models.CharField("reference", max_length=60, unique=True)
    direction = models.CharField(max_length=12, choices=Direction)
    offsets = models.JSONField(help_text="The byte at which each chosen row starts", default=list)
    record = models.TextField(help_text="Canonical JSON: what was looked up, or which rows")
    record_sha256 = models.CharField(max_length=64)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["population", "number"], name="one_reverse_test_per_number"
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def said(self) -> dict[str, Any]:
        """What was recorded when the test was made."""
        found: dict[str, Any] = json.loads(self.record)
        return found


class ReverseEntry(models.Model):
    """What the source showed of some rows of a test; the latest word on a row counts, all stay."""

    test = models.ForeignKey(ReverseTest, models.PROTECT, related_name="entries")
    number = models.PositiveIntegerField()
    record = models.TextField(help_text="Canonical JSON: what the source showed of each row")
    record_sha256 = models.CharField(max_length=64)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "reverse entries"
        constraints = [
            models.UniqueConstraint(fields=["test", "number"], name="one_reverse_entry_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.test_id}/E{self.number}"

    @property
    def said(self) -> dict[str, Any]:
        """What was recorded."""
        found: dict[str, Any] = json.loads(self.record)
        return found
