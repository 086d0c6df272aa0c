"""Records about the keys of the log and about those who vouch for it beside us; all append-only."""

from django.conf import settings
from django.db import models


class KeyProposal(models.Model):
    """What somebody wants done with the key of the log; somebody else decides."""

    class Deed(models.TextChoices):
        ROTATE = "rotate", "Put a new key in place"
        REVOKE = "revoke", "Revoke a key"

    deed = models.CharField(max_length=10, choices=Deed)
    vkey = models.TextField(help_text="The key that it is about, as a verifier key.")
    reason = models.TextField()
    overlap_days = models.PositiveSmallIntegerField(
        default=0, help_text="So many days the old key signs beside the new one."
    )
    keeps_old = models.BooleanField(
        default=False, help_text="Whether the old private key is moved aside, not destroyed."
    )
    compromised_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField()
    ledger_entry = models.OneToOneField("LedgerEntry", models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.get_deed_display()}, proposed {self.proposed_at}"


class KeyDecision(models.Model):
    """What became of a proposal; `event` is what the keys have signed, "" where it was declined."""

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", "Confirmed"
        DECLINED = "declined", "Declined"

    proposal = models.OneToOneField(KeyProposal, models.PROTECT, related_name="decision")
    outcome = models.CharField(max_length=10, choices=Outcome)
    event = models.TextField(blank=True, help_text="Canonical JSON of the event.")
    reason = models.TextField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField()
    ledger_entry = models.OneToOneField("LedgerEntry", models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.proposal}"


class Cosignature(models.Model):
    """A witness says that it saw the log grow to a checkpoint, and only grow (C2SP)."""

    checkpoint = models.ForeignKey("Checkpoint", models.PROTECT, related_name="cosignatures")
    witness = models.CharField(max_length=200)
    vkey = models.TextField()
    line = models.TextField(help_text="The signature line, as it stands in a note.")
    stated_at = models.DateTimeField()
    received_at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "witness", "vkey"], name="cosigned_once_by_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.witness} at {self.stated_at}"
