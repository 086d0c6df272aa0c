"""Records of what screening kept out: sealed apart from evidence, with every decision about it.

Both tables are append-only. The stored files begin with 32 random bytes, so that a digest tells
nothing: the SHA-256 of a file that holds a card number only could be found by trying.
"""

from typing import Any

from django.conf import settings
from django.db import models


class Quarantined(models.Model):
    """A file that screening kept out: what seems to be in it, and all that its intake needs."""

    number = models.PositiveBigIntegerField(unique=True)
    blob = models.ForeignKey("Blob", models.PROTECT, related_name="+")
    table = models.ForeignKey("Blob", models.PROTECT, null=True, related_name="+")
    size = models.PositiveBigIntegerField(help_text="Bytes of the file as it came.")
    filename = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    findings: "models.JSONField[Any, Any]" = models.JSONField()
    description: "models.JSONField[Any, Any]" = models.JSONField()
    sender = models.CharField(max_length=120)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    idempotency_key = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField()
    ledger_entry = models.OneToOneField("LedgerEntry", models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]
        verbose_name_plural = "quarantine"
        constraints = [
            models.UniqueConstraint(
                fields=["sender", "idempotency_key"],
                condition=~models.Q(idempotency_key=""),
                name="quarantined_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    @staticmethod
    def name(number: int) -> str:
        """Return the reference under which people and the ledger know it."""
        return f"QU-{number:06d}"

    @property
    def ref(self) -> str:
        return self.name(self.number)


class QuarantineDecision(models.Model):
    """What was decided about a quarantined file, by somebody who did not send it."""

    class Deed(models.TextChoices):
        RELEASED = "released", "Released"
        REDACTED = "redacted", "Redacted"
        DESTROYED = "destroyed", "Destroyed"

    quarantined = models.ForeignKey(Quarantined, models.PROTECT, related_name="decisions")
    deed = models.CharField(max_length=10, choices=Deed)
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    evidence = models.OneToOneField(
        "Evidence", models.PROTECT, null=True, related_name="quarantine_decision"
    )
    removed: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    salts = models.ForeignKey("Blob", models.PROTECT, null=True, related_name="+")
    ledger_entry = models.OneToOneField("LedgerEntry", models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["quarantined", "deed"], name="quarantine_deed_once")
        ]

    def __str__(self) -> str:
        return f"{self.quarantined_id} {self.deed}"
