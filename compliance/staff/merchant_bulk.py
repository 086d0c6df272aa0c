"""Work on many forms at once in the staff door: a preview first, then a job with progress."""

from dataclasses import replace
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.capabilities import Capability
from compliance.staff import words
from compliance.staff.base import attempt, person
from compliance.staff.merchants import (
    AGES,
    LEVELS,
    MARKS,
    address,
    choice_of,
    choices,
    name_of,
    platforms,
    rows_of,
)
from compliance.staff.site import READ, READ_AND_DO, site
from merchants import exporting, issuing_many, portfolio, reminding
from merchants.models import Application, ComplianceForm, Environment, Merchant
from merchants.portfolio import Choice, Figures
from merchants.questionnaire import TYPES

SHOWN = 10
_STATE = ComplianceForm.State
_DEEDS = {
    "remind": (
        "Remind merchants",
        "Mail each of them a link to its form",
        "The mails are being sent.",
    ),
    "export": (
        "Write a list of forms",
        "Write the list",
        "The list is being written; it will be kept as evidence.",
    ),
}
_FACET_WORDS = {"form_type": "By form", "level": "By merchant level", "age": "By age"}


@site.page("merchants/dashboard/", name="merchants_dashboard", needs=Capability.VIEW, methods=READ)
def dashboard(request: HttpRequest) -> HttpResponseBase:
    """Show how many forms there are by state, type, merchant level and age."""
    choice = Choice(environment=choice_of(request.GET).environment)
    found = portfolio.figures(choice.environment)
    context = {
        "title": "Merchants: dashboard",
        "intro": "How far the portfolio is: forms by state, type, merchant level and age.",
        "environments": Environment.choices,
        "choice": choice,
        "figures": found,
        "states": [(state, MARKS[state]) for state in _STATE],
        "totals": [_cell(choice, found, state) for state in _STATE] if found else [],
        "tables": [_table(choice, found, facet) for facet in portfolio.FACETS] if found else [],
        "fee_notes": [one for one in platforms() if one.overdue_note],
    }
    return site.render(request, "staff/merchants_dashboard.html", context)


@site.page(
    "merchants/bulk/<slug:deed>/",
    name="merchants_bulk",
    needs=Capability.MANAGE_MERCHANTS,
    methods=READ_AND_DO,
    fresh=True,
)
def bulk(request: HttpRequest, deed: str) -> HttpResponseBase:
    """Show which forms are meant and how many, then have it done by a job."""
    if deed not in _DEEDS:
        raise Http404
    title, button, done = _DEEDS[deed]
    choice, by = choice_of(request.GET), person(request)
    if request.method == "POST":
        act = (
            (lambda: reminding.ask_many(choice, by=by, today=words.today()))
            if deed == "remind"
            else (lambda: exporting.ask(choice, by=by))
        )
        job = attempt(request, act, done=done)
        return redirect("admin:job", job.pk) if job else redirect("admin:merchants")
    found = reminding.remindable(choice) if deed == "remind" else portfolio.chosen(choice)
    context = {
        "title": title,
        "button": button,
        "deed": deed,
        "choice": choice,
        "count": found.order_by().count(),
        "rows": rows_of(list(found.select_related("merchant", "application")[:SHOWN])),
        **choices(),
        "back": reverse("admin:merchants") + address(choice),
        "has_note": deed == "remind",
    }
    return site.render(request, "staff/merchants_bulk.html", context)


@site.page(
    "merchants/platforms/<int:pk>/approve/",
    name="platform_approve",
    needs=Capability.MANAGE_MERCHANTS,
    methods=READ_AND_DO,
)
def approve_all(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show which merchants of a platform wait, then approve them and issue their forms."""
    application, by = get_object_or_404(Application, pk=pk), person(request)
    if request.method == "POST":
        job = attempt(
            request,
            lambda: issuing_many.ask(application, by=by),
            done="The forms are being issued.",
        )
        return redirect("admin:job", job.pk) if job else redirect("admin:merchants")
    waiting = issuing_many.waiting(application.pk)
    by_type = waiting.order_by().values("form_type").annotate(merchants=Count("pk"))
    context = {
        "title": f"Approve the merchants of {application.name}",
        "application": application,
        "by_type": by_type.order_by("form_type"),
        "count": waiting.order_by().count(),
        "names": [(one, name_of(one)) for one in waiting.order_by("pk")[:SHOWN]],
        "back": reverse("admin:merchants"),
        "approved": Merchant.State.APPROVED.label,
    }
    return site.render(request, "staff/merchants_approve.html", context)


def _table(choice: Choice, found: Figures, facet: str) -> dict[str, Any]:
    counted = found.facets[facet]
    order = {"form_type": TYPES, "level": LEVELS, "age": tuple(AGES)}[facet]
    labels = AGES if facet == "age" else {}
    rows = []
    for word in order:
        if word in counted:
            narrowed = _narrowed(choice, facet, word)
            cells = [_link(narrowed, state, counted[word].get(state, 0)) for state in _STATE]
            label = labels.get(word, word)
            rows.append((label, address(narrowed), sum(counted[word].values()), cells))
    return {"title": _FACET_WORDS[facet], "rows": rows}


def _narrowed(choice: Choice, facet: str, word: str) -> Choice:
    if facet == "form_type":
        return replace(choice, form_type=word)
    return replace(choice, level=word) if facet == "level" else replace(choice, age=word)


def _cell(choice: Choice, found: Figures, state: str) -> dict[str, Any]:
    return _link(choice, state, found.by_state.get(state, 0))


def _link(choice: Choice, state: str, count: int) -> dict[str, Any]:
    label = _STATE(state).label
    link = address(replace(choice, state=str(state)))
    return {"count": count, "address": link, "label": label, "mark": MARKS[_STATE(state)]}
