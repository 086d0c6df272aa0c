"""Findings in the staff door: the list, the page of one with its history, and deeds about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.access import can
from accounts.capabilities import Capability
from audits import finding_deeds
from audits.finding_entries import about, record_of
from audits.finding_record import (
    UNSETTLED,
    EntryKind,
    Part,
    Record,
    Side,
    Source,
    State,
    moved,
    obstacle_to_closing,
    obstacle_to_retesting,
    obstacle_to_revising,
)
from audits.finding_text import draft
from audits.models import Engagement, Finding, FindingStanding
from compliance.staff import chosen, words
from compliance.staff.base import REFUSALS, RoomAdmin, attempt, person
from compliance.staff.finding_forms import DEEDS, OpenForm
from compliance.staff.site import DO, READ, READ_AND_DO, site
from controls.models import Control, Expectation
from reports import corrective_actions

BADGES = {
    State.OPEN: "failing",
    State.REOPENED: "failing",
    State.RESPONDED: "waiting",
    State.REMEDIATION: "waiting",
    State.RETESTED: "met",
    State.CLOSED: "done",
    State.RISK_ACCEPTED: "exempt",
}
COUNTED = 1_000
_ENGAGEMENTS = 50
_TEXTS = (
    Part.CONDITION,
    Part.EXTENT,
    Part.CAUSE,
    Part.EFFECT,
    Part.NATURE,
    Part.COMPENSATING,
)
_DECISIONS = ("retest", "close", "reopen", "accept-risk")


@dataclass(frozen=True)
class Text:
    """One text of a finding as the page shows it: its revisions, and whether it can be edited."""

    part: Part
    current: Any
    earlier: Sequence[Any]
    may_edit: bool


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("unsettled", "Not settled"), *((one.value, one.label) for one in State)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Finding]) -> QuerySet[Finding]:
        if self.value() == "unsettled":
            return queryset.filter(standing__state__in=UNSETTLED)
        return queryset.filter(standing__state=self.value()) if self.value() else queryset


class OverdueFilter(admin.SimpleListFilter):
    title = "actions"
    parameter_name = "actions"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("overdue", "Overdue"), ("open", "Open")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Finding]) -> QuerySet[Finding]:
        if self.value() == "overdue":
            return queryset.filter(standing__next_due__lt=words.today())
        return queryset.filter(standing__next_due__isnull=False) if self.value() else queryset


class EngagementFilter(admin.SimpleListFilter):
    title = "engagement"
    parameter_name = "engagement"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = Engagement.objects.order_by("-pk")[:_ENGAGEMENTS]
        return [(str(one.pk), one.ref) for one in known]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Finding]) -> QuerySet[Finding]:
        wanted = self.value()
        if wanted and wanted.isdecimal() and len(wanted) < 19:
            return queryset.filter(engagement=int(wanted))
        return queryset


@admin.register(Finding, site=site)
class FindingAdmin(RoomAdmin):
    intro = "Deviations of the audits, and what is done about each. None of them ever goes away."
    empty_words = "No finding"
    empty_next = (
        "A check that finds exceptions opens one by itself; what people notice, they open here."
    )
    list_display = ["finding", "control_ref", "concerns", "found", "state", "action_due"]
    list_filter = [StateFilter, OverdueFilter, EngagementFilter]
    list_select_related = ["standing"]
    search_fields = ["ref"]
    search_help_text = "Reference, control or expectation"
    detail_template = "staff/finding.html"
    buttons = [
        ("Open actions as a spreadsheet", "finding_actions", Capability.VIEW),
        ("Open a finding", "finding_open", Capability.MANAGE_FINDINGS),
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look only where an index leads."""
        term = search_term.strip()
        if not term:
            return queryset, False
        named = Q(ref=term.upper()) | Q(control_ref=term.upper())
        slugs = Expectation.objects.filter(slug=term.lower()).values_list("control__ref", "slug")
        for control, slug in slugs:
            named |= Q(control_ref=control, expectation_slug=slug)
        return queryset.filter(named), False

    def detail(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        record = record_of(row)
        user = request.user
        expectation = Expectation.objects.filter(slug=row.expectation_slug).first()
        return {
            "title": row.title,
            "record": record,
            "badge": BADGES[record.state],
            "texts": list(_texts(record)),
            "response": record.current(Part.RESPONSE),
            "report": record.current(Part.REPORT, Side.MANAGEMENT),
            "auditors_report": record.current(Part.REPORT, Side.AUDITOR),
            "draft": draft(about(row), record),
            "actions": [(one, one.is_overdue(words.today())) for one in record.actions],
            "history": reversed(record.entries),
            "expectation": expectation,
            "control": Control.objects.filter(ref=row.control_ref).first(),
            "deeds": _deeds(row, record, may_decide=can(user, Capability.MANAGE_FINDINGS)),
            "may_answer": can(user, Capability.ANSWER_FINDINGS),
        }

    @admin.display(description="Finding")
    def finding(self, row: Any) -> SafeString:
        return words.lines(row.title, row.ref)

    @admin.display(description="Concerns")
    def concerns(self, row: Any) -> str:
        return words.period(row.start, row.end)

    @admin.display(description="Found by")
    def found(self, row: Any) -> str:
        return Source(row.source).label

    @admin.display(description="State")
    def state(self, row: Any) -> SafeString:
        state = State(row.standing.state)
        return words.badge(BADGES[state], state.label)

    @admin.display(description="Next action due")
    def action_due(self, row: Any) -> SafeString | str:
        due = row.standing.next_due
        if due is None:
            return words.NOTHING
        late = due < words.today()
        return words.badge("missed", f"Overdue: {words.day(due)}") if late else words.day(due)


@site.page(
    "audits/finding/add/",
    name="finding_open",
    needs=Capability.MANAGE_FINDINGS,
    methods=READ_AND_DO,
)
def open_finding(request: HttpRequest) -> HttpResponseBase:
    choice = chosen.of(request)
    if choice.engagement is None:
        messages.warning(request, "Open an engagement first: a finding belongs to one.")
        return redirect("admin:audits_engagement_changelist")
    form = OpenForm(request.POST or None, engagement=choice.engagement)
    if form.is_valid():
        try:
            finding = form.perform(person(request))
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:audits_finding_change", finding.pk)
    context = {
        "title": "Open a finding",
        "intro": f"By your own test, in {choice.engagement}.",
        "form": form,
        "button": "Open it",
        "cancel": reverse("admin:audits_finding_changelist"),
    }
    return site.render(request, "staff/form.html", context)


@site.page(
    "audits/finding/<int:pk>/do/<slug:deed>/",
    name="finding_do",
    needs=Capability.ANSWER_FINDINGS,
    methods=READ_AND_DO,
)
def do(request: HttpRequest, pk: int, deed: str) -> HttpResponseBase:
    """Show the form of one deed, and do it; the room says who may and when."""
    if deed not in DEEDS:
        raise Http404
    finding = get_object_or_404(Finding.objects.select_related("engagement"), pk=pk)
    page = reverse("admin:audits_finding_change", args=[pk])
    form = DEEDS[deed](request.POST or None, record=record_of(finding))
    if form.is_valid():
        try:
            form.perform(finding, person(request))
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, "It is written into the history.")
            return redirect(page)
    context = {
        "title": form.heading,
        "intro": f"{finding.ref}: {finding.title}. {form.intro}",
        "form": form,
        "button": form.button,
        "cancel": page,
    }
    return site.render(request, "staff/form.html", context)


@site.page(
    "audits/finding/<int:pk>/draft/",
    name="finding_draft",
    needs=Capability.ANSWER_FINDINGS,
    methods=DO,
)
def use_draft(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Put the draft in the place of management's report text."""
    finding = get_object_or_404(Finding.objects.select_related("engagement"), pk=pk)
    by = person(request)
    attempt(
        request,
        lambda: finding_deeds.draft_again(finding, by=by),
        done="The report text is the draft again; the one before is in the history.",
    )
    return redirect("admin:audits_finding_change", pk)


@site.page(
    "audits/finding/actions.csv", name="finding_actions", needs=Capability.VIEW, methods=READ
)
def take_actions(_request: HttpRequest) -> HttpResponseBase:
    """Hand out the open corrective actions of all open engagements, one row each."""
    return HttpResponse(
        corrective_actions.content(words.today()),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{corrective_actions.NAME}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def waiting() -> tuple[int, int]:
    """How many findings are open, and how many have an overdue action; each counted so far only."""
    rows = FindingStanding.objects.order_by()
    opened = rows.filter(state__in=[State.OPEN, State.REOPENED])[: COUNTED + 1].count()
    return opened, rows.filter(next_due__lt=words.today())[: COUNTED + 1].count()


def _texts(record: Record) -> Iterator[Text]:
    for part in _TEXTS:
        revisions = record.revisions.get(part, ())
        yield Text(
            part=part,
            current=record.current(part),
            earlier=revisions[:-1][::-1],
            may_edit=not obstacle_to_revising(record, part, Side.MANAGEMENT),
        )


def _deeds(finding: Finding, record: Record, *, may_decide: bool) -> list[tuple[str, str]]:
    """The deeds that are possible now, as slug and label."""
    state = record.state
    possible = {
        "respond": not moved(EntryKind.RESPONDED, state)[1],
        "plan": not moved(EntryKind.PLANNED, state)[1] and bool(record.current(Part.RESPONSE)),
        "finish": bool(record.open_actions) and not moved(EntryKind.DONE, state)[1],
        "withdraw": bool(record.open_actions) and not moved(EntryKind.WITHDRAWN, state)[1],
        "retest": not obstacle_to_retesting(record),
        "close": not obstacle_to_closing(record, Source(finding.source)),
        "reopen": not moved(EntryKind.REOPENED, state)[1],
        "accept-risk": not moved(EntryKind.RISK_ACCEPTED, state)[1],
        "comment": True,
    }
    return [
        (slug, DEEDS[slug].heading)
        for slug, can_be_done in possible.items()
        if can_be_done and (may_decide or slug not in _DECISIONS)
    ]
