"""Engagements, their categories, and who may see them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from controls.models import Framework


class Engagement(models.Model):
    """An audit: what is judged, by whom, over which days."""

    class Type(models.TextChoices):
        SOC2_TYPE1 = "soc2_type1", "SOC 2 Type 1"
        SOC2_TYPE2 = "soc2_type2", "SOC 2 Type 2"
        SOC1 = "soc1", "SOC 1"
        PCI = "pci", "PCI DSS"
        INTERNAL = "internal", "Internal"

    ref = models.CharField("reference", max_length=20, unique=True, editable=False)
    title = models.CharField(max_length=200)
    type = models.CharField(max_length=12, choices=Type)
    framework = models.ForeignKey(Framework, models.PROTECT, related_name="engagements")
    firm = models.CharField("audit firm", max_length=200, blank=True)
    window_from = models.DateField("observed from")
    window_to = models.DateField("observed to")
    fieldwork_from = models.DateField(null=True, blank=True)
    fieldwork_to = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(window_to__gte=F("window_from")), name="engagement_window_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"


class EngagementCategory(models.Model):
    """A category of the framework that is in scope, and why it was chosen."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="categories")
    category = models.CharField(max_length=60)
    reason = models.TextField()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "engagement categories"
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "category"], name="one_reason_per_category"
            ),
        ]

    def __str__(self) -> str:
        return self.category


class EngagementMember(models.Model):
    """A person who may look at an engagement, until a day or until removed."""

    class Role(models.TextChoices):
        AUDITOR = "auditor", "Auditor"
        OBSERVER = "observer", "Observer"

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="engagement_memberships"
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.AUDITOR)
    access_until = models.DateField("access until (last day)")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "user"],
                condition=Q(removed_at__isnull=True),
                name="one_membership_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.engagement.ref}"
