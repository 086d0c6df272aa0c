"""How evidence looks to programs: what never changes, what is said of it now, and all details."""

from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.access import actor
from compliance.api.links import Links, to
from controls.models import Area, Expectation
from evidence.models import CheckResult, Claim, Evidence, Population, Review


class Status(models.TextChoices):
    """Where a version stands: its latest review, unless a newer version took its place."""

    AWAITING_REVIEW = "awaiting_review", "Awaiting review"
    ACCEPTED = "accepted", "Accepted"
    RETURNED = "returned", "Returned"
    SUPERSEDED = "superseded", "Superseded"


def status_of(evidence: Evidence) -> Status:
    """Return the status of a version that came through `access.evidence_by_token`."""
    if getattr(evidence, "newer_ref", None):
        return Status.SUPERSEDED
    decision = getattr(evidence, "latest_decision", None)
    return Status(decision) if decision else Status.AWAITING_REVIEW


def with_status(status: str) -> models.Q:
    """Return the filter that picks what `status_of` calls by this status."""
    if status == Status.SUPERSEDED:
        return models.Q(newer_ref__isnull=False)
    decision = models.Q(latest_decision__isnull=True)
    if status != Status.AWAITING_REVIEW:
        decision = models.Q(latest_decision=status)
    return decision & models.Q(newer_ref__isnull=True)


def _links_of(evidence: Evidence) -> dict[str, str]:
    older, newer = evidence.supersedes, getattr(evidence, "newer_ref", None)
    return {
        "self": to("evidence_one", evidence.ref),
        "content": to("content", evidence.ref),
        "proof": to("proof", evidence.ref),
        # The names of RFC 5829.
        "predecessor-version": to("evidence_one", older.ref) if older else "",
        "successor-version": to("evidence_one", newer) if newer else "",
    }


class EvidenceReceipt(serializers.Serializer[Evidence]):
    """One version of an item, without anything that may change later."""

    ref = serializers.CharField()
    uid = serializers.UUIDField(help_text="The same for all versions of an item.")
    version = serializers.IntegerField()
    supersedes = serializers.CharField(source="supersedes.ref", default=None, allow_null=True)
    title = serializers.CharField()
    evidence_type = serializers.ChoiceField(Expectation.EvidenceType.choices)
    kind = serializers.ChoiceField(Evidence.Kind.choices)
    area = serializers.ChoiceField(Area.choices)
    owner = serializers.CharField()
    sensitivity = serializers.ChoiceField(Evidence.Sensitivity.choices)
    source_system = serializers.CharField()
    environment = serializers.ChoiceField(Evidence.Environment.choices)
    related_risk = serializers.CharField(source="related_risk.ref", default=None, allow_null=True)
    expectations = serializers.SerializerMethodField()
    covers_from = serializers.DateField()
    covers_to = serializers.DateField()
    collected_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    filename = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField(source="blob_id")
    prepared_by = serializers.SerializerMethodField()
    received_from = serializers.CharField(
        source="ledger_entry.actor", help_text="Who handed it in: token, collector, person."
    )
    run = serializers.CharField(source="run_ref")
    log_index = serializers.IntegerField(source="ledger_entry_id")
    tags = serializers.SerializerMethodField(help_text="What the sender put on it to find it.")
    _links = Links(_links_of)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_expectations(self, evidence: Evidence) -> list[str]:
        told: list[str] | None = getattr(evidence, "claimed_slugs", None)
        if told is not None:
            return told
        claims: list[Claim] = getattr(evidence, "claimed")  # noqa: B009  see access.receipts
        return [claim.expectation.slug for claim in claims]

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_tags(self, evidence: Evidence) -> dict[str, str]:
        told: dict[str, str] | None = getattr(evidence, "told_tags", None)
        return told if told is not None else {one.key: one.value for one in evidence.tags.all()}

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_prepared_by(self, evidence: Evidence) -> str | None:
        return f"user:{evidence.prepared_by_id}" if evidence.prepared_by_id else None


class EvidenceItem(EvidenceReceipt):
    """One version of an item as it stands now."""

    status = serializers.SerializerMethodField()
    superseded_by = serializers.CharField(source="newer_ref", allow_null=True)

    @extend_schema_field(serializers.ChoiceField(Status.choices))
    def get_status(self, evidence: Evidence) -> str:
        return status_of(evidence).value


class EvidencePage(serializers.Serializer[Any]):
    """A page of evidence."""

    items = EvidenceItem(many=True, source="rows")
    next_cursor = serializers.CharField(allow_null=True)


class PopulationFacts(serializers.Serializer[Population]):
    """The table of an item, and how it was made (IPE)."""

    columns = serializers.JSONField(help_text="Name and type of each column.")
    row_count = serializers.IntegerField()
    control_totals = serializers.JSONField(help_text="Exact sums of its numeric columns, as text.")
    table_sha256 = serializers.CharField(source="table_id")
    ipe = serializers.JSONField()


class CheckOutcome(serializers.Serializer[CheckResult]):
    """What a check found in the table of an item."""

    check = serializers.CharField(source="check_ref.slug")
    state = serializers.ChoiceField(CheckResult.State.choices)
    population_count = serializers.IntegerField(allow_null=True)
    exception_count = serializers.IntegerField(allow_null=True)
    error = serializers.CharField()
    ran_at = serializers.DateTimeField()


class ReviewDecision(serializers.Serializer[Review]):
    """What a person decided about an item."""

    decision = serializers.ChoiceField(Review.Decision.choices)
    reason = serializers.CharField()
    reviewer = serializers.SerializerMethodField()
    decided_at = serializers.DateTimeField()

    @extend_schema_field(serializers.CharField())
    def get_reviewer(self, review: Review) -> str:
        return actor(review.reviewer)


class ClaimedPeriod(serializers.Serializer[Claim]):
    """What an item covers: an expectation, for a period."""

    expectation = serializers.CharField(source="expectation.slug")
    covers_from = serializers.DateField()
    covers_to = serializers.DateField()
    is_partial = serializers.BooleanField(help_text="Its source could not give it whole.")


class EvidenceDetail(EvidenceItem):
    """One version of an item with its table, its checks and its reviews."""

    claims = ClaimedPeriod(many=True, source="claimed")
    handling = serializers.DictField(
        allow_null=True, help_text="Steps after the export, and what was seen when it was taken."
    )
    population = PopulationFacts(default=None, allow_null=True)
    check_results = CheckOutcome(many=True)
    reviews = ReviewDecision(many=True)
