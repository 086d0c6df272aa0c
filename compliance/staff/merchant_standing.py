"""What stands beside a form in the staff door: scans, the level, and a paper signed elsewhere."""

from collections.abc import Callable
from datetime import date

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.capabilities import Capability
from compliance.staff import words
from compliance.staff.base import REFUSALS, person
from compliance.staff.forms import DayField, StaffForm
from compliance.staff.merchants import one
from compliance.staff.site import READ_AND_DO, site
from compliance.uploaded_lists import on_disk
from merchants import levels, parties, scanning, taking_in
from merchants.models import ComplianceForm
from merchants.scanning import Scanned
from merchants.taking_in import SignedPaper


class ScanForm(StaffForm):
    widths = {"scanned_on": "half", "passed": "half"}

    scanned_on = DayField(label="Day of the scan")
    passed = forms.ChoiceField(label="Result", choices=[("yes", "Passed"), ("no", "Not passed")])
    scanner = forms.CharField(
        label="Scanner", max_length=200, help_text="The approved scanning vendor (ASV)."
    )
    note = forms.CharField(label="Note", max_length=300, required=False)
    report = forms.FileField(
        label="Report of the scanner", required=False, help_text="Kept as evidence, with the scan."
    )


class LevelForm(StaffForm):
    yearly = forms.IntegerField(
        label="Card payments in a year",
        min_value=0,
        max_value=levels.MOST,
        required=False,
        help_text="The level follows from it: more than 6 million, more than 1 million, "
        "online from 20,000 on, or fewer.",
    )
    level = forms.ChoiceField(
        label="Level, where the acquirer set another",
        choices=[
            ("", "The one that follows"),
            *((str(each), str(each)) for each in parties.LEVELS),
        ],
        required=False,
    )
    reason = forms.CharField(label="Why", max_length=300)


class PaperForm(StaffForm):
    widths = {"name": "half", "title": "half"}

    file = forms.FileField(label="Signed paper (PDF)")
    name = forms.CharField(label="Who signed", max_length=200)
    title = forms.CharField(label="Title", max_length=200)
    signed_on = DayField(label="Day on the paper")


@site.page(
    "merchants/forms/<str:ref>/scan/",
    name="merchant_scan",
    needs=Capability.MANAGE_MERCHANTS,
    methods=READ_AND_DO,
)
def add_scan(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Keep what is known of an external scan of the merchant."""
    standing, by = one(ref), person(request)
    form = ScanForm(
        request.POST or None, request.FILES or None, initial={"scanned_on": words.today()}
    )

    def keep() -> None:
        said = form.cleaned_data
        passed = said["passed"] == "yes"
        scan = Scanned(said["scanned_on"], said["scanner"], passed, said["note"])
        report = said["report"]
        if report is None:
            scanning.record(standing.merchant, scan, by=by)
            return
        with on_disk(report) as path:
            scanning.record(standing.merchant, scan, by=by, report=path, filename=str(report.name))

    return _page(request, standing, form, keep, ("Add a scan", "Keep it"))


@site.page(
    "merchants/forms/<str:ref>/level/",
    name="merchant_level",
    needs=Capability.MANAGE_MERCHANTS,
    methods=READ_AND_DO,
)
def put_level(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Put the merchant into the level of its yearly card payments, or into another one."""
    standing, by = one(ref), person(request)
    form = LevelForm(
        request.POST or None, initial={"yearly": standing.merchant.yearly_transactions}
    )

    def keep() -> None:
        said = form.cleaned_data
        levels.put(
            standing.merchant,
            yearly=said["yearly"],
            level=int(said["level"]) if said["level"] else None,
            by=by,
            reason=said["reason"],
        )

    return _page(request, standing, form, keep, ("Change the merchant level", "Change it"))


@site.page(
    "merchants/forms/<str:ref>/signed/",
    name="merchant_signed",
    needs=Capability.MANAGE_MERCHANTS,
    methods=READ_AND_DO,
)
def take_in(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Take in a paper that was signed elsewhere; the form is complete by it."""
    standing, by = one(ref), person(request)
    form = PaperForm(request.POST or None, request.FILES or None)

    def keep() -> None:
        said = form.cleaned_data
        signed_on: date = said["signed_on"]
        paper = SignedPaper(said["name"], said["title"], signed_on)
        with on_disk(said["file"]) as path:
            taking_in.take_in(standing, paper, path, filename=str(said["file"].name), by=by)

    return _page(request, standing, form, keep, ("Take in a signed paper", "Take it in"))


def _page(
    request: HttpRequest,
    standing: ComplianceForm,
    form: StaffForm,
    keep: Callable[[], None],
    said: tuple[str, str],
) -> HttpResponseBase:
    """Show a form about a merchant, or do what it says and go back to the merchant's form."""
    back = reverse("admin:merchant_form", args=[standing.ref])
    if form.is_valid():
        try:
            keep()
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect(back)
    context = {"title": said[0], "form": form, "button": said[1], "cancel": back}
    return site.render(request, "staff/form.html", context)
