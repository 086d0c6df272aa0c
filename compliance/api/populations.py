"""Sealed populations for programs: what was sealed for an engagement, and how it was made whole."""

from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiToken
from accounts.tokens import Scope
from audits.models import Draw, PopulationPart, SealedPopulation
from compliance.api import access, paging
from compliance.api.base import ApiView, operation
from compliance.api.links import Links, to


class PartItem(serializers.Serializer[PopulationPart]):
    """One of several items that were sealed as one population."""

    number = serializers.IntegerField()
    evidence = serializers.CharField(source="evidence.ref")
    period_from = serializers.DateField(source="evidence.covers_from")
    period_to = serializers.DateField(source="evidence.covers_to")
    row_count = serializers.IntegerField()
    table_sha256 = serializers.CharField()


class PopulationItem(serializers.Serializer[SealedPopulation]):
    """A population as it was sealed; days are those of the organisation, both ends included."""

    ref = serializers.CharField()
    number = serializers.IntegerField()
    control = serializers.CharField(source="control.ref")
    evidence = serializers.CharField(
        source="evidence.ref", help_text="The item that was sealed, or the first of the parts."
    )
    parts = PartItem(
        many=True,
        help_text="The items of a joined population in the order of their days; none where one "
        "item is the whole.",
    )
    period_from = serializers.DateField()
    period_to = serializers.DateField()
    row_count = serializers.IntegerField()
    table_sha256 = serializers.CharField(
        help_text="Of the table; for a joined population the digest that follows from its parts."
    )
    sealed_at = serializers.DateTimeField()
    log_index = serializers.IntegerField(source="ledger_entry_id")
    _links = Links(
        lambda sealed: {
            "self": to("population", sealed.engagement.ref, sealed.number),
            "engagement": to("engagement", sealed.engagement.ref),
            "control": to("control", sealed.control.ref),
            "evidence": to("evidence_one", sealed.evidence.ref),
        }
    )


class PopulationPage(serializers.Serializer[Any]):
    """A page of sealed populations."""

    items = PopulationItem(many=True, source="rows")
    next_cursor = serializers.CharField(allow_null=True)


class DrawBrief(serializers.Serializer[Draw]):
    """That a sample was drawn; every draw stays visible."""

    ref = serializers.CharField()
    number = serializers.IntegerField()
    method = serializers.CharField()
    size = serializers.IntegerField()
    reason = serializers.CharField()
    drawn_at = serializers.DateTimeField()


class PopulationDetail(PopulationItem):
    """A sealed population with all that was said of it, and every draw from it."""

    record = serializers.JSONField(
        source="said",
        help_text="What the leaf binds: definition, counts by month, gaps of days and ids, control "
        "totals, tie-out, and who sealed it.",
    )
    record_sha256 = serializers.CharField(help_text="SHA-256 of the record as canonical JSON.")
    draws = DrawBrief(many=True, source="in_order")


_QUERY = paging.PageQuery()


def _with_parts(token: ApiToken, engagement: str) -> QuerySet[SealedPopulation]:
    rows = access.populations_by_token(token, engagement)
    return rows.prefetch_related("parts__evidence")


class PopulationList(ApiView):
    """What was sealed for one engagement, the newest first."""

    @operation(
        "list_populations",
        "List the sealed populations of an engagement, the newest first",
        scope=Scope.READ_SAMPLES,
        tags=["samples"],
        parameters=[paging.PageQuery],
        responses={200: PopulationPage},
        refusals=(400, 404, 406),
    )
    def get(self, request: Request, ref: str) -> Response:
        # A record is as long as its table has days without an item, and no list shows it.
        rows = _with_parts(self.token, ref).defer("record")
        wish = paging.asked(request, _QUERY)
        span = paging.before(wish.get("cursor"), "number")
        page = paging.newest_first(rows.filter(span), key="number", limit=wish["limit"], rest=Q())
        return Response(PopulationPage(page).data)


class PopulationOne(ApiView):
    """One sealed population."""

    @operation(
        "read_population",
        "Read one sealed population with its record and its draws",
        scope=Scope.READ_SAMPLES,
        tags=["samples"],
        responses={200: PopulationDetail},
        refusals=(404, 406),
    )
    def get(self, request: Request, ref: str, number: str) -> Response:  # noqa: ARG002
        found: Any = get_object_or_404(_with_parts(self.token, ref), number=number)
        found.in_order = found.draws.defer("record").order_by("number")
        return Response(PopulationDetail(found).data)
