"""Findings as an auditor reads them, and what an auditor says about them."""

from collections.abc import Iterator, Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.models import User
from audits.finding_entries import about, record_of
from audits.finding_record import (
    EntryKind,
    Part,
    Record,
    Side,
    State,
    moved,
    obstacle_to_retesting,
    obstacle_to_revising,
)
from audits.finding_text import draft
from audits.models import Engagement, Finding
from compliance.portal import access, listing
from compliance.portal.finding_forms import DEEDS, AuditorsForm, OpenForm
from compliance.portal.pages import show

PAGE = 50
MARKS = {
    State.OPEN: "failing",
    State.REOPENED: "failing",
    State.RESPONDED: "partial",
    State.REMEDIATION: "partial",
    State.RETESTED: "met",
    State.CLOSED: "met",
    State.RISK_ACCEPTED: "exempt",
}
_TEXTS = (
    *(Part.CONDITION, Part.EXTENT, Part.CAUSE, Part.EFFECT, Part.NATURE),
    *(Part.COMPENSATING, Part.RESPONSE),
)


@access.for_auditor
def finding_list(request: HttpRequest, user: User, engagement: Engagement) -> HttpResponse:
    """List the findings, the latest first; by state and by control, and from a number on."""
    rows = access.findings(engagement).order_by("-number")
    state, control = request.GET.get("state", ""), request.GET.get("control", "")
    controls = list(access.controls(engagement).order_by("ref"))
    chosen = listing.chosen(controls, control)
    if state:
        rows = rows.filter(standing__state=_state(state))
    if chosen:
        rows = rows.filter(control_ref=chosen.ref)
    before = listing.place(request.GET.get("before", ""))
    found = list((rows.filter(number__lt=before) if before else rows)[: PAGE + 1])
    access.viewed(engagement, user, f"{engagement.ref} findings")
    following = request.GET.copy()
    following["before"] = str(found[PAGE - 1].number) if len(found) > PAGE else ""
    return show(
        request,
        "findings",
        engagement,
        rows=[(one, _mark(one.state)) for one in found[:PAGE]],
        following=following.urlencode() if len(found) > PAGE else "",
        states=State,
        state=state,
        controls=controls,
        control=chosen,
        is_first=before is None,
    )


@access.for_auditor
def finding(
    request: HttpRequest, user: User, engagement: Engagement, finding_ref: str
) -> HttpResponse:
    """Show one finding with its whole history."""
    found = get_object_or_404(access.findings(engagement), ref=finding_ref)
    record = record_of(found)
    access.viewed(engagement, user, found.ref)
    named = {one.evidence for one in record.entries if one.evidence}
    visible = set(
        access.evidence(engagement).filter(ref__in=named).values_list("ref", flat=True)
        if named
        else ()
    )
    return show(
        request,
        "finding",
        engagement,
        finding=found,
        record=record,
        mark=_mark(record.state),
        texts=[(part, record.current(part)) for part in _TEXTS if record.current(part)],
        reports=list(_reports(record)),
        draft=draft(about(found), record),
        history=[(one, one.evidence in visible) for one in reversed(record.entries)],
        deeds=_deeds(record),
    )


@access.for_auditor_deed
def open_finding(request: HttpRequest, user: User, engagement: Engagement) -> HttpResponseBase:
    """Open a finding of the auditor."""
    form = OpenForm(request.POST or None, engagement=engagement)
    access.viewed(engagement, user, f"{engagement.ref}/findings/open")
    return _answered(request, user, engagement, form)


@access.for_auditor_deed
def do(
    request: HttpRequest, user: User, engagement: Engagement, finding_ref: str, deed: str
) -> HttpResponseBase:
    """Show the form of one deed about a finding, and do it."""
    if deed not in DEEDS:
        raise Http404
    found = get_object_or_404(access.findings(engagement), ref=finding_ref)
    record = record_of(found)
    form = DEEDS[deed](request.POST or None, engagement=engagement, record=record)
    access.viewed(engagement, user, f"{found.ref}/{deed}")
    return _answered(request, user, engagement, form, found)


def _answered(
    request: HttpRequest,
    user: User,
    engagement: Engagement,
    form: AuditorsForm,
    found: Finding | None = None,
) -> HttpResponseBase:
    done = form.attempt(found, user) if request.method == "POST" else None
    if done:
        return redirect("portal:finding", engagement.ref, done.ref)
    return show(request, "finding_form", engagement, form=form, finding=found)


def _state(name: str) -> State:
    try:
        return State(name)
    except ValueError:
        raise Http404 from None


def _mark(state: State) -> listing.Mark:
    return listing.Mark(MARKS[state], state.label)


def _reports(record: Record) -> Iterator[tuple[str, str]]:
    for side in (Side.AUDITOR, Side.MANAGEMENT):
        if text := record.report_text(side):
            yield side.label, text


def _deeds(record: Record) -> Sequence[tuple[str, str]]:
    """What an auditor may do now, as slug and label."""
    possible = {
        "retest": not obstacle_to_retesting(record),
        "reopen": not moved(EntryKind.REOPENED, record.state)[1],
        "condition": not obstacle_to_revising(record, Part.CONDITION, Side.AUDITOR),
        "report": True,
        "comment": True,
    }
    return [(slug, DEEDS[slug].heading) for slug, fits in possible.items() if fits]
