"""Evidence for programs: list it, read it, hand it in."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Scope
from compliance.api import access, paging, push_examples, pushing
from compliance.api.base import ApiView, operation
from compliance.api.evidence_shapes import (
    EvidenceDetail,
    EvidencePage,
    EvidenceReceipt,
    Status,
    with_status,
)
from controls.models import Area, Expectation
from evidence.models import Claim, Evidence, EvidenceTag

# The clock of the server may have been wrong for a while; then ids and times differ in order.
_CLOCK_DOUBT = timedelta(days=1)


class Tag(serializers.CharField):
    """A tag as one word: its key, a colon, and its value."""

    def to_internal_value(self, data: str) -> Any:
        key, colon, value = super().to_internal_value(data).partition(":")
        if not (key and colon):
            raise serializers.ValidationError("Write the key, a colon and the value.")
        return {"key": key, "value": value}


class EvidenceQuery(paging.PageQuery):
    """What evidence is asked for."""

    area = serializers.ChoiceField(Area.choices, required=False)
    evidence_type = serializers.ChoiceField(Expectation.EvidenceType.choices, required=False)
    expectation = serializers.CharField(required=False, help_text="Slug of an expectation.")
    control = serializers.CharField(required=False, help_text="Reference, such as `AC-01`.")
    covers_from = serializers.DateField(
        required=False, help_text="Only what covers this day or a later one."
    )
    covers_to = serializers.DateField(
        required=False, help_text="Only what covers this day or an earlier one."
    )
    received_after = serializers.DateTimeField(required=False)
    status = serializers.ChoiceField(Status.choices, required=False)
    tag = Tag(required=False, help_text="Key and value of a tag, such as `ticket:OPS-12`.")


# One instance serves all calls: making one copies all of its fields.
_QUERY = EvidenceQuery()
_RECEIPT = EvidenceReceipt()


class EvidenceList(ApiView):
    """All evidence, newest first; and the door through which programs hand it in."""

    http_method_names = ["get", "head", "post"]

    @operation(
        "list_evidence",
        "List evidence, newest first",
        scope=Scope.READ_EVIDENCE,
        parameters=[EvidenceQuery],
        responses={200: EvidencePage},
        refusals=(400, 406),
    )
    def get(self, request: Request) -> Response:
        rows = access.evidence_by_token(self.token)
        wish = paging.asked(request, _QUERY)
        return Response(EvidencePage(_page(rows, wish)).data)

    @operation(
        "push_evidence",
        "Hand in one item",
        scope=Scope.WRITE_EVIDENCE,
        description=(
            "The same key with the same content gives the first answer again, with status 200; "
            "with other content it is refused with 409."
        ),
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                required=True,
                description="1 to 200 printable ASCII characters, your own name for this push.",
            )
        ],
        request={"multipart/form-data": pushing.EvidencePush},
        examples=push_examples.examples(),
        responses={
            201: OpenApiResponse(EvidenceReceipt, "Taken in"),
            200: OpenApiResponse(EvidenceReceipt, "Taken in before, under the same key"),
        },
        refusals=(400, 406, 409, 411, 413, 415, 422),
    )
    def post(self, request: Request) -> Response:
        actor = access.may_write_evidence(self.token)
        key = pushing.idempotency_key(request)
        pushing.refuse_by_length(request, settings.MAX_EVIDENCE_BYTES)
        evidence, first = pushing.push(request, self.token, actor=actor, key=key)
        body = _RECEIPT.to_representation(evidence)
        if not first:
            return Response(body, status=200, headers={"Idempotent-Replay": "true"})
        place = request.build_absolute_uri(f"{request.path}/{evidence.ref}")
        return Response(body, status=201, headers={"Location": place})


class EvidenceOne(ApiView):
    """One version of an item."""

    @operation(
        "read_evidence",
        "Read one item with its checks and reviews",
        scope=Scope.READ_EVIDENCE,
        responses={200: EvidenceDetail},
        refusals=(404, 406),
    )
    def get(self, request: Request, ref: str) -> Response:  # noqa: ARG002
        rows = access.evidence_by_token(self.token)
        known = rows.select_related("population").prefetch_related(
            "check_results__check_ref", "reviews__reviewer"
        )
        return Response(EvidenceDetail(get_object_or_404(known, ref=ref)).data)


def _page(rows: QuerySet[Evidence], wish: Mapping[str, Any]) -> paging.Page[Evidence]:
    last_before = _last_before(wish.get("received_after"))
    span = _span("pk", wish.get("cursor"), last_before)
    rest = _conditions(wish)
    claimed = _claimed(wish)
    if claimed is not None:
        claims = Claim.objects.filter(_span("evidence_id", wish.get("cursor"), last_before))
        # The look is shared out among the expectations, but each may fill a page alone.
        look = max(wish["limit"] + 1, paging.SCAN // max(1, len(claimed)) if rest else 0)
        floor = _claims_floor(claims, claimed, look)
        near = claims.filter(expectation__in=claimed, evidence_id__gt=floor or 0)
        rows = rows.filter(pk__in=near.values("evidence_id"))
        return paging.newest_first(rows, key="id", limit=wish["limit"], rest=rest, floor=floor)
    if "tag" in wish:
        tagged = EvidenceTag.objects.filter(
            _span("evidence_id", wish.get("cursor"), last_before), **wish["tag"]
        )
        floor = paging.nth(tagged, "evidence_id")
        rows = rows.filter(pk__in=tagged.filter(evidence_id__gt=floor or 0).values("evidence_id"))
        return paging.newest_first(rows, key="id", limit=wish["limit"], rest=rest, floor=floor)
    # Of the two indexed filters the first leads the search; the other is tried on what it finds.
    lead = next((name for name in ("area", "evidence_type") if name in wish), None)
    if lead:
        span &= Q(**{lead: wish[lead]})
        rest = _conditions({name: value for name, value in wish.items() if name != lead})
    return paging.newest_first(rows.filter(span), key="id", limit=wish["limit"], rest=rest)


def _conditions(wish: Mapping[str, Any]) -> Q:
    conditions = Q()
    lookups = {
        "area": "area",
        "evidence_type": "evidence_type",
        "covers_from": "covers_to__gte",
        "covers_to": "covers_from__lte",
        "received_after": "received_at__gt",
    }
    for name, lookup in lookups.items():
        if name in wish:
            conditions &= Q(**{lookup: wish[name]})
    if "status" in wish:
        conditions &= with_status(wish["status"])
    if "tag" in wish:
        tagged = EvidenceTag.objects.filter(evidence=OuterRef("pk"), **wish["tag"])
        conditions &= Q(Exists(tagged))
    return conditions


def _last_before(moment: datetime | None) -> int | None:
    """Return a key up to which nothing was received after the moment; None where none is known."""
    if moment is None:
        return None
    # What came out of quarantine keeps its old time of receipt, so its key says nothing of others.
    older = Evidence.objects.filter(
        received_at__lte=moment - _CLOCK_DOUBT, quarantine_decision__isnull=True
    )
    keys = older.order_by("-received_at").values_list("pk", flat=True)
    return next(iter(keys[:1]), None)


def _span(key: str, cursor: str | None, last_before: int | None) -> Q:
    span = paging.before(cursor, key)
    return span if last_before is None else span & Q(**{f"{key}__gt": last_before})


def _claimed(wish: Mapping[str, Any]) -> list[int] | None:
    """Return the keys of the expectations asked for; None where all evidence is."""
    keys: set[int] | None = None
    if "expectation" in wish:
        named = access.expectations_named([wish["expectation"]])
        if not named:
            raise paging.bad_query({"expectation": ["There is no expectation of this slug."]})
        keys = {one.pk for one in named.values()}
    if "control" in wish:
        expected = access.expectations_of(wish["control"])
        if not expected:
            raise paging.bad_query({"control": ["There is no control here that expects evidence."]})
        keys = set(expected) if keys is None else keys & set(expected)
    return None if keys is None else sorted(keys)


def _claims_floor(claims: QuerySet[Claim], expectations: list[int], look: int) -> int | None:
    """Return the key at which the look into the past ends for this page; None at no end."""
    far = claims.filter(expectation=OuterRef("pk")).order_by("-evidence_id").values("evidence_id")
    each = Expectation.objects.filter(pk__in=expectations).annotate(
        far=Subquery(far[look : look + 1])
    )
    floor: int | None = each.aggregate(floor=Max("far"))["floor"]
    return floor
