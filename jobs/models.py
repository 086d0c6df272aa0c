"""Job rows, which are the truth about work that must happen, and the memory of periodic work."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Job(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=80)
    key = models.CharField(max_length=255, unique=True)
    payload = models.JSONField(default=dict)
    requested_by = models.CharField(max_length=120, default="system")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)

    # The attempt is never set back, so that (job, attempt) names one run for ever.
    attempt = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=5)
    run_after = models.DateTimeField(default=timezone.now)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    lease_id = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(default=0)
    progress_note = models.CharField(max_length=200, blank=True)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # The sweep reads live jobs only. The condition has no parameter because SQLite uses
            # a partial index only where the query repeats the condition literally.
            models.Index(
                fields=["state", "run_after"],
                condition=Q(finished_at__isnull=True),
                name="jobs_live",
            ),
            models.Index(fields=["state", "-id"], name="jobs_by_state"),
            models.Index(fields=["kind", "-id"], name="jobs_by_kind"),
            models.Index(fields=["state", "finished_at"], name="jobs_by_end"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running"], finished_at__isnull=True)
                | Q(state__in=["done", "failed"], finished_at__isnull=False),
                name="jobs_finished_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state="running", lease_id__isnull=False, lease_until__isnull=False)
                | (~Q(state="running") & Q(lease_id__isnull=True, lease_until__isnull=True)),
                name="jobs_running_has_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.key})"


class Beat(models.Model):
    """When a piece of periodic work is due next, and who does it just now."""

    name = models.CharField(max_length=120, unique=True)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    last_run_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name
