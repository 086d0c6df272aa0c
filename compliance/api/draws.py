"""Samples for programs: a draw with what its work sheet comes to, and its items one by one."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Scope
from audits.errors import PopulationRefusedError
from audits.models import Draw, SampleItem, SampleResult
from audits.tables import cells_at
from audits.tallies import Tally, tallies_of
from audits.worksheets import latest_of
from compliance.api import access, paging
from compliance.api.base import ApiView, operation
from compliance.api.errors import Refusal
from compliance.api.links import Links, to
from compliance.api.populations import DrawBrief

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Line:
    """One item as it is told: its cells in the order of the columns, its results by letter."""

    row: int
    cells: Sequence[str]
    results: Sequence[SampleResult]


def _place(draw: Draw) -> tuple[str, int, int]:
    return draw.population.engagement.ref, draw.population.number, draw.number


class TallyItem(serializers.Serializer[Tally]):
    """One attribute that is tested of each item, and what the results come to."""

    attribute = serializers.CharField(source="attribute.letter")
    title = serializers.CharField(source="attribute.title")
    passed = serializers.IntegerField()
    deviations = serializers.IntegerField()
    not_applicable = serializers.IntegerField()
    not_tested = serializers.IntegerField()
    statement = serializers.CharField(help_text="What the results support, in words.")


class DrawDetail(DrawBrief):
    """One draw: by what it can be repeated, and where its work sheet stands."""

    population = serializers.CharField(source="population.ref")
    nonce = serializers.CharField()
    seed = serializers.CharField()
    record = serializers.JSONField(
        source="said", help_text="What the leaf binds: inputs, algorithm and chosen rows."
    )
    record_sha256 = serializers.CharField(help_text="SHA-256 of the record as canonical JSON.")
    log_index = serializers.IntegerField(source="ledger_entry_id")
    attributes = TallyItem(many=True, source="tallies")
    _links = Links(
        lambda draw: {
            "self": to("draw", *_place(draw)),
            "items": to("draw_items", *_place(draw)),
            "population": to("population", *_place(draw)[:2]),
        }
    )


class ResultItem(serializers.Serializer[SampleResult]):
    """The result of one attribute that counts: the latest one."""

    attribute = serializers.CharField(source="attribute.letter")
    result = serializers.ChoiceField(SampleResult.Result.choices)
    note = serializers.CharField()
    evidence = serializers.CharField(source="evidence.ref", default=None, allow_null=True)
    entry = serializers.IntegerField(
        source="entry.number", help_text="Number of the work sheet's entry that recorded it."
    )
    recorded_at = serializers.DateTimeField(source="entry.made_at")


class SampleLine(serializers.Serializer[Line]):
    """One item drawn; an attribute without a result was not tested yet."""

    row = serializers.IntegerField(help_text="Its number in the table, from 1.")
    cells = serializers.ListField(child=serializers.CharField(allow_blank=True))
    results = ResultItem(many=True)


class SamplePage(serializers.Serializer[Any]):
    """A page of the items of a draw, in the order of the table."""

    columns = serializers.ListField(child=serializers.CharField())
    items = SampleLine(many=True)
    next_cursor = serializers.CharField(allow_null=True)


_QUERY = paging.PageQuery()


class DrawOne(ApiView):
    """One draw."""

    @operation(
        "read_draw",
        "Read one draw with what its work sheet comes to",
        scope=Scope.READ_SAMPLES,
        tags=["samples"],
        responses={200: DrawDetail},
        refusals=(404, 406),
    )
    def get(self, request: Request, ref: str, number: str, draw: str) -> Response:  # noqa: ARG002
        rows = access.draws_by_token(self.token, ref, int(number))
        found: Any = get_object_or_404(rows, number=draw)
        found.tallies = tallies_of(found)
        return Response(DrawDetail(found).data)


class DrawItems(ApiView):
    """The items of one draw with their results."""

    http_method_names = ["get"]

    @operation(
        "list_draw_items",
        "List the items of a draw with their results, in the order of the table",
        scope=Scope.READ_SAMPLES,
        tags=["samples"],
        description="The rows are shown as they were sealed, so each page leaves a leaf.",
        parameters=[paging.PageQuery],
        responses={200: SamplePage},
        refusals=(400, 404, 406, 503),
    )
    def get(self, request: Request, ref: str, number: str, draw: str) -> Response:
        rows = access.draws_by_token(self.token, ref, int(number))
        found = get_object_or_404(rows, number=draw)
        wish = paging.asked(request, _QUERY)
        page = paging.in_order(
            found.items.all(), key="row", cursor=wish.get("cursor"), limit=wish["limit"]
        )
        lines = _lines(found, page.rows)
        if lines:
            access.note_rows(found, self.token, [line.row for line in lines])
        columns = found.population.said["columns"]
        told = {"columns": columns, "items": lines, "next_cursor": page.next_cursor}
        return Response(SamplePage(told).data)


def _lines(draw: Draw, items: Sequence[SampleItem]) -> list[Line]:
    try:
        cells = cells_at(draw.population.evidence.population, [item.offset for item in items])
    except PopulationRefusedError as error:
        log.warning("The rows of %s cannot be read", draw.ref, exc_info=error)
        raise Refusal(503, "unreadable", str(error)) from error
    latest = latest_of(items)
    found: dict[int, list[SampleResult]] = {item.row: [] for item in items}
    for (row, _), result in sorted(latest.items()):
        found[row].append(result)
    return [
        Line(item.row, texts, found[item.row]) for item, texts in zip(items, cells, strict=True)
    ]
