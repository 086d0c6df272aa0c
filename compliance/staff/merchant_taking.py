"""Forms of another account in the staff door: a table is chosen, looked at, and taken in."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.capabilities import Capability
from compliance.staff.base import REFUSALS, attempt, person
from compliance.staff.forms import StaffForm
from compliance.staff.merchants import MARKS
from compliance.staff.site import READ_AND_DO, site
from evidence.models import Evidence
from merchants import other_accounts
from merchants.models import Application, ComplianceForm

SHOWN = 20


class TakeForm(StaffForm):
    """Which table is meant, and the platform whose forms these are to be."""

    evidence = forms.TypedChoiceField(label="Table of forms", coerce=int)
    application = forms.ModelChoiceField(label="Platform", queryset=Application.objects.none())

    def __init__(self, *args: Any, tables: list[Evidence], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tables = {one.pk: one for one in tables}
        named = [(one.pk, f"{one.ref}: {one.title}, {one.source_system}") for one in tables]
        self.fields["evidence"].choices = named  # type: ignore[attr-defined]
        self.fields["application"].queryset = Application.objects.order_by("name")  # type: ignore[attr-defined]


@site.page(
    "merchants/take/",
    name="merchants_take",
    needs=Capability.MANAGE_MERCHANTS,
    methods=READ_AND_DO,
    fresh=True,
)
def take(request: HttpRequest) -> HttpResponseBase:
    """Choose a table; show what taking it in would do; then have it done by a job."""
    said = request.POST if request.method == "POST" else request.GET
    form = TakeForm(said if "evidence" in said else None, tables=other_accounts.tables())
    plan = evidence = None
    if form.is_valid():
        evidence, by = form.tables[form.cleaned_data["evidence"]], person(request)
        platform = form.cleaned_data["application"]
        if request.method == "POST":
            job = attempt(
                request,
                lambda: other_accounts.ask(evidence, platform, by=by),
                done="The forms are being taken in.",
            )
            return redirect("admin:job", job.pk) if job else redirect("admin:merchants_take")
        try:
            plan = other_accounts.preview(evidence, platform)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
    states = ComplianceForm.State
    context = {
        "title": "Take in forms of another account",
        "intro": "A collector keeps the forms of another account as a table of evidence. They are "
        "listed and counted here, and signed over there.",
        "form": form,
        "plan": plan,
        "evidence": evidence,
        "states": [
            (MARKS[states(state)], states(state).label, count)
            for state, count in sorted(plan.states.items())
        ]
        if plan
        else [],
        "refused": plan.refused[:SHOWN] if plan else [],
        "cancel": reverse("admin:merchants"),
    }
    return site.render(request, "staff/merchants_take.html", context)
