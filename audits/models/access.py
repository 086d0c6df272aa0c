"""Who looked at what of an engagement, and who took it away; append-only."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from audits.models.engagements import Engagement
from evidence.models import LedgerEntry


class AccessNote(models.Model):
    """That a person looked at, or took away, something of an engagement."""

    class What(models.TextChoices):
        VIEW = "view", "Viewed"
        DOWNLOAD = "download", "Downloaded"

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="access_notes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    what = models.CharField(max_length=10, choices=What)
    subject = models.CharField(max_length=120)
    day = models.DateField()
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "user", "subject", "day"],
                condition=Q(what="view"),
                name="one_view_per_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.what} {self.subject}"
