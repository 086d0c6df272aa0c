"""Findings: deviations of an audit, and the entries of all that was said and done about each.

A finding and its entries are append-only. What is current is folded from the entries; the standing
is a copy of that for lists, and no deed relies on it.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from audits.finding_record import EntryKind, Kind, Part, Side, Source, State
from audits.models.engagements import Engagement
from evidence.models import CheckResult, Evidence, LedgerEntry


def _choices(words: "type[EntryKind | Kind | Part | Side | Source | State]") -> Any:
    return [(one.value, one.label) for one in words]


class Finding(models.Model):
    """A deviation: which occurrence or sample item it concerns, and how it was found."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="findings")
    number = models.PositiveIntegerField()
    ref = models.CharField("reference", max_length=40, unique=True)
    title = models.CharField(max_length=200)
    subject_kind = models.CharField(
        max_length=12, choices=[("occurrence", "Occurrence"), ("sample_item", "Sample item")]
    )
    subject_ref = models.CharField(max_length=200)
    control_ref = models.CharField("control", max_length=20)
    expectation_slug = models.CharField("expectation", max_length=80)
    start = models.DateField("concerns from")
    end = models.DateField("concerns to")
    source = models.CharField("found by", max_length=10, choices=_choices(Source))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty: the machine itself",
    )
    opened_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "subject_kind", "subject_ref"], name="one_finding_per_subject"
            ),
            models.UniqueConstraint(fields=["engagement", "number"], name="one_finding_per_number"),
        ]
        indexes = [
            models.Index(fields=["engagement", "expectation_slug", "start"], name="finding_place"),
            models.Index(fields=["control_ref", "-id"], name="finding_control"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    @property
    def state(self) -> State:
        """Where the finding stands now."""
        return State(self.standing.state)


class FindingEntry(models.Model):
    """One thing that was said or done about a finding, in its place, with its own leaf."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="entries")
    step = models.PositiveIntegerField(help_text="Place in the history, without a gap")
    kind = models.CharField(max_length=16, choices=_choices(EntryKind))
    state = models.CharField(
        max_length=14, choices=_choices(State), help_text="State after this entry"
    )
    side = models.CharField(max_length=10, choices=_choices(Side))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    part = models.CharField(max_length=14, choices=_choices(Part), blank=True)
    text = models.TextField(blank=True)
    value = models.CharField(
        max_length=200, blank=True, help_text="A word beside the text, such as agree or passed"
    )
    exceptions = models.PositiveBigIntegerField(null=True, help_text="k of k of n")
    population = models.PositiveBigIntegerField(null=True, help_text="n of k of n")
    action = models.PositiveIntegerField(null=True, help_text="Number of a corrective action")
    owner = models.CharField(max_length=120, blank=True)
    due = models.DateField(null=True)
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="+")
    check_result = models.ForeignKey(CheckResult, models.PROTECT, null=True, related_name="+")
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "finding entries"
        constraints = [
            models.UniqueConstraint(fields=["finding", "step"], name="one_finding_entry_per_step"),
            models.UniqueConstraint(
                fields=["finding", "check_result"],
                condition=Q(check_result__isnull=False),
                name="one_observation_per_result",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id}/{self.step} {self.kind}"


class FindingStanding(models.Model):
    """What lists ask of a finding, copied from its entries by each deed."""

    finding = models.OneToOneField(
        Finding, models.PROTECT, primary_key=True, related_name="standing"
    )
    state = models.CharField(max_length=14, choices=_choices(State))
    kind = models.CharField(max_length=14, choices=_choices(Kind))
    steps = models.PositiveIntegerField()
    next_due = models.DateField(null=True, help_text="Of the open corrective actions")

    class Meta:
        indexes = [
            models.Index(fields=["state", "-finding"], name="finding_state"),
            models.Index(fields=["next_due"], name="finding_due"),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.state}"


class FindingScan(models.Model):
    """How far the results of checks were looked through for an engagement."""

    engagement = models.OneToOneField(
        Engagement, models.PROTECT, primary_key=True, related_name="finding_scan"
    )
    scope = models.CharField(max_length=64, help_text="Digest of what was in scope then")
    seen = models.PositiveBigIntegerField(default=0, help_text="Key of the last result seen")
    log_size = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.engagement_id}: {self.seen}"
