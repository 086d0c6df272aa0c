"""What concerns all merchants of a platform: who owes a scan, and what we do for them."""

from datetime import date
from functools import partial

from django import forms
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.access import can
from accounts.capabilities import Capability
from compliance.staff import words
from compliance.staff.base import PER_PAGE, REFUSALS, attempt, person
from compliance.staff.forms import StaffForm
from compliance.staff.merchants import name_of
from compliance.staff.site import READ, READ_AND_DO, site
from merchants import platforms, reminding, scanning, supporting
from merchants.models import Application, ComplianceForm


class SupportForm(StaffForm):
    widths = {"line": "half", "control": "half"}

    line = forms.CharField(label="Line of the forms", max_length=20, help_text="Such as 12.8.2.")
    control = forms.CharField(label="Our control", max_length=20, help_text="Such as VN-03.")
    words = forms.CharField(
        label="What it does for the merchant",
        max_length=500,
        widget=forms.Textarea,
        help_text="As the merchant reads it before confirming it.",
    )


class RemindingForm(StaffForm):
    overdue_note = forms.CharField(
        label="What merchants are told about an overdue form",
        max_length=300,
        required=False,
        help_text="For example a fee that the platform takes then.",
    )
    usual = forms.BooleanField(label="Remind on the usual days", required=False)
    remind_on = forms.CharField(
        label="Or on these days",
        max_length=200,
        required=False,
        help_text="Days before the due day, and after it with a minus, as in 30, 7, 1, -7.",
    )

    def clean_remind_on(self) -> list[int]:
        """Return the days that were typed."""
        try:
            return [int(word) for word in self.cleaned_data["remind_on"].replace(",", " ").split()]
        except ValueError as error:
            raise forms.ValidationError("Give whole numbers, with commas between them.") from error


@site.page("merchants/platforms/<int:pk>/change/", name="platform_change",
           needs=Capability.MANAGE_MERCHANTS, methods=READ_AND_DO)  # fmt: skip
def change(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change what merchants of a platform are told of an overdue form, and when."""
    application, by = get_object_or_404(Application, pk=pk), person(request)
    standing = reminding.days_left() if application.remind_on is None else application.remind_on
    form = RemindingForm(
        request.POST or None,
        initial={
            "overdue_note": application.overdue_note,
            "usual": application.remind_on is None,
            "remind_on": ", ".join(str(day) for day in standing),
        },
    )
    if form.is_valid():
        said = form.cleaned_data
        try:
            platforms.change(
                application,
                overdue_note=said["overdue_note"],
                remind_on=None if said["usual"] else said["remind_on"],
                by=by,
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:merchants")
    context = {
        "title": f"Reminders of {application.name}",
        "form": form,
        "button": "Keep it",
        "cancel": reverse("admin:merchants"),
    }
    return site.render(request, "staff/form.html", context)


@site.page("merchants/platforms/<int:pk>/scans/", name="merchants_scans",
           needs=Capability.VIEW, methods=READ)  # fmt: skip
def scans(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show the merchants of a platform that owe a scan, the longest overdue first."""
    application = get_object_or_404(Application, pk=pk)
    found = scanning.owing(application.environment, date.max).filter(application=application)
    place = _place(request.GET.get("after", ""))
    if place:
        day, last = place
        found = found.filter(Q(scan_due_on__gt=day) | Q(scan_due_on=day, pk__gt=last))
    rows = list(found[: PER_PAGE + 1])
    shown = rows[:PER_PAGE]
    found_forms = ComplianceForm.objects.filter(merchant__in=[one.pk for one in shown])
    newest = dict(found_forms.order_by("pk").values_list("merchant", "ref"))
    today = words.today()
    context = {
        "title": f"Scans of merchants of {application.name}",
        "intro": "External scans by an approved vendor; one that passed is due every three months.",
        "rows": [
            (one, name_of(one), newest.get(one.pk, ""), (one.scan_due_on or today) < today)
            for one in shown
        ],
        "next": f"{shown[-1].scan_due_on}~{shown[-1].pk}" if len(rows) > PER_PAGE else "",
        "is_further": place is not None,
        "may_manage": can(request.user, Capability.MANAGE_MERCHANTS),
    }
    return site.render(request, "staff/merchants_scans.html", context)


@site.page("merchants/platforms/<int:pk>/supports/", name="merchants_supports",
           needs=Capability.MANAGE_MERCHANTS, methods=READ_AND_DO)  # fmt: skip
def supports(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show what the operator's controls do for the merchants of a platform; add it, or end it."""
    application, by = get_object_or_404(Application, pk=pk), person(request)
    standing = supporting.of(application)
    ended = request.POST.get("end", "")
    form = SupportForm(None if ended else request.POST or None)
    if ended:
        known = next((one for one in standing if str(one.pk) == ended), None)
        if known is None:
            raise Http404
        attempt(request, partial(supporting.end, known, by=by), done="It is offered no more.")
        return redirect("admin:merchants_supports", pk)
    if form.is_valid():
        said = form.cleaned_data
        try:
            supporting.support(
                application,
                line=said["line"].strip(),
                control_ref=said["control"].strip().upper(),
                words=said["words"],
                by=by,
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:merchants_supports", pk)
    today = words.today()
    context = {
        "title": f"What we do for merchants of {application.name}",
        "intro": "Lines that our own controls meet. Merchants confirm each; it is offered only "
        "while all due evidence of the control is there.",
        "application": application,
        "supports": [(one, supporting.proof_of(one.control_ref, today)) for one in standing],
        "form": form,
    }
    return site.render(request, "staff/merchants_supports.html", context)


def _place(words_of_it: str) -> tuple[date, int] | None:
    day, _, key = words_of_it.partition("~")
    try:
        return (date.fromisoformat(day), int(key)) if len(key) <= 18 else None
    except ValueError:
        return None
