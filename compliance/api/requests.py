"""Requests for programs: what auditors asked of an engagement, and what was answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import actor
from accounts.tokens import Scope
from audits.models import AnswerItem, EvidenceRequest, RequestEntry, Side
from audits.request_rows import Row, rows_of
from audits.request_terms import split
from audits.requests import WAITING
from compliance.api import access, paging
from compliance.api.base import ApiView, operation
from compliance.api.links import Links, to

State = EvidenceRequest.State
# The thread calls an open request by the move that opened it; programs read its state.
STATES = [(state.label.lower(), state.label) for state in State]
_NAMED = {state.label.lower(): state for state in State}


@dataclass(frozen=True)
class Told(Row):
    """One request with its thread."""

    thread: Sequence[RequestEntry]


class RequestQuery(paging.PageQuery):
    """What requests are asked for."""

    state = serializers.ChoiceField(STATES, required=False)
    due_until = serializers.DateField(
        required=False,
        help_text="Only what waits for somebody and is due on this day or before.",
    )


class Answer(serializers.Serializer[AnswerItem]):
    """A version of evidence that was handed over, with the digest that it had."""

    evidence = serializers.CharField(source="evidence.ref")
    sha256 = serializers.CharField(source="digest")


class RequestItem(serializers.Serializer[Row]):
    """One request, and where it stands."""

    ref = serializers.CharField(source="request.ref")
    number = serializers.IntegerField(source="request.number")
    title = serializers.CharField(source="request.title")
    text = serializers.CharField(source="request.text")
    concerns = serializers.SerializerMethodField(help_text="Controls and criteria.")
    due = serializers.DateField(source="request.due", allow_null=True)
    owner = serializers.SerializerMethodField(
        help_text="Who answers: `user:` and a number, `role:` and a role, or nothing yet."
    )
    asked_by = serializers.SerializerMethodField()
    asked_as = serializers.ChoiceField(Side.choices, source="request.asked_for")
    asked_at = serializers.DateTimeField(source="request.asked_at")
    state = serializers.SerializerMethodField()
    answers = Answer(many=True, help_text="The items of all answers, each once.")
    _links = Links(
        lambda row: {
            "self": to("request", row.request.engagement.ref, row.request.number),
            "engagement": to("engagement", row.request.engagement.ref),
        }
    )

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_concerns(self, row: Row) -> list[str]:
        return list(split(row.request.refs))

    def get_owner(self, row: Row) -> str:
        if row.request.owner:
            return actor(row.request.owner)
        return f"role:{row.request.owner_role}" if row.request.owner_role else ""

    def get_asked_by(self, row: Row) -> str:
        return actor(row.request.asked_by)

    @extend_schema_field(serializers.ChoiceField(STATES))
    def get_state(self, row: Row) -> str:
        return row.state.label.lower()


class RequestPage(serializers.Serializer[Any]):
    """A page of requests."""

    items = RequestItem(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class RequestStep(serializers.Serializer[RequestEntry]):
    """One deed in the thread of a request."""

    deed = serializers.ChoiceField(RequestEntry.Kind.choices, source="kind")
    side = serializers.ChoiceField(Side.choices)
    by = serializers.SerializerMethodField()
    at = serializers.DateTimeField()
    text = serializers.CharField()
    answers = Answer(many=True, source="items.all")
    log_index = serializers.IntegerField(source="ledger_entry_id")

    def get_by(self, entry: RequestEntry) -> str:
        return actor(entry.by)


class RequestDetail(RequestItem):
    """One request with its whole thread, the oldest deed first."""

    thread = RequestStep(many=True)


_QUERY = RequestQuery()


class RequestList(ApiView):
    """The requests of one engagement, the newest first."""

    @operation(
        "list_requests",
        "List the requests of an engagement, the newest first",
        scope=Scope.READ_REQUESTS,
        tags=["requests"],
        parameters=[RequestQuery],
        responses={200: RequestPage},
        refusals=(400, 404, 406),
    )
    def get(self, request: Request, ref: str) -> Response:
        rows = access.requests_by_token(self.token, ref)
        wish = paging.asked(request, _QUERY)
        rows = rows.filter(paging.before(wish.get("cursor"), "number"))
        rest = Q()
        if "state" in wish:
            rest &= Q(state=_NAMED[wish["state"]])
        if "due_until" in wish:
            rest &= Q(due__lte=wish["due_until"], state__in=WAITING)
        page = paging.newest_first(rows, key="number", limit=wish["limit"], rest=rest)
        found = {"items": rows_of(page.rows), "next_cursor": page.next_cursor}
        return Response(RequestPage(found).data)


class RequestOne(ApiView):
    """One request."""

    @operation(
        "read_request",
        "Read one request with its whole thread",
        scope=Scope.READ_REQUESTS,
        tags=["requests"],
        responses={200: RequestDetail},
        refusals=(404, 406),
    )
    def get(self, request: Request, ref: str, number: str) -> Response:  # noqa: ARG002
        found = get_object_or_404(access.requests_by_token(self.token, ref), number=number)
        [row] = rows_of([found])
        thread = found.entries.select_related("by").prefetch_related("items__evidence")
        return Response(RequestDetail(Told(**vars(row), thread=list(thread))).data)
