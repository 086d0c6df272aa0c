"""Records about how long content is kept: holds, what was proposed and decided, what is gone."""

from django.conf import settings
from django.db import models


class LegalHold(models.Model):
    """A version whose content must stay, whatever its retention says, until the hold is lifted."""

    evidence = models.ForeignKey("Evidence", models.PROTECT, related_name="holds")
    reason = models.TextField()
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    ledger_entry = models.OneToOneField("LedgerEntry", models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"hold {self.pk} on {self.evidence_id}"


class RetentionProposal(models.Model):
    """What one person wants and another must approve: to lift a hold, or to dispose of content."""

    class Deed(models.TextChoices):
        LIFT = "lift", "Lift the legal hold"
        DISPOSE = "dispose", "Dispose of the content"

    deed = models.CharField(max_length=8, choices=Deed)
    evidence = models.ForeignKey("Evidence", models.PROTECT, related_name="retention_proposals")
    hold = models.ForeignKey(
        LegalHold, models.PROTECT, null=True, blank=True, related_name="proposals"
    )
    reason = models.TextField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    ledger_entry = models.OneToOneField("LedgerEntry", models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.deed} {self.evidence_id}"


class RetentionDecision(models.Model):
    """The answer of a second person to a proposal; an approved one took effect with it."""

    proposal = models.OneToOneField(RetentionProposal, models.PROTECT, related_name="decision")
    is_approved = models.BooleanField()
    note = models.TextField(blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    ledger_entry = models.OneToOneField("LedgerEntry", models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{'approved' if self.is_approved else 'refused'}: {self.proposal_id}"


class Disposal(models.Model):
    """Content whose data key was destroyed by a decision; digest, leaf and rows stay."""

    blob = models.ForeignKey("Blob", models.PROTECT, related_name="disposals")
    decision = models.ForeignKey(RetentionDecision, models.PROTECT, related_name="disposals")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["blob", "decision"], name="disposal_once"),
        ]

    def __str__(self) -> str:
        return str(self.blob_id)
