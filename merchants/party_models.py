"""The platforms and the merchants that take payments through them."""

from typing import Any

from django.db import models


class Environment(models.TextChoices):
    """Sandbox and live never meet: keys, merchants and forms belong to one of them."""

    SANDBOX = "sandbox", "Sandbox"
    LIVE = "live", "Live"


class Application(models.Model):
    """A platform whose merchants must attest; it lives in one environment."""

    ref = models.CharField("reference", max_length=40, unique=True)
    environment = models.CharField(max_length=8, choices=Environment)
    name = models.CharField(max_length=120)
    overdue_note = models.CharField(
        max_length=300, blank=True, help_text="What the platform says about an overdue form."
    )
    # Days before (positive) and after (negative) the due day; none for the usual ones.
    remind_on: "models.JSONField[Any, Any]" = models.JSONField(null=True)
    tags: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "name"], name="application_one_name_per_environment"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_environment_display()})"


class Merchant(models.Model):
    """A business that takes payments; who it is lies sealed."""

    class State(models.TextChoices):
        PROVISIONING = "PROVISIONING", "Being set up"
        APPROVED = "APPROVED", "Approved"
        REJECTED = "REJECTED", "Rejected"

    ref = models.CharField("reference", max_length=40, unique=True)
    identity_ref = models.CharField(max_length=40, unique=True)
    application = models.ForeignKey(Application, models.PROTECT, related_name="merchants")
    environment = models.CharField(max_length=8, choices=Environment)
    own_number = models.CharField(
        max_length=80, blank=True, help_text="How the platform itself names the merchant."
    )
    state = models.CharField(max_length=12, choices=State, default=State.PROVISIONING)
    may_take_cards = models.BooleanField(default=False)
    level = models.PositiveSmallIntegerField(default=4)
    yearly_transactions = models.BigIntegerField(null=True)
    # By when the next external scan must have passed; none where the form asks for no scans.
    scan_due_on = models.DateField(null=True)
    form_type = models.CharField(max_length=20)
    # The answers of the interview that chose the form; they name nobody.
    interview: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    # Sealed JSON (merchants.identity): names and addresses of the business and of its contact.
    identity = models.TextField()
    tags: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["environment", "state", "-id"], name="merchant_by_state"),
            models.Index(fields=["application", "-id"], name="merchant_of_application"),
            models.Index(fields=["own_number"], name="merchant_own_number"),
            models.Index(fields=["environment", "-created_at", "-id"], name="merchant_newest"),
            models.Index(
                fields=["application", "-created_at", "-id"], name="merchant_newest_of_app"
            ),
            models.Index(
                fields=["environment", "scan_due_on", "id"],
                condition=models.Q(scan_due_on__isnull=False),
                name="merchant_scan_due",
            ),
            models.Index(
                fields=["application", "scan_due_on", "id"],
                condition=models.Q(scan_due_on__isnull=False),
                name="merchant_scan_of_platform",
            ),
        ]

    def __str__(self) -> str:
        return str(self.ref)
