"""Reconciliations in the staff door: all of them, one with its days, a day, a month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from accounts.access import can
from accounts.capabilities import Capability
from compliance.staff import words
from compliance.staff.base import person
from compliance.staff.site import site
from registers.models import (
    Break,
    DaySignature,
    InputFile,
    MonthSignature,
    Reconciliation,
    ReconciliationRun,
)
from registers.reconciling import (
    arriving,
    asking,
    definitions,
    months,
    queue,
    record,
    rolling,
    signing,
)
from reports import reconciliation_month

DAYS = 25
"""Business days on one page of a reconciliation."""
_STRIP = 10
REFRESH_SECONDS = 3
_MOST = 200


@dataclass(frozen=True)
class Standing:
    """How far one business day is."""

    day: date
    due: date
    mark: str
    label: str
    run: ReconciliationRun | None = None
    signature: DaySignature | None = None


def one(number: int) -> Reconciliation:
    """Return the reconciliation of an address, or raise 404."""
    return get_object_or_404(Reconciliation.objects.select_related("owner"), number=number)


def day_in(text: str) -> date:
    """Return the day of an address, or raise 404."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404 from None


def rights(request: HttpRequest) -> dict[str, bool]:
    """Say what a person may do here, for templates."""
    return {
        "may_run": can(request.user, Capability.RUN_RECONCILIATIONS),
        "may_manage": can(request.user, Capability.MANAGE_RECONCILIATIONS),
        "may_sign": can(request.user, Capability.SIGN_RECONCILIATIONS),
    }


@site.page("reconciliations/", name="reconciliations", needs=Capability.VIEW)
def reconciliations(request: HttpRequest) -> HttpResponseBase:
    today = words.today()
    found = list(Reconciliation.objects.select_related("owner").order_by("-number")[:_MOST])
    first = today - timedelta(days=2 * _STRIP)
    stood = _standings(found, first, today - timedelta(days=1), today)
    context = {
        "title": "Reconciliations",
        "intro": "Every business day, all sides of the same money are held against each other.",
        "rows": [(each, stood[each.pk][:_STRIP][::-1]) for each in found],
        "ages": queue.ages(today),
        **rights(request),
    }
    return site.render(request, "staff/reconciliations.html", context)


@site.page("reconciliations/<int:number>/", name="reconciliation", needs=Capability.VIEW)
def reconciliation_page(request: HttpRequest, number: int) -> HttpResponseBase:
    each, today = one(number), words.today()
    last = _before(request.GET.get("before", ""), today)
    first = last - timedelta(days=2 * DAYS)
    days = _standings([each], first, last, today)[each.pk]
    shown = days[:DAYS]
    more = shown[-1].day if len(days) > DAYS or (shown and first > each.starts_on) else None
    versions = list(each.rules.select_related("by", "approval__by"))
    context = {
        "title": each.title,
        "each": each,
        "days": shown,
        "more": more,
        "is_first": not request.GET.get("before"),
        "versions": versions,
        "in_force": next((one for one in versions if hasattr(one, "approval")), None),
        "changes": list(each.changes.select_related("by")),
        "ages": queue.ages(today, each),
        "month": today.replace(day=1),
        "user": person(request),
        **rights(request),
    }
    return site.render(request, "staff/reconciliation.html", context)


@site.page(
    "reconciliations/<int:number>/days/<str:day>/", name="reconciliation_day", needs=Capability.VIEW
)
def day_page(request: HttpRequest, number: int, day: str) -> HttpResponseBase:
    return shown_day(request, number, day)


def shown_day(request: HttpRequest, number: int, day: str, *, note: str = "") -> HttpResponseBase:
    """Show a day: its files, its last run with totals and identities, its signature."""
    each, wanted = one(number), day_in(day)
    if not definitions.is_due_on(each, wanted):
        raise Http404
    user, run = person(request), signing.last_run(each, wanted)
    listed = InputFile.objects.filter(reconciliation=each, day=wanted)
    of_day = list(listed.select_related("evidence", "by", "withdrawal__by"))
    signature = getattr(run, "signature", None)
    asked, coming = asking.standing(each, wanted), arriving.of_day(each, wanted)
    context = {
        "title": f"{each.title}, {words.day(wanted)}",
        "each": each,
        "day": wanted,
        "due": definitions.due_day(each, wanted),
        "is_overdue": not signature and words.today() > definitions.due_day(each, wanted),
        "files": of_day,
        "asked": asked,
        "coming": coming,
        "is_working": asked.is_working or any(one.is_working for one in coming),
        "refresh": REFRESH_SECONDS,
        "run": run,
        "runs": list(
            ReconciliationRun.objects.filter(reconciliation=each, day=wanted).select_related("by")
        ),
        "signature": signature,
        "obstacle": signing.obstacle(run, by=user) if run and not signature else "",
        "waiting_for": record.waiting_for(each, wanted) if signature else [],
        "rolled": rolling.forward(each, wanted, wanted) if run and run.moved_queue else [],
        "found": _found(run),
        "note": note,
        **_proved(run),
        **rights(request),
    }
    return site.render(request, "staff/reconciliation_day.html", context)


@site.page(
    "reconciliations/<int:number>/months/<str:month>/",
    name="reconciliation_month",
    needs=Capability.VIEW,
)
def month_page(request: HttpRequest, number: int, month: str) -> HttpResponseBase:
    return shown_month(request, number, month)


def shown_month(
    request: HttpRequest,
    number: int,
    month: str,
    *,
    note: str = "",
    reasons: Mapping[date, str] | None = None,
) -> HttpResponseBase:
    """Show the roll-forward of a month, and the form to sign it; what was typed stands again."""
    each, first = one(number), day_in(f"{month}-01")
    last = rolling.month_of(first)[1]
    signed = MonthSignature.objects.filter(reconciliation=each, month=first)
    signature = signed.select_related("by", "evidence").first()
    said = reasons or {}
    missing = [(one, said.get(one.day, "")) for one in months.unsigned_days(each, first)]
    context = {
        "title": f"{each.title}, {first:%B %Y}",
        "each": each,
        "first": first,
        "before": (first - timedelta(days=1)).replace(day=1),
        "after": last + timedelta(days=1) if last < words.today() else None,
        "rolled": rolling.forward(each, first, last),
        "signature": signature,
        "missing": missing,
        "named": signature.facts.get("missing", []) if signature else [],
        "papers": reconciliation_month.papers_of(signature) if signature else [],
        "obstacle": "" if signature else months.obstacle(each, first, by=person(request)),
        "note": note,
        **rights(request),
    }
    return site.render(request, "staff/reconciliation_month.html", context)


def _before(text: str, today: date) -> date:
    """Return the last day of a page: the one before that of an address, else yesterday."""
    try:
        return min(date.fromisoformat(text), today) - timedelta(days=1)
    except (ValueError, OverflowError):
        return today - timedelta(days=1)


def _standings(
    found: Sequence[Reconciliation], first: date, last: date, today: date
) -> dict[int, list[Standing]]:
    """Say of each business day of a span how far it is, the youngest first; two queries."""
    runs: dict[tuple[int, date], ReconciliationRun] = {}
    rows = ReconciliationRun.objects.filter(
        reconciliation__in=[each.pk for each in found], day__gte=first, day__lte=last
    )
    for run in rows.select_related("signature__by").defer("facts").order_by("number"):
        runs[run.reconciliation_id, run.day] = run
    return {
        each.pk: [
            _standing(each, day, runs.get((each.pk, day)), today)
            for day in reversed(list(definitions.business_days(each, first, last)))
        ]
        for each in found
    }


def _standing(
    each: Reconciliation, day: date, run: ReconciliationRun | None, today: date
) -> Standing:
    due = definitions.due_day(each, day)
    signature = getattr(run, "signature", None)
    if signature:
        late = signature.is_late
        return Standing(
            day, due, "late" if late else "met", "Signed late" if late else "Signed", run, signature
        )
    if run is None:
        is_missed = today > due
        mark, label = ("missed", "No run") if is_missed else ("waiting", "Waits for files")
        return Standing(day, due, mark, label)
    if run.state == ReconciliationRun.State.FAILED:
        return Standing(day, due, "failed", "Failed", run)
    return Standing(day, due, "awaiting", "Waits for a signature", run)


def _found(run: ReconciliationRun | None) -> list[Break]:
    """Return the first breaks that a run saw and that are still open."""
    if run is None:
        return []
    found = Break.objects.filter(reconciliation=run.reconciliation_id, is_open=True)
    return list(found.filter(seen_by=run).select_related("owner").order_by("-size", "number")[:20])


def _proved(run: ReconciliationRun | None) -> dict[str, Any]:
    """Return totals and identities of a run; those that do not hold come first."""
    facts = run.facts if run else {}
    proved, read = facts.get("identities", []), facts.get("files", [])
    return {
        "inputs": read,
        "totals": facts.get("totals", []),
        "identities": sorted(proved, key=lambda each: bool(each["holds"])),
        "broken": sum(not each["holds"] for each in proved),
        "since": min((date.fromisoformat(file["day"]) for file in read), default=None),
    }
