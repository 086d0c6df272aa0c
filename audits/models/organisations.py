"""Whom the system leans on, and what it asks of its customers: part of an engagement's scope."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from audits.models.engagements import Engagement
from controls.models import Criterion
from evidence.models import LedgerEntry


class SubserviceOrganisation(models.Model):
    """A supplier whose own controls the system needs, and how the report treats them."""

    class Method(models.TextChoices):
        CARVE_OUT = "carve_out", "Carve-out"
        INCLUSIVE = "inclusive", "Inclusive"

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="organisations")
    name = models.CharField(max_length=120)
    services = models.TextField()
    method = models.CharField(max_length=10, choices=Method)
    complementary_controls = models.TextField(
        blank=True, help_text="What we assume that it does, one control on each line"
    )
    monitoring = models.TextField(blank=True, help_text="How we watch that it does")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "name"],
                condition=models.Q(removed_at__isnull=True),
                name="one_organisation_per_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def controls(self) -> list[str]:
        """The complementary controls, one by one."""
        lines = (line.strip() for line in self.complementary_controls.splitlines())
        return [line for line in lines if line]


class UserEntityControl(models.Model):
    """A control that customers must operate themselves (CUEC), under one criterion."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="user_entity_controls")
    number = models.PositiveIntegerField()
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="one_cuec_per_number"),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def ref(self) -> str:
        """Its name within the engagement."""
        return f"CUEC-{self.number}"


class UserEntityWording(models.Model):
    """One wording of such a control; the highest number holds, older ones stay; append-only."""

    control = models.ForeignKey(UserEntityControl, models.PROTECT, related_name="wordings")
    number = models.PositiveIntegerField()
    text = models.TextField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["control", "number"], name="one_wording_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.control_id} v{self.number}"
