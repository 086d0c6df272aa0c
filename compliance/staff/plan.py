"""The plan in the staff door: five phases with their steps, whose each is, and what shows it."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from compliance.staff.base import REFUSALS, attempt, person, typed
from compliance.staff.forms import DayField, StaffForm
from compliance.staff.site import DO, READ_AND_DO, site
from compliance.staff.surveying import with_survey
from readiness import steps
from readiness.models import StepVersion
from readiness.survey import Step, Survey


class AssignForm(StaffForm):
    widths = {"owner": "half", "due_on": "half"}

    owner = forms.ModelChoiceField(
        queryset=User.objects.none(), required=False, empty_label="Nobody yet"
    )
    due_on = DayField(label="Due on", required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staff = User.objects.filter(is_active=True, is_staff=True).order_by("email")
        self.fields["owner"].queryset = staff  # type: ignore[attr-defined]


@site.page("plan/", name="plan", needs=Capability.VIEW)
@with_survey
def plan(request: HttpRequest, survey: Survey) -> HttpResponseBase:
    """Show the phases with their steps, what is done and what is late."""
    phases = survey.phases
    today = survey.facts.today
    every = [step for phase in phases for step in phase.steps]
    context = {
        "title": "Plan",
        "phases": [(phase, [_line(step, today) for step in phase.steps]) for phase in phases],
        "done": sum(step.is_done for step in every),
        "count": len(every),
        "late": sum(step.is_overdue(today) for step in every),
        "undated": sum(not (step.version and step.version.due_on) for step in every),
        "today": today,
        "may_change": can(request.user, Capability.MANAGE_READINESS),
    }
    return site.render(request, "staff/plan.html", context)


@site.page("plan/lay-out/", name="plan_lay_out", needs=Capability.MANAGE_READINESS, methods=DO)
def lay_out(request: HttpRequest) -> HttpResponseBase:
    try:
        start = date.fromisoformat(typed(request, "start"))
    except ValueError:
        messages.error(request, "Say on which day the first phase begins, such as 2026-12-01.")
        return redirect("admin:plan")
    by = person(request)
    attempt(
        request,
        lambda: steps.lay_out(start, by=by),
        done="Every step has a due day now. Change them one by one where they do not fit.",
    )
    return redirect("admin:plan")


@site.page("plan/<slug:step>/", name="plan_step", needs=Capability.VIEW, methods=READ_AND_DO)
@with_survey
def step_page(request: HttpRequest, survey: Survey, step: str) -> HttpResponseBase:
    """Show one step with its history; who keeps the programme gives it an owner and a day."""
    may_change = can(request.user, Capability.MANAGE_READINESS)
    if request.method == "POST" and not may_change:
        raise PermissionDenied
    every = [each for phase in survey.phases for each in phase.steps]
    found = next((each for each in every if each.entry.id == step), None)
    if found is None:
        raise Http404
    version = found.version
    initial: dict[str, Any] = {"seen": version.number if version else 0}
    if version:
        initial |= {"owner": version.owner_id, "due_on": version.due_on}
    form = AssignForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            steps.assign(step, by=person(request), **form.cleaned_data)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, "Kept.")
            return redirect("admin:plan_step", step)
    context = {
        "title": found.entry.text,
        "line": _line(found, survey.facts.today),
        "standings": survey.facts.standings_of(found.entry.expectations),
        "history": StepVersion.objects.filter(step=step).select_related("owner", "by"),
        "form": form,
        "seen": version.number if version else 0,
        "may_change": may_change,
    }
    return site.render(request, "staff/plan_step.html", context)


@site.page(
    "plan/<slug:step>/<slug:deed>/",
    name="plan_tick",
    needs=Capability.MANAGE_READINESS,
    methods=DO,
)
def tick(request: HttpRequest, step: str, deed: str) -> HttpResponseBase:
    deeds = {"tick": steps.tick, "untick": steps.untick}
    if deed not in deeds:
        raise Http404
    note, by, seen = typed(request, "note"), person(request), typed(request, "seen")
    if not seen.isdecimal() or len(seen) > 9:
        raise Http404
    attempt(
        request,
        lambda: deeds[deed](step, note=note, seen=int(seen), by=by),
        done="Ticked; the note says what shows it." if deed == "tick" else "Open again.",
    )
    return redirect("admin:plan_step", step)


def _line(step: Step, today: date) -> dict[str, Any]:
    """Return a step in the words and marks of its line."""
    if step.is_shown:
        mark, words = "done", "Shown by evidence"
    elif step.is_ticked:
        mark, words = "awaiting", "Ticked by hand"
    elif step.is_overdue(today):
        mark, words = "late", "Overdue"
    else:
        mark, words = "none", "Open"
    return {
        "step": step,
        "entry": step.entry,
        "version": step.version,
        "mark": mark,
        "words": words,
    }
