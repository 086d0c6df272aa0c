"""Large files of reconciliations between their upload and what a worker says of them."""

from typing import Any

from django.conf import settings
from django.db import models

from registers.reconciling_models import InputFile, Reconciliation


class Arrival(models.Model):
    """A file that came and waits for a worker, sealed; what came of it stays to be looked at."""

    class State(models.TextChoices):
        COMING = "coming", "Being received"
        WAITING = "waiting", "Being read"
        SEEN = "seen", "Its rules take it"
        TAKEN = "taken", "Handed in"
        REFUSED = "refused", "Refused"

    reconciliation = models.ForeignKey(Reconciliation, models.PROTECT, related_name="arrivals")
    leg = models.CharField(max_length=60)
    day = models.DateField()
    filename = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    # The upload is sealed while it waits; this opens it.
    wrapped_key = models.BinaryField(default=b"")
    # It is read, and nothing of it is kept.
    is_look = models.BooleanField(default=False)
    state = models.CharField(max_length=7, choices=State.choices, default=State.COMING)
    problem = models.TextField(blank=True)
    # Rows, totals by currency, first and last moment, and the same bytes on another side.
    facts: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    file = models.ForeignKey(InputFile, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["reconciliation", "day", "-id"], name="arrival_day")]

    def __str__(self) -> str:
        return f"{self.leg}/{self.filename} {self.state}"


class ArrivalPart(models.Model):
    """A sealed piece of an upload; gone as soon as the upload was read."""

    arrival = models.ForeignKey(Arrival, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["arrival", "number"], name="arrival_part")]

    def __str__(self) -> str:
        return f"{self.arrival_id} part {self.number}"
