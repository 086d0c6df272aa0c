"""Runs for programs: every attempt to collect, with how it ended."""

import re
from typing import Any

from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Scope
from collectors.models import Run
from compliance.api import access, paging
from compliance.api.base import ApiView, operation
from compliance.api.links import Links, to

_REF = re.compile(r"RUN-(?P<number>[0-9]{1,18})")


class RunQuery(paging.PageQuery):
    """What runs are asked for."""

    source = serializers.CharField(  # type: ignore[assignment]
        required=False, help_text="Slug of a source."
    )
    state = serializers.ChoiceField(Run.State.choices, required=False)


class RunItem(serializers.Serializer[Run]):
    """One attempt to collect for one period."""

    ref = serializers.CharField()
    source = serializers.CharField(source="source.slug")  # type: ignore[assignment]
    period_from = serializers.DateField(allow_null=True)
    period_to = serializers.DateField(allow_null=True)
    attempt = serializers.IntegerField()
    state = serializers.ChoiceField(Run.State.choices)
    reason = serializers.CharField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()
    rows = serializers.IntegerField(allow_null=True)
    evidence = serializers.CharField(source="evidence.ref", default=None, allow_null=True)
    requested_by = serializers.CharField()
    log_index = serializers.IntegerField(source="ledger_entry_id")
    _links = Links(
        lambda run: {
            "self": to("run", run.ref),
            "evidence": to("evidence_one", run.evidence.ref) if run.evidence else "",
        }
    )


class RunPage(serializers.Serializer[Any]):
    """A page of runs."""

    items = RunItem(many=True, source="rows")
    next_cursor = serializers.CharField(allow_null=True)


class RunDetail(RunItem):
    """One attempt with its IPE record."""

    ipe = serializers.JSONField(help_text="How the list was made, and why it is complete.")


_QUERY = RunQuery()


class RunList(ApiView):
    """All runs, newest first."""

    @operation(
        "list_runs",
        "List runs, newest first",
        scope=Scope.READ_RUNS,
        parameters=[RunQuery],
        responses={200: RunPage},
        refusals=(400, 406),
    )
    def get(self, request: Request) -> Response:
        rows = access.runs_by_token(self.token)
        wish = paging.asked(request, _QUERY)
        span = paging.before(wish.get("cursor"), "number")
        rest = Q()
        if "source" in wish:
            source = access.source_named(wish["source"])
            if source is None:
                raise paging.bad_query({"source": ["There is no source of this slug."]})
            span &= Q(source=source)
        if "state" in wish and "source" in wish:
            rest = Q(state=wish["state"])
        elif "state" in wish:
            span &= Q(state=wish["state"])
        page = paging.newest_first(rows.filter(span), key="number", limit=wish["limit"], rest=rest)
        return Response(RunPage(page).data)


class RunOne(ApiView):
    """One run."""

    @operation(
        "read_run",
        "Read one run with its IPE record",
        scope=Scope.READ_RUNS,
        responses={200: RunDetail},
        refusals=(404, 406),
    )
    def get(self, request: Request, ref: str) -> Response:  # noqa: ARG002
        rows = access.runs_by_token(self.token)
        named = _REF.fullmatch(ref)
        if named is None:
            raise Http404
        return Response(RunDetail(get_object_or_404(rows, number=int(named["number"]))).data)
