"""One expected time with everything that explains it, the map of all of them, and their changes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from audits import changes, explained, findings, flags, history, summary, window_map
from audits.changes import Span
from audits.coverage import Occurrence
from audits.explained import Explanation
from audits.models import Engagement, OccurrenceChange
from compliance import bound_findings
from compliance.staff import chosen, words
from compliance.staff.base import REFUSALS, person
from compliance.staff.coverage import LABELS, STATES, AsOfForm, asked_day, kept
from compliance.staff.findings import BADGES
from compliance.staff.forms import DayField, StaffForm
from compliance.staff.site import READ, READ_AND_DO, site
from registers.forms import registry as forms_registry

ROWS_PER_PAGE = 40
_ONE = "coverage/<int:pk>/expected/<slug:slug>/<str:start>/"


class ReasonForm(StaffForm):
    """Why something is changed; auditors read it."""

    reason = forms.CharField(
        widget=forms.Textarea,
        max_length=changes.LONGEST_REASON,
        help_text="Auditors read this beside the occurrence, with your name and the time.",
    )


class MoveForm(ReasonForm):
    due = DayField(label="New due day")
    field_order = ["due", "reason"]


@site.page("coverage/windows/", name="coverage_windows", needs=Capability.VIEW, methods=READ)
def windows(request: HttpRequest) -> HttpResponseBase:
    """Show each expectation by its windows."""
    choice = chosen.of(request)
    form = AsOfForm(request.GET or None)
    context: dict[str, Any] = {"title": "Coverage by window", "choice": choice, "form": form}
    if choice.engagement is None:
        return site.render(request, "staff/coverage_windows.html", context)
    asked = asked_day(form)
    number = request.GET.get("page", "1")
    page = max(0, int(number) - 1) if number.isdecimal() and len(number) < 6 else 0
    found = window_map.of(
        choice.engagement,
        summary.moment_of(asked),
        start=page * ROWS_PER_PAGE,
        size=ROWS_PER_PAGE,
    )
    controls = sorted({row.expectation.control.ref for row in found.rows})
    context |= {
        "asked": asked,
        "found": found,
        "flags": flags.of(choice.engagement, summary.moment_of(asked), controls=controls),
        "keep": kept(asked),
        "legend": STATES,
        "previous": page or None,
        "following": page + 2 if found.count > (page + 1) * ROWS_PER_PAGE else None,
    }
    return site.render(request, "staff/coverage_windows.html", context)


@site.page(_ONE, name="occurrence", needs=Capability.VIEW, methods=READ)
def occurrence(request: HttpRequest, pk: int, slug: str, start: str) -> HttpResponseBase:
    asked = asked_day(AsOfForm(request.GET or None))
    found = _explained(pk, slug, start, asked)
    one = found.occurrence
    bound_here = findings.of_occurrence(
        found.engagement, one.slug, one.start, one.end, summary.moment_of(asked)
    )
    context = {
        "title": f"{found.expectation.title}, {words.period(one.start, one.end)}",
        "found": found,
        "one": one,
        "label": LABELS[one.state],
        "asked": asked,
        "keep": kept(asked),
        "may_change": asked is None and can(request.user, Capability.CHANGE_OCCURRENCES),
        "history": history.of(found.engagement, found.expectation, found.as_of),
        "month": f"{one.end:%Y-%m}",
        "findings": bound_findings.shown(bound_here, marks=BADGES),
        "forms": forms_registry.serving(one.slug),
    }
    return site.render(request, "staff/occurrence.html", context)


@dataclass(frozen=True)
class _Deed:
    """A deed about an occurrence, as its page asks for it."""

    title: str
    intro: str
    button: str
    form: type[ReasonForm]
    do: Callable[[Explanation, dict[str, Any], User], object]


def _skip(found: Explanation, answers: dict[str, Any], by: User) -> object:
    span = _span(found.occurrence)
    return changes.skip(found.expectation, span=span, reason=answers["reason"], by=by)


def _move(found: Explanation, answers: dict[str, Any], by: User) -> object:
    span, due = _span(found.occurrence), answers["due"]
    return changes.move(found.expectation, span=span, due=due, reason=answers["reason"], by=by)


_DEEDS = {
    "skip": _Deed(
        "Skip",
        "A skipped occurrence is exempt: nothing is expected of it. The skip stays on record with "
        "its reason, in the map, in the portal and in the log, even when it is withdrawn.",
        "Skip this occurrence",
        ReasonForm,
        _skip,
    ),
    "move": _Deed(
        "Move the due day",
        "The new day counts instead of the old one. A move after the old day has passed is shown "
        "as such. It stays on record with its reason, even when it is withdrawn.",
        "Move the due day",
        MoveForm,
        _move,
    ),
}


@site.page(
    f"{_ONE}skip/",
    name="occurrence_skip",
    needs=Capability.CHANGE_OCCURRENCES,
    methods=READ_AND_DO,
)
def skip(request: HttpRequest, pk: int, slug: str, start: str) -> HttpResponseBase:
    return _changed(request, _DEEDS["skip"], _explained(pk, slug, start, None))


@site.page(
    f"{_ONE}move/",
    name="occurrence_move",
    needs=Capability.CHANGE_OCCURRENCES,
    methods=READ_AND_DO,
)
def move(request: HttpRequest, pk: int, slug: str, start: str) -> HttpResponseBase:
    return _changed(request, _DEEDS["move"], _explained(pk, slug, start, None))


@site.page(
    f"{_ONE}changes/<int:change>/withdraw/",
    name="occurrence_withdraw",
    needs=Capability.CHANGE_OCCURRENCES,
    methods=READ_AND_DO,
)
def withdraw(request: HttpRequest, pk: int, slug: str, start: str, change: int) -> HttpResponseBase:
    found = _explained(pk, slug, start, None)
    recorded = get_object_or_404(OccurrenceChange, pk=change, expectation=found.expectation)

    def do(_: Explanation, answers: dict[str, Any], by: User) -> object:
        return changes.withdraw(recorded, reason=answers["reason"], by=by)

    deed = _Deed(
        f"Withdraw: {recorded.get_kind_display().lower()}",
        "From now on it no longer holds. As of earlier days it still does.",
        "Withdraw it",
        ReasonForm,
        do,
    )
    return _changed(request, deed, found)


def _changed(request: HttpRequest, deed: _Deed, found: Explanation) -> HttpResponseBase:
    """Ask for the reason, do the deed, and lead back to the occurrence."""
    one = found.occurrence
    page = reverse(
        "admin:occurrence",
        args=[found.engagement.pk, found.expectation.slug, one.start.isoformat()],
    )
    form = deed.form(request.POST or None)
    if form.is_valid():
        try:
            deed.do(found, form.cleaned_data, person(request))
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect(page)
    context = {
        "title": deed.title,
        "intro": f"{found.expectation.title}, {words.period(one.start, one.end)}, due "
        f"{words.day(one.due)}. {deed.intro}",
        "form": form,
        "button": deed.button,
        "cancel": page,
    }
    return site.render(request, "staff/form.html", context)


def _explained(pk: int, slug: str, start: str, asked: date | None) -> Explanation:
    engagement = get_object_or_404(Engagement.objects.select_related("framework"), pk=pk)
    try:
        day = date.fromisoformat(start)
    except ValueError:
        raise Http404 from None
    found = explained.explain(engagement, slug, day, summary.moment_of(asked))
    if found is None:
        raise Http404
    return found


def _span(one: Occurrence) -> Span:
    return Span(one.start, one.end, one.due)
