"""Sources and runs in the staff door: the lists, and the page of each."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, prefetch_related_objects
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.access import can
from accounts.capabilities import Capability
from collectors import planning, registry
from collectors.errors import CollectorError
from collectors.models import Run, Source
from collectors.registry import Collector
from compliance import moments
from compliance.staff import timetable, words
from compliance.staff.base import RoomAdmin
from compliance.staff.site import site
from evidence import exhibit

_RUNS_SHOWN = 10
TITLES_SEARCHED = 10_000


def collector_of(source: Source) -> Collector | None:
    """The collector of a source; None where its file or its package is gone."""
    try:
        return registry.get(source.collector)
    except CollectorError:
        return None


@admin.register(Source, site=site)
class SourceAdmin(RoomAdmin):
    intro = "The systems that evidence is collected from, by themselves and on schedule."
    empty_words = "No source is connected yet"
    empty_next = (
        "Connect a system, and it is asked for evidence by itself as often as its controls need."
    )
    list_display = ["source", "collector", "asked", "due", "last_run", "state"]
    list_filter = ["enabled", "environment"]
    detail_template = "staff/source.html"
    buttons = [("Connect a source", "source_choose", Capability.MANAGE_SOURCES)]

    def dress(self, rows: Sequence[Any]) -> None:
        latest = Run.objects.filter(source=OuterRef("pk")).order_by("-number").values("pk")[:1]
        found = Source.objects.filter(pk__in=[row.pk for row in rows]).annotate(
            last=Subquery(latest)
        )
        last = dict(found.values_list("pk", "last"))
        runs = Run.objects.in_bulk([key for key in last.values() if key])
        for row in rows:
            row.last = runs.get(last[row.pk])
        prefetch_related_objects(rows, "expectations")
        for row in rows:
            row.lag_days = planning.lag_of(row.expectations.all())

    def detail(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return facts_of(row, request)

    @admin.display(description="Source")
    def source(self, row: Any) -> SafeString:
        return words.lines(row.title, row.slug)

    @admin.display(description="Asked")
    def asked(self, row: Any) -> str:
        return timetable.words_of(row, lag_days=row.lag_days)

    @admin.display(description="Next")
    def due(self, row: Any) -> SafeString | str:
        return words.in_list(timetable.next_due(row, lag_days=row.lag_days)) or words.NOTHING

    @admin.display(description="Last run")
    def last_run(self, row: Any) -> SafeString:
        if row.last is None:
            return words.badge("none", "Never run")
        state = words.badge(row.last.state, row.last.get_state_display())
        return words.lines(state, moments.moment(row.last.finished_at))

    @admin.display(description="State")
    def state(self, row: Any) -> SafeString:
        return (
            words.badge("active", "Enabled") if row.enabled else words.badge("inactive", "Disabled")
        )


def facts_of(source: Source, request: HttpRequest) -> dict[str, Any]:
    """What the page of a source says: what it asks, how it is set, and what its runs gave."""
    collector = collector_of(source)
    lag_days = planning.lag_of(source.expectations.all())
    return {
        "collector": collector,
        "settings": list(shown_settings(source, collector)) if collector else [],
        "schedule_words": timetable.words_of(source, lag_days=lag_days),
        "next_due": timetable.next_due(source, lag_days=lag_days),
        "expectations": source.expectations.select_related("control").order_by(
            "control__ref", "slug"
        ),
        "runs": source.runs.select_related("evidence").order_by("-number")[:_RUNS_SHOWN],
        "may_run": can(request.user, Capability.RUN_COLLECTOR),
        "may_manage": can(request.user, Capability.MANAGE_SOURCES),
    }


def shown_settings(source: Source, collector: Collector) -> list[tuple[str, str]]:
    """The settings of a source with their labels; of a secret only that it is there."""
    shown = []
    for name, info in collector.settings.model_fields.items():
        if name in collector.secret_fields:
            value = "Sealed" if source.secrets else "Not set"
        else:
            value = _as_words(source.config.get(name, ""))
        shown.append((info.title or name, value))
    return shown


def _as_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {kind}" for name, kind in value.items()) or words.NOTHING
    if isinstance(value, list):
        return ", ".join(map(str, value)) or words.NOTHING
    return str(value) or words.NOTHING


@admin.register(Run, site=site)
class RunAdmin(RoomAdmin):
    intro = "Every attempt to collect. Only complete and empty-by-fact runs count as coverage."
    empty_words = "No source was asked yet"
    empty_next = (
        "A source is asked on its schedule, or at once from its page; each attempt then stands"
        " here."
    )
    empty_links = [("Go to the sources", "collectors_source_changelist", Capability.VIEW)]
    list_display = ["run", "of_source", "days", "started_at", "took", "count", "outcome", "why"]
    list_select_related = ["source"]
    list_filter = ["state", "source"]
    search_fields = ["number"]
    search_help_text = "RUN-000123"
    detail_template = "staff/run.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        digits = term.upper().removeprefix("RUN").strip("- ")
        if digits.isdecimal() and len(digits) < 16:
            return queryset.filter(number=int(digits)), False
        return queryset.none(), False

    def detail(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {
            "proof": exhibit.proof(row.ledger_entry),
            "ipe": exhibit.described(row.ipe),
            "attempts": Run.objects.filter(ticket=row.ticket)
            .exclude(pk=row.pk)
            .order_by("attempt")[:20],
        }

    @admin.display(description="Run")
    def run(self, row: Any) -> SafeString:
        return words.whole(row.ref)

    @admin.display(description="Source")
    def of_source(self, row: Any) -> str:
        return str(row.source)

    @admin.display(description="About")
    def days(self, row: Any) -> SafeString:
        return words.whole(words.period(row.period_from, row.period_to) or words.NOTHING)

    @admin.display(description="Took")
    def took(self, row: Any) -> SafeString:
        return words.whole(words.duration(row.took))

    @admin.display(description="Rows")
    def count(self, row: Any) -> str:
        return words.NOTHING if row.rows is None else f"{row.rows:,}"

    @admin.display(description="State")
    def outcome(self, row: Any) -> SafeString:
        return words.badge(row.state, row.get_state_display())

    @admin.display(description="Reason")
    def why(self, row: Any) -> str:
        return row.reason if len(row.reason) <= 120 else f"{row.reason[:120]}…"
