"""Engagements, their categories, how their dates moved, and who may see them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from controls.models import Framework
from evidence.models import LedgerEntry


class Engagement(models.Model):
    """An audit: what is judged, by whom, over which days."""

    class Type(models.TextChoices):
        SOC2_TYPE1 = "soc2_type1", "SOC 2 Type 1"
        SOC2_TYPE2 = "soc2_type2", "SOC 2 Type 2"
        SOC1 = "soc1", "SOC 1"
        PCI = "pci", "PCI DSS"
        INTERNAL = "internal", "Internal readiness"

    ref = models.CharField("reference", max_length=20, unique=True, editable=False)
    title = models.CharField(max_length=200)
    type = models.CharField(max_length=12, choices=Type)
    framework = models.ForeignKey(Framework, models.PROTECT, related_name="engagements")
    firm = models.CharField("audit firm", max_length=200, blank=True)
    window_from = models.DateField("observed from")
    window_to = models.DateField("observed to")
    fieldwork_from = models.DateField(null=True, blank=True)
    fieldwork_to = models.DateField(null=True, blank=True)
    freeze_on = models.DateField("scope may change until (last day)", null=True, blank=True)
    room_until = models.DateField("room open until (last day)", null=True, blank=True)
    previous = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="following",
        help_text="The engagement of the period before, from which this one was rolled forward",
    )
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

    @property
    def is_at_a_date(self) -> bool:
        """Whether it judges the design at one date, not the operation over a period."""
        return self.type == self.Type.SOC2_TYPE1


class EngagementChange(models.Model):
    """That a date of an engagement moved, from what to what, and why; append-only."""

    class What(models.TextChoices):
        WINDOW = "window", "Observation window"
        FIELDWORK = "fieldwork", "Fieldwork"
        FREEZE = "freeze", "Freeze date"
        ROOM = "room", "End of the room"

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="changes")
    what = models.CharField(max_length=10, choices=What)
    before_from = models.DateField(null=True)
    before_to = models.DateField(null=True)
    after_from = models.DateField(null=True)
    after_to = models.DateField(null=True)
    reason = models.TextField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.what} of {self.engagement_id} on {self.changed_at}"


class SubPeriod(models.Model):
    """A part of the observation window that is tested apart, such as interim; it ends on a day."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="sub_periods")
    title = models.CharField(max_length=60)
    ends_on = models.DateField()

    class Meta:
        ordering = ["ends_on"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "ends_on"], name="one_end_per_part"),
        ]

    def __str__(self) -> str:
        return f"{self.title} until {self.ends_on}"


class EngagementCategory(models.Model):
    """A category of the framework that is in scope, and why it was chosen."""

    class Ground(models.TextChoices):
        """What the choice rests on."""

        REQUIRED = "required", "The framework requires it"
        COMMITMENTS = "commitments", "Commitments to customers"
        RISK = "risk", "A risk of ours"
        BUYERS = "buyers", "Buyers ask for it"

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="categories")
    category = models.CharField(max_length=60)
    reason = models.TextField()
    ground = models.CharField(max_length=12, choices=Ground, blank=True)

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


class MemberRole(models.TextChoices):
    AUDITOR = "auditor", "Auditor"
    OBSERVER = "observer", "Observer"


class BoundInvitation(models.Model):
    """An invitation that carries an engagement: who accepts it is a member at once; append-only."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="invitations")
    invitation = models.OneToOneField(
        "accounts.Invitation", models.PROTECT, related_name="bound_engagement"
    )
    role = models.CharField(max_length=10, choices=MemberRole, default=MemberRole.AUDITOR)
    access_until = models.DateField("access until (last day)")
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.invitation_id} to {self.engagement_id}"


class EngagementMember(models.Model):
    """A person who may look at an engagement, until a day or until removed."""

    Role = MemberRole

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="engagement_memberships"
    )
    role = models.CharField(max_length=10, choices=MemberRole, default=MemberRole.AUDITOR)
    access_until = models.DateField("access until (last day)")
    invited_with = models.OneToOneField(
        BoundInvitation,
        models.PROTECT,
        null=True,
        related_name="member",
        editable=False,
        help_text="The invitation whose acceptance made this membership",
    )
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
