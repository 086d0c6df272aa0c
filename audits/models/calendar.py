"""The holiday calendar as it was at a time; append-only."""

from django.db import models

from evidence.models import LedgerEntry


class HolidayCalendar(models.Model):
    """The days without business that the settings came to when they were recorded."""

    country = models.CharField(max_length=10, blank=True)
    region = models.CharField(max_length=20, blank=True)
    first = models.DateField("first day that it speaks of")
    last = models.DateField("last day that it speaks of")
    days = models.TextField(help_text="Days without business, as ISO 8601 and divided by spaces")
    recorded_at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"calendar of {self.recorded_at:%Y-%m-%d}"
