"""Lines of review campaigns as sheets in the staff door: out, and decisions in with a preview."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from accounts.capabilities import Capability
from accounts.models import User
from compliance import uploaded_lists
from compliance.staff import table_files
from compliance.staff.base import REFUSALS, attempt, person, typed
from compliance.staff.campaigns import one
from compliance.staff.forms import StaffForm
from compliance.staff.site import READ_AND_DO, site
from registers import incoming
from registers.campaigns import deciding, sheets
from registers.campaigns.deciding import Wanted
from registers.campaigns.sheets import Deed, Plan
from registers.errors import UploadError
from registers.models import Campaign
from reports import campaign_sheet

_SALT = "campaign decisions"
_SHOWN = 200
_LONGEST = 2_000_000
"""Letters of what a page carries from the preview to the confirmation."""
_WAIT = 24 * 3600
_MARKS = {
    Deed.REFUSED: ("missed", "Refused"),
    Deed.DECIDE: ("active", "Decided"),
    Deed.SAME: ("inactive", "As it is"),
    Deed.OPEN: ("waiting", "No decision"),
}


class DecisionsForm(StaffForm):
    file = forms.FileField(
        label="Sheet (.csv or .xlsx)",
        help_text="The sheet of this campaign, with a decision and a reason on your lines. Values "
        "only: no formulas and no merged cells.",
    )


@site.page("campaigns/<int:number>/lines.csv", name="campaign_csv", needs=Capability.VIEW)
def export_csv(_request: HttpRequest, number: int) -> HttpResponseBase:
    """Send the lines as CSV; decisions that are written into it can be imported."""
    campaign = one(number)
    header = [field.label for field in sheets.table(campaign).declared.fields]
    return table_files.as_csv(f"{campaign.ref.lower()}.csv", header, sheets.rows(campaign))


@site.page("campaigns/<int:number>/lines.xlsx", name="campaign_xlsx", needs=Capability.VIEW)
def export_xlsx(_request: HttpRequest, number: int) -> HttpResponseBase:
    """Send the lines as an Excel sheet; decisions that are written into it can be imported."""
    campaign = one(number)
    return table_files.as_excel(
        f"{campaign.ref.lower()}.xlsx",
        campaign_sheet.MEDIA_TYPE,
        lambda path: campaign_sheet.write(campaign, path),
    )


@site.page(
    "campaigns/<int:number>/import/",
    name="campaign_import",
    needs=Capability.VIEW,
    methods=READ_AND_DO,
)
def import_decisions(request: HttpRequest, number: int) -> HttpResponseBase:
    """Take a sheet, show line by line what it would decide, and do it once it is confirmed."""
    campaign, by = one(number), person(request)
    if request.POST.get("shown"):
        return _confirmed(request, campaign, by)
    form = DecisionsForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {
        "title": "Import decisions",
        "campaign": campaign,
        "form": form,
    }
    if form.is_valid():
        try:
            plan = _read(form.cleaned_data["file"], campaign, by)
            context |= _preview(campaign, plan, by)
        except REFUSALS as refusal:
            form.add_error("file", str(refusal))
    return site.render(request, "staff/campaign_import.html", context)


def _read(file: Any, campaign: Campaign, by: User) -> Plan:
    if file.size > uploaded_lists.LARGEST:
        most = uploaded_lists.LARGEST // 10**6
        raise UploadError(f"{file.name} is too large: {most} MB are the most. Split it.")
    with (
        uploaded_lists.on_disk(file) as path,
        incoming.opened(path, sheets.table(campaign), name=file.name) as sheet,
    ):
        return sheets.plan(campaign, head=sheet.head, lines=sheet.lines, by=by)


def _preview(campaign: Campaign, plan: Plan, by: User) -> dict[str, Any]:
    wanted = [[each.number, each.decision, each.reason] for each in plan.wanted]
    carried = signing.dumps(
        {"by": by.pk, "campaign": campaign.pk, "stand": plan.shown, "wanted": wanted},
        salt=_SALT,
        compress=True,
    )
    if len(carried) > _LONGEST:
        raise UploadError("These are too many decisions at once. Split the sheet.")
    counts = plan.counts
    is_whole = counts[Deed.DECIDE] and not counts[Deed.REFUSED]
    # What is refused or changes stands before what stays as it is.
    first = sorted(plan.lines, key=lambda line: list(_MARKS).index(line.deed))
    return {
        "title": "What the sheet would decide",
        "plan": plan,
        "counts": [(*_MARKS[deed], counts[deed]) for deed in _MARKS if counts[deed]],
        "refused": counts[Deed.REFUSED],
        "decides": counts[Deed.DECIDE],
        "lines": [(line, *_MARKS[line.deed]) for line in first[:_SHOWN]],
        "more": max(0, len(first) - _SHOWN),
        # All or nothing: a plan with a refused line is not even there to be confirmed.
        "shown": carried if is_whole else "",
    }


def _confirmed(request: HttpRequest, campaign: Campaign, by: User) -> HttpResponseBase:
    """Do what was shown to this very person, all of it or nothing."""
    try:
        said = signing.loads(typed(request, "shown"), salt=_SALT, max_age=_WAIT)
    except signing.BadSignature:
        said = {}
    if (said.get("by"), said.get("campaign")) != (by.pk, campaign.pk):
        messages.error(request, "This preview is no longer valid. Hand the sheet in again.")
        return redirect("admin:campaign_import", campaign.number)
    wanted = [Wanted(*each) for each in said["wanted"]]
    done = attempt(
        request,
        lambda: deciding.decide_each(campaign, wanted=wanted, by=by, shown=said["stand"]),
        done=f"{len(wanted):,} decided by the sheet.",
    )
    if done is None:
        return redirect("admin:campaign_import", campaign.number)
    return redirect("admin:campaign", campaign.number)
