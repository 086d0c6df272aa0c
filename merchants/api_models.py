"""What programs of platforms have here: keys, files, webhooks, and what is told to those."""

from typing import Any

from django.db import models
from django.utils import timezone

from evidence.models import Evidence
from merchants.form_models import FormFile
from merchants.party_models import Application, Environment, Merchant


class ApiUser(models.Model):
    """A key by which a program speaks: for all platforms, for one, or for one merchant."""

    class Role(models.TextChoices):
        PLATFORM = "ROLE_PLATFORM", "All platforms"
        PARTNER = "ROLE_PARTNER", "One platform"
        MERCHANT = "ROLE_MERCHANT", "One merchant"

    ref = models.CharField("reference", max_length=40, unique=True)
    environment = models.CharField(max_length=8, choices=Environment)
    role = models.CharField(max_length=16, choices=Role)
    application = models.ForeignKey(Application, models.PROTECT, null=True, related_name="keys")
    merchant = models.ForeignKey(Merchant, models.PROTECT, null=True, related_name="keys")
    fingerprint = models.CharField(max_length=64)
    enabled = models.BooleanField(default=True)
    tags: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["environment", "-created_at", "-id"], name="api_user_by_age")
        ]

    def __str__(self) -> str:
        return str(self.ref)


class Prospect(models.Model):
    """A business that a program named, until it is made a merchant; who it is lies sealed."""

    ref = models.CharField("reference", max_length=40, unique=True)
    environment = models.CharField(max_length=8, choices=Environment)
    application = models.ForeignKey(Application, models.PROTECT, related_name="prospects")
    # Sealed JSON (merchants.prospects); empty once the merchant has it.
    identity = models.TextField(blank=True)
    tags: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    merchant = models.OneToOneField(Merchant, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return str(self.ref)


class File(models.Model):
    """A file of a merchant: a paper of a form, or what a program hands in."""

    class State(models.TextChoices):
        REQUIRES_UPLOAD = "REQUIRES_UPLOAD", "Waits for its content"
        UPLOADED = "UPLOADED", "Here"

    ref = models.CharField("reference", max_length=40, unique=True)
    environment = models.CharField(max_length=8, choices=Environment)
    application = models.ForeignKey(Application, models.PROTECT, related_name="+")
    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="linked_files")
    is_of_identity = models.BooleanField(default=False)
    file_type = models.CharField(max_length=60)
    display_name = models.CharField(max_length=200)
    state = models.CharField(max_length=16, choices=State, default=State.REQUIRES_UPLOAD)
    extension = models.CharField(max_length=10, blank=True)
    tags: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="+")
    paper = models.OneToOneField(FormFile, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["environment", "-created_at", "-id"], name="file_by_age"),
            models.Index(fields=["application", "-created_at", "-id"], name="file_of_application"),
        ]

    def __str__(self) -> str:
        return str(self.ref)


class ExternalLink(models.Model):
    """An address that opens one file to whoever has it, for a while; its secret is computed."""

    class Kind(models.TextChoices):
        UPLOAD = "UPLOAD", "Upload"
        DOWNLOAD = "DOWNLOAD", "Download"
        VIEW = "VIEW", "View"

    ref = models.CharField("reference", max_length=40, unique=True)
    file = models.ForeignKey(File, models.PROTECT, related_name="links")
    kind = models.CharField(max_length=8, choices=Kind)
    minutes = models.PositiveIntegerField()
    tags: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    made_by = models.ForeignKey(ApiUser, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return str(self.ref)

    @property
    def has_lapsed(self) -> bool:
        return bool(self.expires_at <= timezone.now())


class Webhook(models.Model):
    """An address of a platform that is told what happens; its secrets lie sealed."""

    ref = models.CharField("reference", max_length=40, unique=True)
    environment = models.CharField(max_length=8, choices=Environment)
    application = models.ForeignKey(Application, models.PROTECT, null=True, related_name="webhooks")
    url = models.CharField(max_length=120)
    nickname = models.CharField(max_length=100, blank=True)
    enabled = models.BooleanField(default=True)
    enabled_events: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    authentication_type = models.CharField(max_length=6, default="NONE")
    # Sealed: the words of the header by which the receiver knows us.
    authentication = models.TextField(blank=True)
    secret = models.TextField()
    previous_secret = models.TextField(blank=True)
    previous_secret_expires_at = models.DateTimeField(null=True)
    # When the address last took something; while it takes nothing for long, nothing is sent.
    accepted_at = models.DateTimeField(null=True)
    is_accepting = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["environment", "-created_at", "-id"], name="webhook_by_age")
        ]

    def __str__(self) -> str:
        return str(self.ref)


class Event(models.Model):
    """Something that happened, as it is told: the body stays the same for every address and try."""

    ref = models.CharField("reference", max_length=40, unique=True)
    environment = models.CharField(max_length=8, choices=Environment)
    application = models.ForeignKey(Application, models.PROTECT, related_name="+")
    entity = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=40)
    body: "models.JSONField[Any, Any]" = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["environment", "-created_at", "-id"], name="event_by_age"),
            models.Index(fields=["application", "-created_at", "-id"], name="event_of_application"),
            models.Index(fields=["created_at"], name="event_by_time"),
        ]

    def __str__(self) -> str:
        return str(self.ref)


class Delivery(models.Model):
    """One event on its way to one webhook."""

    class State(models.TextChoices):
        WAITING = "WAITING", "Waiting"
        DELIVERED = "DELIVERED", "Delivered"
        FAILED = "FAILED", "Failed"

    ref = models.CharField("reference", max_length=40, unique=True)
    webhook = models.ForeignKey(Webhook, models.PROTECT, related_name="deliveries")
    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    # How often it was tried since it was last asked for; all tries stand in the log.
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["webhook", "state", "next_at", "id"], name="delivery_that_is_due"),
            models.Index(fields=["webhook", "-created_at", "-id"], name="delivery_by_age"),
            # The log of all webhooks, and what failed in it.
            models.Index(fields=["-created_at", "-id"], name="delivery_newest"),
            models.Index(fields=["state", "-created_at", "-id"], name="delivery_newest_of_state"),
        ]

    def __str__(self) -> str:
        return str(self.ref)


class DeliveryAttempt(models.Model):
    """One try at a delivery, and what came of it."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    # 0 where nothing answered.
    status = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.at}"
