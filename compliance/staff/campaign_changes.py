"""Moving the due day of a review campaign, and withdrawing one that should not have been opened."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from accounts.capabilities import Capability
from compliance.staff.base import REFUSALS, person
from compliance.staff.campaigns import one
from compliance.staff.forms import DayField, StaffForm
from compliance.staff.site import READ_AND_DO, site
from registers.campaigns import changing, closing
from registers.models import Campaign

_MOVE, _WITHDRAW = "move", "withdraw"


class ReasonForm(StaffForm):
    """Why; kept with the campaign and shown to auditors."""

    reason = forms.CharField(label="Why", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class MoveForm(ReasonForm):
    due_on = DayField(label="New due day")

    field_order = ["due_on", "reason"]


@site.page(
    "campaigns/<int:number>/change/",
    name="campaign_change",
    needs=Capability.MANAGE_CAMPAIGNS,
    methods=READ_AND_DO,
)
def change(request: HttpRequest, number: int) -> HttpResponseBase:
    """Offer another due day, or the end without evidence; each asks for its reason."""
    campaign = one(number)
    deed = request.POST.get("deed", "")
    move = MoveForm(request.POST if deed == _MOVE else None, prefix=_MOVE)
    withdraw = ReasonForm(request.POST if deed == _WITHDRAW else None, prefix=_WITHDRAW)
    form = withdraw if deed == _WITHDRAW else move
    if form.is_bound and form.is_valid():
        try:
            done = _done(request, campaign, form)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, done)
            return redirect("admin:campaign", number)
    context = {
        "title": f"Change {campaign.ref}",
        "campaign": campaign,
        "standing": closing.standing(campaign),
        "is_open": campaign.state == Campaign.State.OPEN,
        "move": move,
        "withdraw": withdraw,
    }
    return site.render(request, "staff/campaign_change.html", context)


def _done(request: HttpRequest, campaign: Campaign, form: ReasonForm) -> str:
    by, said = person(request), form.cleaned_data
    if isinstance(form, MoveForm):
        changing.move(campaign, due_on=said["due_on"], reason=said["reason"], by=by)
        return f"{campaign.ref} is due on another day."
    changing.withdraw(campaign, reason=said["reason"], by=by)
    return f"{campaign.ref} is withdrawn: nobody is asked any more."
