"""What people keep by hand: entries of registers, and every version of each.

Versions are append-only: triggers refuse UPDATE and DELETE.
"""

from typing import Any

from django.conf import settings
from django.db import models

from evidence.models import LedgerEntry


class Entry(models.Model):
    """One line of a register as it stands now; changed only by the deeds in registers.entries."""

    register = models.CharField(max_length=40)
    number = models.PositiveBigIntegerField()
    ref = models.CharField("reference", max_length=60, unique=True)
    title = models.CharField(max_length=200)
    # SHA-256 of what tells it apart, whatever the case of its letters: an index finds doubles.
    key = models.CharField(max_length=64)
    values: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    due_on = models.DateField(null=True)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "entries"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["register", "key"], name="register_one_entry_per_key"),
            models.UniqueConstraint(fields=["register", "number"], name="register_entry_number"),
        ]
        indexes = [
            models.Index(fields=["register", "is_active", "-id"], name="register_newest"),
            models.Index(fields=["register", "is_active", "due_on"], name="register_due"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"


class EntryVersion(models.Model):
    """What an entry said from a moment on, who wrote it so, and why."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    values: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    is_active = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # One import is one deed with one leaf, however many entries it changed.
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["entry", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "number"], name="register_version_number"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} version {self.number}"
