"""Reconciliations: what is reconciled and by which rules, its files, runs, breaks and signatures.

Rules, files, runs, limits, signatures and the history of breaks are append-only: triggers refuse
UPDATE and DELETE. A break tells the last of its history again, so that the queue is an index.
Amounts are whole minor units of their currency, signed.
"""

from typing import Any

from django.conf import settings
from django.db import models

from evidence.models import Evidence, LedgerEntry


class Reconciliation(models.Model):
    """One account that is reconciled every business day; changed only by registers.reconciling."""

    number = models.PositiveIntegerField(unique=True)
    ref = models.CharField("reference", max_length=20, unique=True)
    title = models.CharField(max_length=200)
    account = models.CharField(max_length=120)
    currencies: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    environment = models.CharField(max_length=12, choices=Evidence.Environment)
    # The name of a calendar of the rules; empty: every Monday to Friday.
    calendar = models.CharField(max_length=60, blank=True)
    # The legs of which every business day must bring a file.
    daily_legs: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    # Leg to the source system whose collected items are its files; legs without are uploaded.
    feeds: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    # How many calendar days of files a run reads, its own day being the last.
    window_days = models.PositiveSmallIntegerField()
    # Calendar days after the business day until it is signed.
    due_days = models.PositiveSmallIntegerField()
    # Currency to minor units, from which on a break goes to the lead, and to the executive.
    large: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    huge: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    defined_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    defined_at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"


class ReconciliationChange(models.Model):
    """That somebody else owns it now, that it is due sooner or later, or that it ends; and why."""

    reconciliation = models.ForeignKey(Reconciliation, models.PROTECT, related_name="changes")
    # The names of what changed to what it was and what it is, as text.
    before: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    after: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.reconciliation_id} changed"


class MatchingRules(models.Model):
    """One version of the rules by which a reconciliation matches, as the file that came."""

    reconciliation = models.ForeignKey(Reconciliation, models.PROTECT, related_name="rules")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=60)
    stated_version = models.PositiveIntegerField()
    digest = models.CharField("SHA-256 of the rules", max_length=64)
    text = models.TextField()
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["reconciliation", "number"], name="matching_rules_number"
            ),
            models.UniqueConstraint(
                fields=["reconciliation", "digest"], name="matching_rules_digest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} version {self.stated_version}"


class RulesApproval(models.Model):
    """That a second person looked at a version of the rules and its test, and let it be used."""

    rules = models.OneToOneField(MatchingRules, models.PROTECT, related_name="approval")
    note = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.rules_id} approved"


class InputFile(models.Model):
    """One file of one leg for one business day; its bytes are evidence."""

    reconciliation = models.ForeignKey(Reconciliation, models.PROTECT, related_name="files")
    leg = models.CharField(max_length=60)
    day = models.DateField()
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="+")
    # Empty where a collector brought it.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["reconciliation", "day", "leg"], name="input_file_day"),
            models.Index(fields=["reconciliation", "sha256"], name="input_file_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.leg}/{self.filename}"


class InputWithdrawal(models.Model):
    """That a file is read by no further run, and why; it stays evidence of what came."""

    file = models.OneToOneField(InputFile, models.PROTECT, related_name="withdrawal")
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.file_id} withdrawn"


class ReconciliationRun(models.Model):
    """What came of reconciling one business day once; a failed one too."""

    class State(models.TextChoices):
        COMPLETE = "complete", "Complete"
        FAILED = "failed", "Failed"

    reconciliation = models.ForeignKey(Reconciliation, models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField()
    day = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices)
    problem = models.TextField(blank=True)
    rules = models.ForeignKey(MatchingRules, models.PROTECT, related_name="+")
    # SHA-256 over leg and digest of every file: with day and rules it tells a run apart.
    inputs_digest = models.CharField(max_length=64)
    output_digest = models.CharField(max_length=64, blank=True)
    # Files with their control totals, totals by class, identities: as the report says them.
    facts: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    break_count = models.PositiveIntegerField(default=0)
    new_count = models.PositiveIntegerField(default=0)
    cleared_count = models.PositiveIntegerField(default=0)
    # Whether it moved the queue of breaks; one about an earlier day does not.
    moved_queue = models.BooleanField(default=False)
    code_digest = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    # The whole report of the run.
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="+")
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["reconciliation", "number"], name="reconciliation_run_number"
            ),
            models.UniqueConstraint(
                fields=["reconciliation", "day", "rules", "inputs_digest"],
                name="reconciliation_run_once",
            ),
        ]
        indexes = [
            models.Index(fields=["reconciliation", "-day", "-number"], name="reconciliation_day")
        ]

    def __str__(self) -> str:
        return f"run {self.number} of {self.day}"


class Break(models.Model):
    """One difference that a run found, and how far it is."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        INVESTIGATING = "investigating", "Investigated"
        PROPOSED = "proposed", "Waits for approval"
        CLEARED = "cleared", "Cleared by a run"
        RESOLVED = "resolved", "Resolved"
        ACCEPTED = "accepted", "Accepted"
        WRITTEN_OFF = "written_off", "Written off"

    class Proposal(models.TextChoices):
        RESOLVED = "resolved", "Resolve: it was put right"
        ACCEPTED = "accepted", "Accept: it is right as it stands"
        WRITTEN_OFF = "written_off", "Write it off"

    reconciliation = models.ForeignKey(Reconciliation, models.PROTECT, related_name="breaks")
    number = models.PositiveBigIntegerField()
    # What the engine calls it; the same difference keeps it from run to run.
    key = models.CharField(max_length=40)
    reason = models.CharField(max_length=40)
    comparison = models.CharField(max_length=60)
    # Both sides as the report says them: count, ids, amount, currency, file and line.
    facts: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    label = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, blank=True)
    amount = models.BigIntegerField(default=0)
    # Without its sign, so that the largest are found by an index.
    size = models.BigIntegerField(default=0)
    due_on = models.DateField(null=True)
    # The business day of the run that found it first, and of the one in which it was closed.
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    # From which day it grows old: when it was due, else when it was found.
    aged_from = models.DateField()
    # The first day of the files that it stands in: without them no run can say that it is gone.
    read_from = models.DateField()
    found_by = models.ForeignKey(ReconciliationRun, models.PROTECT, related_name="+")
    seen_by = models.ForeignKey(ReconciliationRun, models.PROTECT, related_name="+")
    state = models.CharField(max_length=13, choices=State.choices, default=State.OPEN)
    is_open = models.BooleanField(default=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    cause = models.TextField(blank=True)
    proposal = models.CharField(max_length=11, choices=Proposal.choices, blank=True)
    resolution = models.TextField(blank=True)
    ticket = models.CharField(max_length=200, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    # What it was last changed by, so that nobody decides about what they have not seen.
    steps = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["reconciliation", "key"], name="break_key"),
            models.UniqueConstraint(fields=["number"], name="break_number"),
        ]
        indexes = [
            models.Index(fields=["is_open", "aged_from", "number"], name="break_age"),
            models.Index(
                fields=["reconciliation", "is_open", "aged_from", "number"], name="break_queue"
            ),
            models.Index(fields=["owner", "is_open", "aged_from", "number"], name="break_owner"),
            models.Index(fields=["state", "aged_from", "number"], name="break_state"),
            models.Index(fields=["reconciliation", "closed_on"], name="break_closed"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.reason}"

    @property
    def ref(self) -> str:
        """What people call it."""
        return f"BRK-{self.number}"


class BreakEvent(models.Model):
    """One step in the history of a break: a run or a person, what they did, and why."""

    class Kind(models.TextChoices):
        FOUND = "found", "Found"
        CHANGED = "changed", "Found with another reason"
        CLEARED = "cleared", "Cleared"
        REOPENED = "reopened", "Opened again"
        ASSIGNED = "assigned", "Given to somebody"
        EXPLAINED = "explained", "Explained"
        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Not approved"

    broken = models.ForeignKey(Break, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    # The business day to which it counts in the roll-forward.
    day = models.DateField()
    # What it became: a reason of the engine, a kind of resolution.
    word = models.CharField(max_length=40, blank=True)
    text = models.TextField(blank=True)
    currency = models.CharField(max_length=3, blank=True)
    amount = models.BigIntegerField(default=0)
    # 1 where it opens a break, -1 where it closes one, else 0: their sum is what is open.
    change = models.SmallIntegerField(default=0)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    # A run leaves one leaf, however many breaks it found; so does a deed about several.
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["day", "change"], name="break_event_day"),
            models.Index(fields=["word", "day"], name="break_event_word"),
        ]

    def __str__(self) -> str:
        return f"{self.broken_id} {self.kind}"


class WriteOffLimit(models.Model):
    """How much a role may let be written off: of one break, and in a month; the last one counts."""

    # A slug of accounts/roles.yaml.
    role = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    of_one = models.BigIntegerField()
    of_month = models.BigIntegerField()
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["role", "currency", "-id"], name="write_off_limit")]

    def __str__(self) -> str:
        return f"{self.role} {self.of_one} {self.currency}"


class DaySignature(models.Model):
    """That a second person looked at a run of a day, at what, and when."""

    run = models.OneToOneField(ReconciliationRun, models.PROTECT, related_name="signature")
    reconciliation = models.ForeignKey(Reconciliation, models.PROTECT, related_name="signatures")
    day = models.DateField()
    note = models.TextField()
    is_late = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # The record of the day.
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="+")
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["day", "reconciliation"], name="day_signature")]

    def __str__(self) -> str:
        return f"{self.reconciliation_id} {self.day} signed"


class MonthSignature(models.Model):
    """That a second person signed the roll-forward of a month."""

    reconciliation = models.ForeignKey(
        Reconciliation, models.PROTECT, related_name="month_signatures"
    )
    month = models.DateField()
    # Opening, new, cleared by reason and closing, by currency.
    facts: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    note = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="+")
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["reconciliation", "month"], name="month_signature_once")
        ]

    def __str__(self) -> str:
        return f"{self.reconciliation_id} {self.month:%Y-%m} signed"
