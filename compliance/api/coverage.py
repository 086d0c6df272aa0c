"""Coverage for programs: every occurrence that an engagement expects, as known at a moment."""

from collections.abc import Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Scope
from audits.coverage import Occurrence, State
from audits.facts import coverage_of
from compliance.api import access, paging
from compliance.api.base import ApiView, operation

_STATES = [(state.value, state.value) for state in State]


class CoverageQuery(paging.PageQuery):
    """What is asked of the coverage."""

    control = serializers.CharField(
        required=False, max_length=40, help_text="Reference of a control: only what it must leave."
    )
    state = serializers.ChoiceField(_STATES, required=False)
    as_of = serializers.DateTimeField(
        required=False,
        help_text="What was known at this moment; without it, now. Give the `as_of` of the first "
        "page with every further page.",
    )

    def validate_as_of(self, value: Any) -> Any:
        if value > timezone.now():
            raise serializers.ValidationError("This moment lies in the future.")
        return value


class OccurrenceItem(serializers.Serializer[Occurrence]):
    """One expected time, both days included, and what became of it."""

    expectation = serializers.CharField(source="slug")
    start = serializers.DateField()
    end = serializers.DateField()
    due = serializers.DateField()
    state = serializers.ChoiceField(_STATES)
    evidence = serializers.ListField(child=serializers.CharField())
    reason = serializers.CharField()


class CoveragePage(serializers.Serializer[Any]):
    """A page of occurrences, by expectation and then by time, and how many are in each state."""

    as_of = serializers.DateTimeField()
    totals = serializers.DictField(
        child=serializers.IntegerField(), help_text="Of all that was asked for, whatever its state."
    )
    items = OccurrenceItem(many=True)
    next_cursor = serializers.CharField(allow_null=True)


_QUERY = CoverageQuery()


class EngagementCoverage(ApiView):
    """The occurrences of one engagement."""

    @operation(
        "read_coverage",
        "List the occurrences of an engagement with their states",
        scope=Scope.READ_ENGAGEMENTS,
        parameters=[CoverageQuery],
        responses={200: CoveragePage},
        refusals=(400, 404, 406),
    )
    def get(self, request: Request, ref: str) -> Response:
        engagement = get_object_or_404(access.engagements_by_token(self.token), ref=ref)
        wish = paging.asked(request, _QUERY)
        as_of = wish.get("as_of") or timezone.now()
        report = coverage_of(engagement, as_of, control=wish.get("control", ""))
        found = [one for one in report.occurrences if wish.get("state") in {None, one.state.value}]
        start = _start(wish)
        end = start + wish["limit"]
        page = {
            "as_of": as_of,
            "totals": {state.value: count for state, count in report.totals.items()},
            "items": found[start:end],
            "next_cursor": paging.encoded(str(end)) if end < len(found) else None,
        }
        return Response(CoveragePage(page).data)


def _start(wish: Mapping[str, Any]) -> int:
    """Return the place of the first row of a page."""
    if "cursor" not in wish:
        return 0
    text = paging.decoded(wish["cursor"])
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise paging.bad_cursor()
    return int(text)
