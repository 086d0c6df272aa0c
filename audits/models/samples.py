"""Draws from sealed populations, the items drawn, and what was found of each; append-only."""

import json
from typing import Any

from django.conf import settings
from django.db import models

from audits.models.populations import SealedPopulation
from evidence.models import Evidence, LedgerEntry


class Draw(models.Model):
    """One draw; everything that is needed to draw it again is in `record`."""

    population = models.ForeignKey(SealedPopulation, models.PROTECT, related_name="draws")
    number = models.PositiveIntegerField()
    ref = models.CharField("reference", max_length=60, unique=True)
    method = models.CharField(max_length=12)
    size = models.PositiveIntegerField()
    nonce = models.CharField(max_length=100)
    seed = models.CharField(max_length=64)
    reason = models.TextField(blank=True)
    record = models.TextField(help_text="Canonical JSON: inputs, algorithm, chosen rows")
    record_sha256 = models.CharField(max_length=64)
    drawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["population", "number"], name="one_draw_per_number"),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def said(self) -> dict[str, Any]:
        """What was recorded at the draw."""
        found: dict[str, Any] = json.loads(self.record)
        return found


class SampleItem(models.Model):
    """A row that was drawn: its number in the table, and the byte at which it starts there."""

    draw = models.ForeignKey(Draw, models.PROTECT, related_name="items")
    row = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["row"]
        constraints = [
            models.UniqueConstraint(fields=["draw", "row"], name="one_item_per_row"),
        ]

    def __str__(self) -> str:
        return f"row {self.row}"


class WorkSheetEntry(models.Model):
    """One deed on a work sheet, bound by a leaf: attributes chosen, or results recorded."""

    class What(models.TextChoices):
        ATTRIBUTES = "attributes", "Attributes chosen"
        RESULTS = "results", "Results recorded"

    draw = models.ForeignKey(Draw, models.PROTECT, related_name="entries")
    number = models.PositiveIntegerField()
    what = models.CharField(max_length=10, choices=What)
    record = models.TextField(help_text="Canonical JSON: what was chosen or recorded")
    record_sha256 = models.CharField(max_length=64)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "work sheet entries"
        constraints = [
            models.UniqueConstraint(fields=["draw", "number"], name="one_entry_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.draw_id}/{self.number}"


class SampleAttribute(models.Model):
    """Something to test of every item of a draw, such as an approval."""

    draw = models.ForeignKey(Draw, models.PROTECT, related_name="attributes")
    letter = models.CharField(max_length=2)
    title = models.CharField(max_length=120)
    entry = models.ForeignKey(WorkSheetEntry, models.PROTECT, related_name="attributes")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["draw", "letter"], name="one_attribute_per_letter"),
            models.UniqueConstraint(fields=["draw", "title"], name="one_attribute_per_title"),
        ]

    def __str__(self) -> str:
        return f"{self.letter} {self.title}"


class SampleResult(models.Model):
    """What an auditor found of one attribute of one item; the latest row counts, all stay."""

    class Result(models.TextChoices):
        PASS = "pass", "Pass"
        DEVIATION = "deviation", "Deviation"
        NOT_APPLICABLE = "not applicable", "Not applicable"
        NOT_TESTED = "not tested", "Not tested"

    item = models.ForeignKey(SampleItem, models.PROTECT, related_name="results")
    attribute = models.ForeignKey(SampleAttribute, models.PROTECT, related_name="results")
    result = models.CharField(max_length=14, choices=Result)
    note = models.TextField(blank=True)
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="+")
    entry = models.ForeignKey(WorkSheetEntry, models.PROTECT, related_name="results")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "item", "attribute"], name="one_result_per_entry"
            ),
        ]
        indexes = [
            models.Index(fields=["item", "attribute", "-id"], name="sample_result_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.attribute_id}: {self.result}"
