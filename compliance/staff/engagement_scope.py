"""What an engagement is about, in the staff door: dates, freeze, parts, suppliers, customers."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.access import can
from accounts.capabilities import Capability
from audits import after_freeze, gates, organisations, roll_forward, scope, windows
from audits.engagements import Fieldwork
from audits.models import Engagement, SubserviceOrganisation, UserEntityControl
from audits.organisations import Profile
from audits.parts import Part, divided
from compliance.staff.base import REFUSALS, attempt, person
from compliance.staff.forms import DayField, StaffForm
from compliance.staff.site import DO, READ_AND_DO, site

_PAGE = "audits/engagement/<int:pk>/"
_NEEDS = Capability.MANAGE_ENGAGEMENTS
_LINES = forms.Textarea(attrs={"rows_wanted": 4})


class _ReasonForm(StaffForm):
    reason = forms.CharField(
        label="Why?",
        widget=forms.Textarea(attrs={"rows_wanted": 2}),
        help_text="It stays with the engagement, and the auditor reads it.",
    )


class WindowForm(_ReasonForm):
    field_order = ["window_from", "window_to", "reason"]
    widths = {"window_from": "half", "window_to": "half"}
    window_from = DayField(label="Observed from")
    window_to = DayField(label="Observed to", help_text="Both days included.")

    def do(self, engagement: Engagement, by: Any) -> None:
        windows.change_window(engagement, by=by, **self.cleaned_data)


class FieldworkForm(_ReasonForm):
    field_order = ["start", "end", "reason"]
    widths = {"start": "half", "end": "half"}
    start = DayField(label="Fieldwork from", required=False)
    end = DayField(label="Fieldwork to", required=False, help_text="Leave both empty for none.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("start")) != bool(cleaned.get("end")):
            self.add_error("end", "Give both days of the fieldwork, or none.")
        return cleaned

    def do(self, engagement: Engagement, by: Any) -> None:
        start, end = self.cleaned_data["start"], self.cleaned_data["end"]
        fieldwork = Fieldwork(start, end) if start and end else None
        reason = self.cleaned_data["reason"]
        windows.change_fieldwork(engagement, fieldwork=fieldwork, reason=reason, by=by)


class FreezeForm(_ReasonForm):
    field_order = ["freeze_on", "reason"]
    freeze_on = DayField(
        label="Freeze date",
        required=False,
        help_text="The last day on which scope, dates and auditors may change. After it nothing "
        "unfreezes them. Empty: no freeze yet.",
    )

    def do(self, engagement: Engagement, by: Any) -> None:
        windows.change_freeze(engagement, by=by, **self.cleaned_data)


class PartsForm(StaffForm):
    """One named part is what practice needs most: interim. The rest of the window follows it."""

    title = forms.CharField(
        label="Name of the first part", required=False, max_length=60, initial="Interim"
    )
    ends_on = DayField(
        label="Its last day",
        required=False,
        help_text="What comes after it is tested apart. Empty: the window is tested as one.",
    )

    def do(self, engagement: Engagement, by: Any) -> None:
        day = self.cleaned_data["ends_on"]
        parts = [Part(self.cleaned_data["title"], day)] if day else []
        windows.divide_window(engagement, parts=parts, by=by)


class OrganisationForm(StaffForm):
    name = forms.CharField(max_length=120)
    services = forms.CharField(label="What it does for the system", widget=_LINES)
    method = forms.ChoiceField(
        choices=SubserviceOrganisation.Method.choices,
        help_text="Carve-out: its controls stay outside of the report. Inclusive: they are in it.",
    )
    complementary_controls = forms.CharField(
        label="Controls that we assume it operates",
        required=False,
        widget=_LINES,
        help_text="One on each line. A carved-out organisation needs them.",
    )
    monitoring = forms.CharField(
        label="How we watch that it does",
        required=False,
        widget=_LINES,
        help_text="Such as the yearly review of its own report, and who does it.",
    )

    @property
    def profile(self) -> Profile:
        return Profile(**self.cleaned_data)


class UserEntityControlForm(StaffForm):
    criterion = forms.ChoiceField(required=False)
    text = forms.CharField(label="What the customer must do", widget=_LINES)


class RollForwardForm(StaffForm):
    widths = {"window_from": "half", "window_to": "half"}
    title = forms.CharField(max_length=200)
    window_from = DayField(label="Observed from")
    window_to = DayField(label="Observed to", help_text="Both days included.")


_DATES: dict[str, tuple[str, type[Any]]] = {
    "window": ("Move the observation window", WindowForm),
    "fieldwork": ("Move the fieldwork", FieldworkForm),
    "freeze": ("Set the freeze date", FreezeForm),
    "parts": ("Test the window in parts", PartsForm),
}


def scope_of(engagement: Engagement, user: Any) -> dict[str, Any]:
    """What the page of an engagement says about its scope."""
    is_frozen = gates.is_frozen(engagement)
    is_open = engagement.closed_at is None and not is_frozen
    parts = [Part(one.title, one.ends_on) for one in engagement.sub_periods.all()]
    return {
        "changes": engagement.changes.select_related("changed_by"),
        "parts": divided(engagement.window_from, engagement.window_to, parts),
        "organisations": engagement.organisations.filter(removed_at=None),
        "wordings": organisations.latest_wordings(engagement),
        "is_frozen": is_frozen,
        "obstacle": gates.obstacle_to_changing(engagement),
        "after_freeze": after_freeze.of(engagement),
        "may_change": is_open and can(user, _NEEDS),
    }


@site.page(f"{_PAGE}dates/<str:which>/", name="engagement_dates", needs=_NEEDS, methods=READ_AND_DO)
def dates(request: HttpRequest, pk: int, which: str) -> HttpResponseBase:
    engagement = get_object_or_404(Engagement, pk=pk)
    title, kind = _DATES.get(which, ("", None))
    if kind is None:
        return redirect(_home(engagement))
    given = {
        **vars(engagement),
        "start": engagement.fieldwork_from,
        "end": engagement.fieldwork_to,
        "title": "Interim",
    }
    form = kind(request.POST or None, initial=given)
    by = person(request)
    return _answer(request, form, lambda: form.do(engagement, by), engagement, title)


@site.page(f"{_PAGE}subservice/add/", name="subservice_add", needs=_NEEDS, methods=READ_AND_DO)
def add_organisation(request: HttpRequest, pk: int) -> HttpResponseBase:
    engagement = get_object_or_404(Engagement, pk=pk)
    form = OrganisationForm(request.POST or None)
    by = person(request)

    def deed() -> None:
        organisations.add_organisation(engagement, profile=form.profile, by=by)

    return _answer(request, form, deed, engagement, "Add a subservice organisation")


@site.page("audits/subservice/<int:pk>/", name="subservice", needs=_NEEDS, methods=READ_AND_DO)
def change_organisation(request: HttpRequest, pk: int) -> HttpResponseBase:
    organisation = get_object_or_404(
        SubserviceOrganisation.objects.select_related("engagement"), pk=pk
    )
    form = OrganisationForm(request.POST or None, initial=vars(organisation))
    by = person(request)

    def deed() -> None:
        organisations.change_organisation(organisation, profile=form.profile, by=by)

    return _answer(request, form, deed, organisation.engagement, str(organisation))


@site.page("audits/subservice/<int:pk>/remove/", name="subservice_remove", needs=_NEEDS, methods=DO)
def remove_organisation(request: HttpRequest, pk: int) -> HttpResponseBase:
    organisation = get_object_or_404(
        SubserviceOrganisation.objects.select_related("engagement"), pk=pk
    )
    by = person(request)
    attempt(
        request,
        lambda: organisations.remove_organisation(organisation, by=by),
        done=f"{organisation} is out of the scope.",
    )
    return redirect(_home(organisation.engagement))


@site.page(f"{_PAGE}cuec/add/", name="cuec_add", needs=_NEEDS, methods=READ_AND_DO)
def add_control(request: HttpRequest, pk: int) -> HttpResponseBase:
    engagement = get_object_or_404(Engagement, pk=pk)
    criteria = {one.ref: one for one in scope.criteria_of(engagement)}
    form = UserEntityControlForm(request.POST or None)
    form.fields["criterion"].choices = [  # type: ignore[attr-defined]
        (ref, f"{ref} {one.title}") for ref, one in criteria.items()
    ]
    form.fields["criterion"].required = True
    by = person(request)

    def deed() -> None:
        answers = form.cleaned_data
        criterion = criteria[answers["criterion"]]
        organisations.add_user_entity_control(
            engagement, criterion=criterion, text=answers["text"], by=by
        )

    return _answer(request, form, deed, engagement, "Add a control that customers operate")


@site.page("audits/cuec/<int:pk>/", name="cuec", needs=_NEEDS, methods=READ_AND_DO)
def reword_control(request: HttpRequest, pk: int) -> HttpResponseBase:
    control = get_object_or_404(UserEntityControl.objects.select_related("engagement"), pk=pk)
    latest = control.wordings.order_by("-number").first()
    form = UserEntityControlForm(
        request.POST or None, initial={"text": latest.text if latest else ""}
    )
    del form.fields["criterion"]
    by = person(request)

    def deed() -> None:
        text = form.cleaned_data["text"]
        organisations.reword_user_entity_control(control, text=text, by=by)

    return _answer(request, form, deed, control.engagement, f"Reword {control.ref}")


@site.page("audits/cuec/<int:pk>/remove/", name="cuec_remove", needs=_NEEDS, methods=DO)
def remove_control(request: HttpRequest, pk: int) -> HttpResponseBase:
    control = get_object_or_404(UserEntityControl.objects.select_related("engagement"), pk=pk)
    by = person(request)
    attempt(
        request,
        lambda: organisations.remove_user_entity_control(control, by=by),
        done=f"{control.ref} is out of the scope.",
    )
    return redirect(_home(control.engagement))


@site.page(f"{_PAGE}roll/", name="engagement_roll_forward", needs=_NEEDS, methods=READ_AND_DO)
def roll(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Open the next period's engagement, and say what came along."""
    engagement = get_object_or_404(Engagement, pk=pk)
    start, end = roll_forward.next_window(engagement)
    given = {"title": engagement.title, "window_from": start, "window_to": end}
    form = RollForwardForm(request.POST or None, initial=given)
    if form.is_valid():
        by = person(request)
        try:
            carried = roll_forward.roll_forward(engagement, by=by, **form.cleaned_data)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, carried.words)
            return redirect(_home(carried.engagement))
    intro = (
        "Categories, subservice organisations and customers' controls come along, and the "
        "description as drafts. People, evidence and the assertion do not."
    )
    context = {"title": f"Roll {engagement.ref} forward", "intro": intro, "form": form}
    shown = {**context, "button": "Open the next period", "cancel": _home(engagement)}
    return site.render(request, "staff/form.html", shown)


def _answer(
    request: HttpRequest, form: StaffForm, deed: Any, engagement: Engagement, title: str
) -> HttpResponseBase:
    """Do the deed of a filled form and go back to the engagement, or show the form with why not."""
    if form.is_valid():
        try:
            deed()
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect(_home(engagement))
    context = {
        "title": title,
        "intro": f"Of {engagement}.",
        "form": form,
        "button": "Save",
        "cancel": _home(engagement),
        "obstacle": gates.obstacle_to_changing(engagement),
    }
    return site.render(request, "staff/form.html", context)


def _home(engagement: Engagement) -> str:
    return reverse("admin:audits_engagement_change", args=[engagement.pk])
