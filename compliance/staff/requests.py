"""Requests in the staff door: the list of an engagement, one with its thread, and talking of it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from audits import requests
from audits.models import Engagement, EvidenceRequest, Side
from audits.request_rows import rows_of
from audits.request_terms import Owner, wording_of
from compliance.staff import chosen, words
from compliance.staff.base import attempt, person, typed
from compliance.staff.site import DO, READ, site
from controls.models import Control

PER_PAGE = 50
MINE, NOBODY = "me", "nobody"
MARKS = {
    EvidenceRequest.State.OPEN: "awaiting",
    EvidenceRequest.State.ANSWERED: "waiting",
    EvidenceRequest.State.RETURNED: "returned",
    EvidenceRequest.State.ACCEPTED: "accepted",
    EvidenceRequest.State.WITHDRAWN: "withdrawn",
}
"""The class of each state, by which the style sheet knows its sign and colour."""


@site.page("requests/", name="requests", needs=Capability.VIEW, methods=READ)
def request_index(request: HttpRequest) -> HttpResponseBase:
    """List the requests of an engagement by number: by state, by who answers, or what is late."""
    user, choice = person(request), chosen.of(request)
    context: dict[str, Any] = {"title": "Requests", "choice": choice}
    if choice.engagement is None:
        return site.render(request, "staff/requests.html", context)
    asked = {name: request.GET.get(name, "") for name in ("state", "owner", "overdue")}
    after = _whole(request.GET.get("after", ""))
    narrowed = _narrowed(choice.engagement, asked, user).filter(number__gt=after)
    found = list(narrowed[: PER_PAGE + 1])
    shown = found[:PER_PAGE]
    query = {"engagement": choice.engagement.pk, **{k: v for k, v in asked.items() if v}}
    more = len(found) > PER_PAGE
    context |= {
        "rows": rows_of(shown),
        "marks": MARKS,
        "asked": asked,
        "is_narrowed": any(asked.values()),
        "after": after,
        "following": urlencode({**query, "after": shown[-1].number}) if more else "",
        "states": EvidenceRequest.State.choices,
        "roles": Control.OwnerRole.choices,
        "today": words.today(),
        "may_manage": may_manage(user, choice.engagement),
        "mail_is_off": not settings.MAIL_IS_ON,
    }
    return site.render(request, "staff/requests.html", context)


@site.page("requests/<int:pk>/", name="request", needs=Capability.VIEW, methods=READ)
def one(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show a request with its thread."""
    user, found = person(request), request_of(pk)
    (row,) = rows_of([found])
    is_open = found.engagement.closed_at is None
    is_waiting = row.state in requests.WAITING
    entries = found.entries.select_related("by", "ledger_entry").prefetch_related("items__evidence")
    manages = may_manage(user, found.engagement)
    context = {
        "title": found.title,
        "found": found,
        "row": row,
        "mark": MARKS[row.state],
        "entries": entries,
        "today": words.today(),
        "may_answer": is_open and is_waiting and can(user, Capability.SUBMIT_EVIDENCE),
        "may_comment": is_open,
        "may_assign": manages and is_waiting,
        "may_withdraw": manages and is_waiting and found.asked_for == Side.STAFF,
        "people": User.objects.filter(is_active=True, is_staff=True) if manages else (),
        "roles": Control.OwnerRole.choices,
    }
    return site.render(request, "staff/request.html", context)


@site.page("requests/<int:pk>/comment/", name="request_comment", needs=Capability.VIEW, methods=DO)
def comment(request: HttpRequest, pk: int) -> HttpResponseBase:
    found, by, text = request_of(pk), person(request), typed(request, "text")
    attempt(
        request,
        lambda: requests.comment(found, text=text, by=by),
        done=f"{found.ref} has your comment.",
    )
    return redirect("admin:request", pk)


@site.page(
    "requests/<int:pk>/withdraw/",
    name="request_withdraw",
    needs=Capability.MANAGE_ENGAGEMENTS,
    methods=DO,
)
def withdraw(request: HttpRequest, pk: int) -> HttpResponseBase:
    found, by, reason = request_of(pk), person(request), typed(request, "text")
    attempt(
        request,
        lambda: requests.withdraw(found, reason=reason, by=by),
        done=f"{found.ref} is withdrawn.",
    )
    return redirect("admin:request", pk)


@site.page(
    "requests/<int:pk>/owner/",
    name="request_owner",
    needs=Capability.MANAGE_ENGAGEMENTS,
    methods=DO,
)
def assign(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Name who answers: a person by key, or a role by its word."""
    found, by = request_of(pk), person(request)
    owner = _owner(typed(request, "owner"))
    attempt(
        request,
        lambda: requests.change(found, wording=wording_of(found), owner=owner, by=by),
        done=f"Who answers {found.ref} is noted.",
    )
    return redirect("admin:request", pk)


def request_of(pk: int) -> EvidenceRequest:
    """Return a request with its state, or raise 404."""
    known = EvidenceRequest.objects.select_related("engagement", "owner", "asked_by")
    return get_object_or_404(requests.with_state(known), pk=pk)


def may_manage(user: User, engagement: Engagement) -> bool:
    return engagement.closed_at is None and can(user, Capability.MANAGE_ENGAGEMENTS)


def _narrowed(
    engagement: Engagement, asked: Mapping[str, str], user: User
) -> QuerySet[EvidenceRequest]:
    known = EvidenceRequest.objects.filter(engagement=engagement)
    rows = requests.with_state(known.select_related("engagement", "owner", "asked_by"))
    if asked["state"] in EvidenceRequest.State.values:
        rows = rows.filter(Q(state=asked["state"]))
    if asked["overdue"]:
        open_ones = Q(state__in=[EvidenceRequest.State.OPEN, EvidenceRequest.State.RETURNED])
        rows = rows.filter(open_ones, due__lt=words.today())
    if asked["owner"] == MINE:
        rows = rows.filter(owner=user)
    elif asked["owner"] == NOBODY:
        rows = rows.filter(owner=None, owner_role="")
    elif asked["owner"] in Control.OwnerRole.values:
        rows = rows.filter(owner_role=asked["owner"])
    return rows.order_by("number")


def _owner(wanted: str) -> Owner:
    if wanted in Control.OwnerRole.values:
        return Owner(role=wanted)
    if not wanted:
        return Owner()
    return Owner(person=get_object_or_404(User, pk=_whole(wanted)))


def _whole(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise Http404
    return int(text)
