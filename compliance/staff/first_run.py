"""The first page of an empty installation: three questions, what they come to, what to connect."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.access import can
from accounts.capabilities import Capability
from audits import gates, scope
from audits.engagements import SECURITY
from audits.errors import AuditsError
from audits.models import Engagement
from collectors.models import Source
from compliance import first_run
from compliance.first_run import Question, System, Wish
from compliance.staff import chosen
from compliance.staff.base import REFUSALS, person
from compliance.staff.engagements import CategoriesForm
from compliance.staff.forms import DayField, StaffForm
from compliance.staff.site import READ, READ_AND_DO, site
from controls.models import Expectation, Framework

LATER = "first_run_later"
"""In a session: the person wants to look around before answering."""
_STEPS = ("processing", "categories", "systems", "preview")
_ASKED = ("What do you process?", "Which categories?", "Which systems do you use?")


class ProcessingForm(StaffForm):
    processed = forms.MultipleChoiceField(
        label="What passes through your company",
        choices=[(each.slug, each.title) for each in first_run.PROCESSINGS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="It suggests the categories of the next page; you decide there.",
    )


class ScopeForm(CategoriesForm):
    """Boxes, reasons and grounds; what lacks is said here, before anything is made."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for place, category in enumerate(self.categories):
            is_chosen = cleaned.get(f"category_{place}")
            if is_chosen and not cleaned.get(f"reason_{place}", "").strip():
                self.add_error(f"reason_{place}", f"Say why {category} is in scope.")
            if category == SECURITY and not is_chosen:
                self.add_error(None, f"Every report covers {SECURITY}. Choose it too.")
        return cleaned


class SystemsForm(StaffForm):
    widths = {"type": "half", "firm": "half", "window_from": "half", "window_to": "half"}

    systems = forms.MultipleChoiceField(
        label="Systems that know what happened",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Nothing is connected yet: you see next what each of them needs.",
    )
    title = forms.CharField(
        label="Name of the audit", max_length=200, help_text="As people call it."
    )
    type = forms.ChoiceField(
        choices=[
            (kind.value, kind.label)
            for kind in (Engagement.Type.SOC2_TYPE2, Engagement.Type.SOC2_TYPE1)
        ]
    )
    firm = forms.CharField(label="Audit firm", max_length=200, required=False)
    window_from = DayField(label="Observed from")
    window_to = DayField(
        label="Observed to",
        help_text="Both days included; for Type 1 the same day twice. The proposal begins with the "
        "last whole month, so that you see at once what an auditor would miss. Change it any time.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["systems"].choices = [  # type: ignore[attr-defined]
            (system.slug, _counted(system)) for system in first_run.systems()
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            days = {name: cleaned[name] for name in ("type", "window_from", "window_to")}
            try:
                gates.refuse_wrong_dates(Engagement(**days))
            except AuditsError as refusal:
                self.add_error("window_to", str(refusal))
        return cleaned


class Answers:
    """The three forms, as far as they were answered; each page carries the others along."""

    def __init__(self, request: HttpRequest, framework: Framework) -> None:
        self._data = request.POST
        self._framework = framework
        start, end = first_run.usual_window()
        self.processing = ProcessingForm(self._of("processing"), prefix="processing")
        suggested = first_run.suggested(self._data.getlist("processing-processed"))
        self.categories = ScopeForm(
            self._of("categories"),
            prefix="categories",
            framework=framework,
            chosen={name: reason for name, (reason, _) in suggested.items()},
            grounds={name: ground for name, (_, ground) in suggested.items()},
        )
        usual = {"title": "SOC 2 Type 2", "window_from": start, "window_to": end}
        self.systems = SystemsForm(self._of("systems"), prefix="systems", initial=usual)
        self._forms = (self.processing, self.categories, self.systems)

    def form(self, place: int) -> StaffForm:
        return self._forms[place]

    def reached(self, wanted: str) -> int:
        """Return the place of the wanted step, or of the first that is not answered before it."""
        place = _STEPS.index(wanted) if wanted in _STEPS else 0
        answered = (form.is_valid() for form in self._forms[:place])
        return next((at for at, fits in enumerate(answered) if not fits), place)

    def carried(self, *, but: str = "") -> list[tuple[str, str]]:
        """Return the answers to the other questions, as hidden fields hold them."""
        return [
            (name, value)
            for name, values in self._data.lists()
            for value in values
            if name.partition("-")[0] in _STEPS and name.partition("-")[0] != but
        ]

    @property
    def wish(self) -> Wish:
        answers = self.systems.cleaned_data
        return Wish(
            framework=self._framework,
            title=answers["title"],
            type=answers["type"],
            firm=answers["firm"],
            window_from=answers["window_from"],
            window_to=answers["window_to"],
            reasons=self.categories.chosen,
            grounds=self.categories.grounds,
        )

    def _of(self, step: str) -> Any:
        """Return what was sent, once the person has seen this question."""
        return self._data if f"{step}-seen" in self._data else None


@site.page("first-run/", name="first_run", needs=Capability.MANAGE_ENGAGEMENTS, methods=READ_AND_DO)
def ask(request: HttpRequest) -> HttpResponseBase:
    """Ask one question after the other, show what they come to, and make it when told to."""
    framework = first_run.framework()
    if framework is None:
        return site.render(request, "staff/first_run_empty.html", {"title": "First programme"})
    answers = Answers(request, framework)
    to = request.POST.get("to", "")
    place = answers.reached("preview" if to == "make" else to)
    if place < len(_ASKED):
        return _question(request, answers, place)
    if to == "make":
        try:
            engagement, is_new = first_run.begin(answers.wish, by=person(request))
        except REFUSALS as refusal:
            answers.systems.add_refusal(refusal)
            return _question(request, answers, place - 1)
        said = f"{engagement.ref} is open." if is_new else f"{engagement.ref} was open already."
        messages.success(request, said)
        return redirect(_onward(engagement, answers.systems.cleaned_data["systems"]))
    return _preview(request, answers)


@site.page("first-run/sources/", name="first_run_sources", needs=Capability.VIEW, methods=READ)
def sources(request: HttpRequest) -> HttpResponseBase:
    """Show the sources to connect for the chosen systems, with the permission that each needs."""
    choice = chosen.of(request)
    named = request.GET.getlist("system")
    engagement = choice.engagement
    expected, standing = _expected(engagement), first_run.standing_sources()
    every = first_run.systems()
    context = {
        "title": "Sources to connect",
        "engagement": engagement,
        "systems": [_shelf(each, expected, standing) for each in every if each.slug in named],
        "others": [each for each in every if each.slug not in named],
        "named": urlencode({"system": named}, doseq=True),
        "own": first_run.own(standing),
        "may_connect": can(request.user, Capability.MANAGE_SOURCES),
    }
    return site.render(request, "staff/first_run_sources.html", context)


def begins(request: HttpRequest) -> str:
    """Return where who may open an audit begins while there is none; empty: with the overview."""
    if "overview" in request.GET:
        request.session[LATER] = True
    if LATER in request.session or not can(request.user, Capability.MANAGE_ENGAGEMENTS):
        return ""
    return reverse("admin:first_run") if first_run.is_empty() else ""


def _question(request: HttpRequest, answers: Answers, place: int) -> HttpResponseBase:
    step = _STEPS[place]
    context = {
        "title": _ASKED[place],
        "place": place + 1,
        "asked": _ASKED,
        "step": step,
        "form": answers.form(place),
        "carried": answers.carried(but=step),
        "following": _STEPS[place + 1],
        "before": _STEPS[place - 1] if place else "",
    }
    return site.render(request, "staff/first_run.html", context)


def _preview(request: HttpRequest, answers: Answers) -> HttpResponseBase:
    wish = answers.wish
    controls, expectations = first_run.in_scope(wish.framework, wish.reasons)
    standing = first_run.standing_sources()
    expected = list(expectations.order_by("control__ref", "slug"))
    systems = first_run.chosen_systems(answers.systems.cleaned_data["systems"])
    context = {
        "title": "What this comes to",
        "wish": wish,
        "type": Engagement.Type(wish.type).label,
        "standing": first_run.same(wish),
        "controls": controls.count(),
        "expected": len(expected),
        "systems": [_shelf(system, expected, standing) for system in systems],
        "own": first_run.own(standing),
        "carried": answers.carried(),
    }
    return site.render(request, "staff/first_run_preview.html", context)


def _onward(engagement: Engagement, systems: Sequence[str]) -> str:
    query = urlencode({"engagement": engagement.pk, "system": systems}, doseq=True)
    return f"{reverse('admin:first_run_sources')}?{query}"


def _expected(engagement: Engagement | None) -> list[Expectation]:
    """Return what the categories of an engagement expect; before there is one, nothing yet."""
    if engagement is None:
        return []
    return list(scope.expectations_of(engagement))


def _shelf(system: System, expected: list[Expectation], standing: list[Source]) -> dict[str, Any]:
    found = first_run.questions(system, expected=expected, standing=standing)
    return {
        "system": system,
        "questions": [{"question": each, "url": _connect_url(each)} for each in found],
        "connected": sum(each.source is not None for each in found),
    }


def _connect_url(question: Question) -> str:
    address = reverse("admin:source_connect", args=[question.collector.slug])
    query = urlencode({"serves": question.alone}, doseq=True)
    return f"{address}?{query}" if query else address


def _counted(system: System) -> str:
    count = len(system.collectors)
    return f"{system.title} ({count} {'question' if count == 1 else 'questions'})"
