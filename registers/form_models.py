"""Typed forms in the database: drafts that are being filled in, and what was handed in of them.

What was handed in is append-only: triggers refuse UPDATE and DELETE. A draft is nobody's fact.
"""

from typing import Any

from django.conf import settings
from django.db import models

from evidence.models import Evidence, LedgerEntry


class HandedForm(models.Model):
    """A form that became evidence, with what was typed, so that a correction can begin with it."""

    kind = models.CharField(max_length=40)
    evidence = models.OneToOneField(Evidence, models.PROTECT, related_name="handed_form")
    given: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    # Name, size and SHA-256 of each attached file, by question.
    files: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    # The zone in which its times are meant, and the moment by which it was read.
    zone = models.CharField(max_length=60)
    code_digest = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind", "-id"], name="form_newest")]

    def __str__(self) -> str:
        return f"{self.kind} as {self.evidence_id}"


class FormDraft(models.Model):
    """A form that somebody is filling in; everything typed is kept, right or wrong."""

    kind = models.CharField(max_length=40)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    given: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    # Rooms for lines that are shown, be they filled or not.
    lines = models.PositiveSmallIntegerField(default=0)
    supersedes = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="+")
    handed = models.OneToOneField(HandedForm, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_at"]
        indexes = [
            models.Index(
                fields=["by", "-changed_at"],
                name="form_draft_open",
                condition=models.Q(handed__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"draft {self.pk} of {self.kind}"


class DraftFile(models.Model):
    """A file that waits with its draft, sealed; gone as soon as the draft is."""

    draft = models.ForeignKey(FormDraft, models.CASCADE, related_name="files")
    question = models.CharField(max_length=40)
    filename = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    wrapped_key = models.BinaryField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "question"], name="form_file_per_question")
        ]

    def __str__(self) -> str:
        return self.filename


class DraftFilePart(models.Model):
    """A sealed piece of a file that waits with its draft."""

    file = models.ForeignKey(DraftFile, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="form_file_part")]

    def __str__(self) -> str:
        return f"{self.file_id} part {self.number}"
