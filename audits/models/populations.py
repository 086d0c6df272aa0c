"""Populations that were sealed for an engagement, so that samples can be drawn; append-only."""

import json
from typing import Any

from django.conf import settings
from django.db import models

from audits.models.engagements import Engagement
from controls.models import Control
from evidence.models import Evidence, LedgerEntry


class SealedPopulation(models.Model):
    """A population as it stood when it was sealed; everything else about it is in `record`."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="populations")
    number = models.PositiveIntegerField()
    ref = models.CharField("reference", max_length=40, unique=True)
    control = models.ForeignKey(Control, models.PROTECT, related_name="+")
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="sealed_populations")
    period_from = models.DateField()
    period_to = models.DateField()
    row_count = models.PositiveBigIntegerField()
    table_sha256 = models.CharField("SHA-256 of the table", max_length=64)
    record = models.TextField(help_text="Canonical JSON: definition, counts, gaps, tie-out")
    record_sha256 = models.CharField(max_length=64)
    sealed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sealed_at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="one_population_number"),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def said(self) -> dict[str, Any]:
        """What was recorded at the sealing."""
        found: dict[str, Any] = json.loads(self.record)
        return found


class PopulationPart(models.Model):
    """One of several versions of evidence that were sealed as one population, in order."""

    population = models.ForeignKey(SealedPopulation, models.PROTECT, related_name="parts")
    number = models.PositiveIntegerField()
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="sealed_parts")
    table_sha256 = models.CharField("SHA-256 of the table", max_length=64)
    row_count = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["population", "number"], name="one_part_per_number"),
            models.UniqueConstraint(fields=["population", "evidence"], name="one_part_per_item"),
        ]

    def __str__(self) -> str:
        return f"{self.population_id} part {self.number}"
