"""Who is told of what, once; and how far the threads of requests were read."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from audits.models import EvidenceRequest


class Notice(models.Model):
    """That one person is told of one event; a second row for both cannot exist."""

    class About(models.TextChoices):
        ASKED = "asked", "is new"
        ANSWERED = "answered", "was answered"
        RETURNED = "returned", "was returned"
        ACCEPTED = "accepted", "was accepted"
        WITHDRAWN = "withdrawn", "was withdrawn"
        COMMENTED = "commented", "has a comment"
        DUE = "due", "is due soon"
        OVERDUE = "overdue", "is overdue"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    event = models.CharField(max_length=80)
    about = models.CharField(max_length=10, choices=About)
    request = models.ForeignKey(EvidenceRequest, models.CASCADE, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    job = models.BigIntegerField(null=True, help_text="The job that sends it.")
    taken_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "event"], name="told_once")]
        indexes = [
            models.Index(
                fields=["user", "id"],
                condition=models.Q(sent_at__isnull=True),
                name="notice_unsent",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.user_id}"


class Escalation(models.Model):
    """That a matter was told to a level as overdue for long, and until when it stayed so."""

    class Level(models.TextChoices):
        LEAD = "lead", "Compliance lead"
        EXECUTIVE = "executive", "Executives"

    event = models.CharField(max_length=300)
    matter = models.CharField(max_length=300)
    seen = models.DateField(help_text="The last day on which it was still overdue for long.")
    level = models.CharField(max_length=10, choices=Level)
    day = models.DateField()
    source = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    title = models.CharField(max_length=300)
    owner = models.CharField(max_length=200)
    due = models.DateField()
    page = models.CharField(max_length=60)
    args: "models.JSONField[Any, Any]" = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "level"], name="escalated_once")]
        indexes = [
            models.Index(fields=["level", "day"], name="escalated_on"),
            models.Index(fields=["level", "matter"], name="escalated_matter"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.level}"


class Reading(models.Model):
    """The newest entry of the threads of requests whose notices were made."""

    thread = models.CharField(max_length=20, unique=True)
    last_entry = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.thread} up to {self.last_entry}"
