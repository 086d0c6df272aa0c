"""Requests as an auditor works with them: the list, one with its thread, asking and deciding."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.models import User
from audits import days, requests
from audits.errors import AuditsError
from audits.models import Engagement, EvidenceRequest, RequestEntry, Side
from audits.request_rows import rows_of
from audits.request_terms import owner_of
from compliance.portal import access
from compliance.portal.pages import show
from compliance.portal.request_forms import AskForm, words_of

PAGE = 50
_MOST_DIGITS = 9
MARKS = {
    EvidenceRequest.State.OPEN: "upcoming",
    EvidenceRequest.State.ANSWERED: "partial",
    EvidenceRequest.State.RETURNED: "failing",
    EvidenceRequest.State.ACCEPTED: "met",
    EvidenceRequest.State.WITHDRAWN: "exempt",
}
"""The colour and the sign of each state on the pages of the portal."""


@access.for_auditor
def request_index(request: HttpRequest, user: User, engagement: Engagement) -> HttpResponse:
    """List the requests by number, fifty at a time; by state, or what is overdue."""
    asked = {name: request.GET.get(name, "") for name in ("state", "overdue")}
    after = _number(request.GET.get("after", ""))
    found = list(_narrowed(engagement, asked).filter(number__gt=after)[: PAGE + 1])
    shown = found[:PAGE]
    narrowed = {name: value for name, value in asked.items() if value}
    following = urlencode({**narrowed, "after": shown[-1].number}) if len(found) > PAGE else ""
    access.viewed(engagement, user, f"{engagement.ref} requests")
    return show(
        request,
        "requests",
        engagement,
        rows=rows_of(shown),
        states=EvidenceRequest.State.choices,
        marks=MARKS,
        asked=asked,
        is_narrowed=bool(narrowed),
        is_first=not after,
        following=following,
        today=days.today(),
        may_ask=_may_act(engagement, user),
    )


@access.for_auditor_deed
def request(
    request: HttpRequest, user: User, engagement: Engagement, number: int
) -> HttpResponseBase:
    """Show a request with its thread; by POST decide, comment or take it back."""
    found = get_object_or_404(access.requests(engagement), number=number)
    if request.method == "POST":
        return _acted(request, user, found)
    access.viewed(engagement, user, found.ref)
    entries = found.entries.select_related("by", "ledger_entry").prefetch_related("items__evidence")
    (row,) = rows_of([found])
    return show(
        request,
        "request",
        engagement,
        row=row,
        found=found,
        mark=MARKS[row.state],
        entries=list(entries),
        answer=requests.latest_answer(found),
        may_act=_may_act(engagement, user),
        is_waiting=row.state in requests.WAITING,
        today=days.today(),
    )


@access.for_auditor_deed
def ask(request: HttpRequest, user: User, engagement: Engagement) -> HttpResponseBase:
    """Ask for evidence."""
    access.viewed(engagement, user, f"{engagement.ref} new request")
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = requests.ask(engagement, form.wording, by=user)
        except AuditsError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{made.ref} is asked.")
            return redirect("portal:request", engagement.ref, made.number)
    return show(request, "request_ask", engagement, form=form, may_act=_may_act(engagement, user))


@access.for_auditor_deed
def change(
    request: HttpRequest, user: User, engagement: Engagement, number: int
) -> HttpResponseBase:
    """Change the words of a request."""
    found = get_object_or_404(access.requests(engagement), number=number)
    access.viewed(engagement, user, f"{found.ref} words")
    form = AskForm(request.POST or None, initial=words_of(found))
    if request.method == "POST" and form.is_valid():
        try:
            requests.change(found, wording=form.wording, owner=owner_of(found), by=user)
        except AuditsError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("portal:request", engagement.ref, number)
    return show(
        request,
        "request_ask",
        engagement,
        form=form,
        found=found,
        may_act=_may_act(engagement, user),
    )


def _narrowed(engagement: Engagement, asked: Mapping[str, str]) -> QuerySet[EvidenceRequest]:
    rows = access.requests(engagement).order_by("number")
    if asked["state"]:
        if asked["state"] not in EvidenceRequest.State.values:
            raise Http404
        rows = rows.filter(Q(state=asked["state"]))
    if asked["overdue"]:
        open_ones = Q(state__in=[EvidenceRequest.State.OPEN, EvidenceRequest.State.RETURNED])
        rows = rows.filter(open_ones, due__lt=days.today())
    return rows


def _acted(request: HttpRequest, user: User, found: EvidenceRequest) -> HttpResponseBase:
    """Do what a button of the page says; a refusal of the room is shown on the page again."""
    text = request.POST.get("text", "")
    seen = _number(request.POST.get("seen", ""))
    deeds: Mapping[str, tuple[Callable[[], RequestEntry], str]] = {
        "accept": (lambda: requests.accept(found, seen=seen, by=user), "is accepted"),
        "return": (
            lambda: requests.return_with_reason(found, seen=seen, reason=text, by=user),
            "is returned",
        ),
        "withdraw": (lambda: requests.withdraw(found, reason=text, by=user), "is withdrawn"),
        "comment": (lambda: requests.comment(found, text=text, by=user), "has your comment"),
    }
    deed = deeds.get(request.POST.get("deed", ""))
    if deed is None:
        raise Http404
    try:
        deed[0]()
    except AuditsError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{found.ref} {deed[1]}.")
    return redirect("portal:request", found.engagement.ref, found.number)


def _may_act(engagement: Engagement, user: User) -> bool:
    return engagement.closed_at is None and requests.side_of(engagement, user) == Side.AUDITOR


def _number(text: str) -> int:
    """Read a number out of an address or a form; nothing is 0, and what is none is not found."""
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise Http404
    return int(text)
