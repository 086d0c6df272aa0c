"""What people keep by hand: entries of registers, every version of each, and sheets to take in.

Versions are append-only: triggers refuse UPDATE and DELETE.
"""

from typing import Any

from django.conf import settings
from django.db import models

from evidence.models import LedgerEntry
from registers.arrival_models import Arrival, ArrivalPart
from registers.campaign_models import (
    Campaign,
    CampaignChange,
    CampaignDecision,
    CampaignLine,
    CampaignProof,
)
from registers.form_models import DraftFile, DraftFilePart, FormDraft, HandedForm
from registers.reconciling_models import (
    Break,
    BreakEvent,
    DaySignature,
    InputFile,
    InputWithdrawal,
    MatchingRules,
    MonthSignature,
    Reconciliation,
    ReconciliationChange,
    ReconciliationRun,
    RulesApproval,
    WriteOffLimit,
)

__all__ = [
    "Arrival",
    "ArrivalPart",
    "Break",
    "BreakEvent",
    "Campaign",
    "CampaignChange",
    "CampaignDecision",
    "CampaignLine",
    "CampaignProof",
    "DaySignature",
    "DraftFile",
    "DraftFilePart",
    "Entry",
    "EntryVersion",
    "FormDraft",
    "HandedForm",
    "ImportLine",
    "ImportPart",
    "InputFile",
    "InputWithdrawal",
    "MatchingRules",
    "MonthSignature",
    "Reconciliation",
    "ReconciliationChange",
    "ReconciliationRun",
    "RegisterImport",
    "Relation",
    "RulesApproval",
    "WriteOffLimit",
]


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
            # With the words that are searched: a search then reads no whole entry, which is wide.
            models.Index(
                fields=["register", "is_active", "-id", "title", "ref"], name="register_newest"
            ),
            models.Index(fields=["register", "-changed_at"], name="register_changed"),
            models.Index(fields=["register", "is_active", "due_on", "id"], name="register_due"),
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


class Relation(models.Model):
    """What an entry names as it stands now, so that the other side can show it too."""

    CONTROL, EVIDENCE = "control", "evidence"

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="relations")
    # One of the two words above, or the slug of the register whose entry is named.
    kind = models.CharField(max_length=40)
    # A reference, or the digest of the key of the other entry, whether it is there or not.
    target = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["kind", "target", "-id"], name="register_named")]

    def __str__(self) -> str:
        return f"{self.entry_id} names {self.kind} {self.target}"


class RegisterImport(models.Model):
    """A sheet that somebody handed in for a register, from the upload to what came of it."""

    class State(models.TextChoices):
        READING = "reading", "Being read"
        REFUSED = "refused", "Cannot be read"
        READY = "ready", "Waits for you"
        WRITING = "writing", "Being taken in"
        DONE = "done", "Taken in"
        STOPPED = "stopped", "Not taken in"

    register = models.CharField(max_length=40)
    filename = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.READING)
    problem = models.TextField(blank=True)
    # Number of lines by what would become of them (see registers.sheets.Deed).
    counts: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    absent: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    stand = models.TextField(blank=True)
    values_sha256 = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    # The upload is sealed while it waits for a worker; these open it.
    size = models.BigIntegerField(default=0)
    wrapped_key = models.BinaryField(default=b"")
    ended_at = models.DateTimeField(null=True)
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["by", "register", "-id"], name="register_imports_of")]

    def __str__(self) -> str:
        return f"{self.filename} for {self.register}"


class ImportPart(models.Model):
    """A sealed piece of an upload; gone as soon as the upload was read."""

    imported = models.ForeignKey(RegisterImport, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["imported", "number"], name="register_import_part")
        ]

    def __str__(self) -> str:
        return f"{self.imported_id} part {self.number}"


class ImportLine(models.Model):
    """What would become of one line; what was shown here is what is done, and nothing else."""

    imported = models.ForeignKey(RegisterImport, models.CASCADE, related_name="lines")
    place = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    deed = models.CharField(max_length=8)
    said = models.CharField(max_length=200)
    ref = models.CharField(max_length=60, blank=True)
    problem = models.TextField(blank=True)
    # Label, before and after of each field that would change.
    differences: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    # Nothing is kept of a refused line: it may hold the very secret that it was refused for.
    values: "models.JSONField[Any, Any]" = models.JSONField(null=True)
    is_active = models.BooleanField(default=True)
    entry = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["imported", "place"], name="register_import_line")
        ]
        indexes = [models.Index(fields=["imported", "deed", "place"], name="register_import_deed")]

    def __str__(self) -> str:
        return f"{self.imported_id} line {self.number}: {self.deed}"
