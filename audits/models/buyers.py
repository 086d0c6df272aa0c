"""What buyers are shown and given: the switch of the page, agreement, documents, hand-outs.

Rows that state a fact are append-only. Only the end of an offer and of a link are noted on rows
that exist, each with a leaf of its own.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone

from evidence.models import Evidence, LedgerEntry


class TrustSwitch(models.Model):
    """That the trust page was opened or closed, and whom it names as contact; append-only."""

    is_open = models.BooleanField()
    contact = models.EmailField("contact of buyers", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "trust switches"

    def __str__(self) -> str:
        return "open" if self.is_open else "closed"


class BuyerAgreement(models.Model):
    """One version of the agreement of secrecy that who asks for documents accepts; append-only."""

    number = models.PositiveIntegerField("version", unique=True)
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"version {self.number}"


class BuyerDocument(models.Model):
    """A version of evidence that buyers may ask for, under the title that they read."""

    title = models.CharField(max_length=200)
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="+")
    offered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    offered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["evidence"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="offered_once_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class BuyerRequest(models.Model):
    """That somebody asked for documents and accepted the agreement; append-only."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"
        REVOKED = "revoked", "Revoked"
        ENDED = "ended", "Ended"

    ref = models.CharField("reference", max_length=20, unique=True)
    name = models.CharField(max_length=120)
    company = models.CharField(max_length=120)
    email = models.EmailField("e-mail address")
    purpose = models.TextField()
    agreement = models.ForeignKey(BuyerAgreement, models.PROTECT, related_name="requests")
    agreement_sha256 = models.CharField("SHA-256 of the agreement", max_length=64)
    wanted = models.JSONField("documents asked for", default=list)
    ip_address = models.CharField("address", max_length=60)
    user_agent = models.CharField("browser", max_length=500)
    asked_at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        verbose_name = "request of a buyer"
        verbose_name_plural = "requests of buyers"
        indexes = [models.Index(fields=["email"], name="buyer_request_email")]

    def __str__(self) -> str:
        return f"{self.ref} {self.company}"


class BuyerDecision(models.Model):
    """What staff decided about a request: approved until a moment, or declined; append-only."""

    request = models.OneToOneField(BuyerRequest, models.PROTECT, related_name="decision")
    is_approved = models.BooleanField()
    reason = models.TextField(blank=True)
    ends_at = models.DateTimeField(null=True)
    most_downloads = models.PositiveSmallIntegerField("downloads of each document", default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return "approved" if self.is_approved else "declined"


class BuyerGrant(models.Model):
    """A document that a decision hands over, with the digest that it had; append-only."""

    decision = models.ForeignKey(BuyerDecision, models.PROTECT, related_name="grants")
    document = models.ForeignKey(BuyerDocument, models.PROTECT, related_name="grants")
    digest = models.CharField("SHA-256", max_length=64)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "document"], name="granted_once")
        ]

    def __str__(self) -> str:
        return f"{self.document_id} by {self.decision_id}"


class BuyerRevocation(models.Model):
    """That an approval was taken back before its end; append-only."""

    decision = models.OneToOneField(BuyerDecision, models.PROTECT, related_name="revocation")
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.decision_id} revoked"


class BuyerLink(models.Model):
    """The link by which a receiver comes to its documents; of its secret only a digest is kept."""

    decision = models.ForeignKey(BuyerDecision, models.PROTECT, related_name="links")
    fingerprint = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"link {self.pk}"


class BuyerHandOut(models.Model):
    """That a receiver took a marked copy of a document away; append-only."""

    grant = models.ForeignKey(BuyerGrant, models.PROTECT, related_name="hand_outs")
    link = models.ForeignKey(BuyerLink, models.PROTECT, related_name="+")
    copy_sha256 = models.CharField("SHA-256 of the marked copy", max_length=64)
    ip_address = models.CharField("address", max_length=60)
    user_agent = models.CharField("browser", max_length=500)
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        verbose_name = "hand-out"
        verbose_name_plural = "hand-outs"

    def __str__(self) -> str:
        return f"{self.grant_id} at {self.at}"
