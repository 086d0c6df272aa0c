"""What must be true: frameworks, controls with dated wording, expected evidence, checks, risks."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.utils import timezone

from controls.cadence import Cadence


class Framework(models.Model):
    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    version = models.CharField(max_length=60)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.title


class Criterion(models.Model):
    framework = models.ForeignKey(Framework, models.PROTECT, related_name="criteria")
    ref = models.CharField(max_length=40)
    section = models.CharField(max_length=40)
    section_title = models.CharField(max_length=200)
    category = models.CharField(max_length=60)
    title = models.CharField(max_length=300)
    position = models.PositiveIntegerField(help_text="Place in the framework's own order.")

    class Meta:
        ordering = ["framework", "position"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(fields=["framework", "ref"], name="one_criterion_per_ref"),
        ]

    def __str__(self) -> str:
        return self.ref


class Control(models.Model):
    class Area(models.TextChoices):
        ACCESS_CONTROL = "access_control", "Access Control"
        API_SECURITY = "api_security", "API Security"
        AVAILABILITY = "availability", "Availability"
        PROCESSING_INTEGRITY = "processing_integrity", "Processing Integrity"
        VENDOR = "vendor", "Vendor"
        CHANGE = "change", "Change"
        RISK_REGISTER = "risk_register", "Risk Register"
        AUDIT_REQUESTS = "audit_requests", "Audit Requests"

    class OwnerRole(models.TextChoices):
        COMPLIANCE_LEAD = "compliance_lead", "Compliance lead"
        CONTROL_OWNER = "control_owner", "Control owner"
        REVIEWER = "reviewer", "Reviewer"
        ENGINEER = "engineer", "Engineer"
        EXECUTIVE = "executive", "Executive"

    class Nature(models.TextChoices):
        AUTOMATED = "automated", "Automated"
        MANUAL = "manual", "Manual"
        HYBRID = "hybrid", "Hybrid"

    ref = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=200)
    area = models.CharField(max_length=30, choices=Area)
    owner_role = models.CharField(max_length=30, choices=OwnerRole)
    nature = models.CharField(max_length=20, choices=Nature)
    criteria = models.ManyToManyField(Criterion, through="ControlMapping", related_name="controls")
    risks: "models.ManyToManyField[Risk, models.Model]" = models.ManyToManyField(
        "Risk", blank=True, related_name="controls"
    )

    class Meta:
        ordering = ["ref"]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    def wording_on(self, day: date) -> "ControlVersion | None":
        """Return the wording in force on a day; None before the first one came into force."""
        return self.versions.filter(effective_from__lte=day).order_by("-number").first()


Area = Control.Area


class ControlVersion(models.Model):
    """One wording, for ever: from its day on it stands in for every version with a lower number."""

    control = models.ForeignKey(Control, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    statement = models.TextField()
    effective_from = models.DateField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of what this version says.")
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["control", "number"]
        constraints = [
            models.UniqueConstraint(fields=["control", "number"], name="one_version_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.control.ref} version {self.number}"


class ControlMapping(models.Model):
    control = models.ForeignKey(Control, models.PROTECT, related_name="mappings")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="mappings")
    reason = models.TextField(help_text="Why this control serves this criterion.")

    class Meta:
        ordering = ["control", "criterion"]
        constraints = [
            models.UniqueConstraint(fields=["control", "criterion"], name="one_reason_per_mapping"),
        ]

    def __str__(self) -> str:
        return f"{self.control.ref} serves {self.criterion.ref}"


class Risk(models.Model):
    ref = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=300)
    area = models.CharField(max_length=30, choices=Control.Area)

    class Meta:
        ordering = ["ref"]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"


class Expectation(models.Model):
    """What evidence a control must leave, and how often."""

    class EvidenceType(models.TextChoices):
        POPULATION_EXPORT = "population_export", "Population export"
        CONFIG_EXPORT = "config_export", "Configuration export"
        TEST_RESULT = "test_result", "Test result"
        METRIC_SERIES = "metric_series", "Metric series"
        LOG_EXTRACT = "log_extract", "Log extract"
        SCAN_REPORT = "scan_report", "Scan report"
        REGISTER = "register", "Register"
        REVIEW_RECORD = "review_record", "Review record"
        SAMPLE = "sample", "Sample"
        TICKET = "ticket", "Ticket"
        REPORT = "report", "Report"
        EXTERNAL_REPORT = "external_report", "External report"
        POLICY = "policy", "Policy"
        PROCEDURE = "procedure", "Procedure"
        DIAGRAM = "diagram", "Diagram"
        CONTRACT = "contract", "Contract"
        MEETING_MINUTES = "meeting_minutes", "Meeting minutes"
        ACCESS_LOG = "access_log", "Access log"
        FORM = "form", "Form"
        PACK = "pack", "Evidence pack"

    class Kind(models.TextChoices):
        STATE = "state", "State: counts for its moment"
        EVENT = "event", "Event: complete only after its period"
        DOCUMENT = "document", "Document: counts while it is in force"

    control = models.ForeignKey(Control, models.PROTECT, related_name="expectations")
    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    guidance = models.TextField(blank=True, help_text="What to hand in, for the person who must.")
    evidence_type = models.CharField(max_length=30, choices=EvidenceType)
    kind = models.CharField(max_length=20, choices=Kind)
    cadence = models.CharField(
        max_length=20, choices=[(cadence.value, cadence.words) for cadence in Cadence]
    )
    days_allowed = models.PositiveSmallIntegerField(help_text="Days after the period until due.")
    lag_days = models.PositiveSmallIntegerField(
        default=0, help_text="Days after which its source gains no more events of a day."
    )
    collector = models.CharField(max_length=60, blank=True, help_text="Empty: by hand.")
    columns = models.JSONField(
        default=list, blank=True, help_text="Name and type of the columns that checks may read."
    )
    required_columns = models.JSONField(
        default=list, blank=True, help_text="Columns without which a table is refused."
    )
    owner_role = models.CharField(max_length=30, choices=Control.OwnerRole)
    active_from = models.DateField()
    active_to = models.DateField(null=True, blank=True, help_text="Last day; empty: still active.")

    class Meta:
        ordering = ["control", "slug"]

    def __str__(self) -> str:
        return self.title


class Check(models.Model):
    """A test as SQL over the table `population`: every row that it returns is an exception."""

    TABLE: ClassVar[str] = "population"

    expectation = models.ForeignKey(Expectation, models.PROTECT, related_name="checks")
    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    sql = models.TextField()
    threshold = models.PositiveIntegerField(default=0, help_text="Exceptions that are allowed.")
    criterion = models.ForeignKey(
        Criterion, models.PROTECT, null=True, blank=True, related_name="checks"
    )
    digest = models.CharField(max_length=64, help_text="SHA-256 of the query and its threshold.")

    class Meta:
        ordering = ["expectation", "slug"]

    def __str__(self) -> str:
        return self.title
