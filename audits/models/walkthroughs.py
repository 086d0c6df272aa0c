"""Walkthroughs: one item followed from its beginning to its end, before a sample is drawn."""

import json
from typing import Any

from django.conf import settings
from django.db import models

from audits.models.engagements import Engagement
from controls.models import Control
from evidence.models import LedgerEntry


class Walkthrough(models.Model):
    """One walkthrough of one control; everything that was said and seen is in `record`."""

    class Result(models.TextChoices):
        AS_DESCRIBED = "as described", "Designed and implemented as described"
        NOT_AS_DESCRIBED = "not as described", "Not as described"

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="walkthroughs")
    number = models.PositiveIntegerField()
    ref = models.CharField("reference", max_length=40, unique=True)
    control = models.ForeignKey(Control, models.PROTECT, related_name="+")
    result = models.CharField(max_length=16, choices=Result)
    record = models.TextField(help_text="Canonical JSON: item, people asked, steps, result")
    record_sha256 = models.CharField(max_length=64)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="one_walkthrough_number"),
        ]
        indexes = [
            models.Index(fields=["engagement", "control"], name="walkthrough_of_control"),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def said(self) -> dict[str, Any]:
        """What was recorded."""
        found: dict[str, Any] = json.loads(self.record)
        return found
