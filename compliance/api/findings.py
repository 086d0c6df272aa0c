"""Findings for programs: deviations of the audits, and the whole history of each."""

from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Scope
from audits.finding_entries import record_of
from audits.finding_record import KIND_CHOICES, STATE_CHOICES, EntryKind, Part, Side, Source
from audits.models import Finding
from compliance.api import access, paging
from compliance.api.base import ApiView, operation
from compliance.api.links import Links, to


class FindingQuery(paging.PageQuery):
    """What findings are asked for."""

    engagement = serializers.CharField(required=False, help_text="Reference of an engagement.")
    control = serializers.CharField(required=False, help_text="Reference of a control.")
    state = serializers.ChoiceField(STATE_CHOICES, required=False)


class FindingItem(serializers.Serializer[Finding]):
    """One deviation, and where it stands."""

    ref = serializers.CharField()
    engagement = serializers.CharField(source="engagement.ref")
    title = serializers.CharField()
    control = serializers.CharField(source="control_ref")
    expectation = serializers.CharField(source="expectation_slug")
    subject_kind = serializers.ChoiceField(
        [("occurrence", "Occurrence"), ("sample_item", "Sample item")]
    )
    subject_ref = serializers.CharField()
    start = serializers.DateField()
    end = serializers.DateField()
    found_by = serializers.ChoiceField([(one.value, one.label) for one in Source], source="source")
    opened_at = serializers.DateTimeField()
    state = serializers.ChoiceField(STATE_CHOICES, source="standing.state")
    kind = serializers.ChoiceField(KIND_CHOICES, source="standing.kind")
    next_action_due = serializers.DateField(source="standing.next_due", allow_null=True)
    _links = Links(
        lambda finding: {
            "self": to("finding", finding.ref),
            "engagement": to("engagement", finding.engagement.ref),
            "control": to("control", finding.control_ref),
        }
    )


class FindingPage(serializers.Serializer[Any]):
    """A page of findings."""

    items = FindingItem(many=True, source="rows")
    next_cursor = serializers.CharField(allow_null=True)


class FindingStep(serializers.Serializer[Any]):
    """One thing that was said or done; the latest of a part is current."""

    step = serializers.IntegerField()
    at = serializers.DateTimeField()
    deed = serializers.ChoiceField([(one.value, one.label) for one in EntryKind], source="kind")
    state = serializers.ChoiceField(STATE_CHOICES)
    side = serializers.ChoiceField([(one.value, one.label) for one in Side])
    actor = serializers.CharField()
    part = serializers.ChoiceField([(one.value, one.label) for one in Part], allow_null=True)
    text = serializers.CharField()
    value = serializers.CharField()
    exceptions = serializers.IntegerField(allow_null=True)
    population = serializers.IntegerField(allow_null=True)
    action = serializers.IntegerField(allow_null=True)
    owner = serializers.CharField()
    due = serializers.DateField(allow_null=True)
    evidence = serializers.CharField()
    log_index = serializers.IntegerField(source="leaf")


class FindingDetail(FindingItem):
    """One deviation with its whole history."""

    history = FindingStep(many=True)


_QUERY = FindingQuery()


class FindingList(ApiView):
    """All findings, newest first."""

    @operation(
        "list_findings",
        "List findings, newest first",
        scope=Scope.READ_FINDINGS,
        parameters=[FindingQuery],
        responses={200: FindingPage},
        refusals=(400, 406),
    )
    def get(self, request: Request) -> Response:
        rows = access.findings_by_token(self.token)
        wish = paging.asked(request, _QUERY)
        span, rest = paging.before(wish.get("cursor"), "pk"), Q()
        if "engagement" in wish:
            engagement = access.engagement_named(wish["engagement"])
            if engagement is None:
                raise paging.bad_query({"engagement": ["There is no engagement of this name."]})
            span &= Q(engagement=engagement)
        if "control" in wish:
            span &= Q(control_ref=wish["control"])
        if "state" in wish:
            rest = Q(standing__state=wish["state"])
        page = paging.newest_first(rows.filter(span), key="pk", limit=wish["limit"], rest=rest)
        return Response(FindingPage(page).data)


class FindingOne(ApiView):
    """One finding."""

    @operation(
        "read_finding",
        "Read one finding with its whole history",
        scope=Scope.READ_FINDINGS,
        responses={200: FindingDetail},
        refusals=(404, 406),
    )
    def get(self, request: Request, ref: str) -> Response:  # noqa: ARG002
        finding: Any = get_object_or_404(access.findings_by_token(self.token), ref=ref)
        finding.history = record_of(finding).entries
        return Response(FindingDetail(finding).data)
