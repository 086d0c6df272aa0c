"""The last day of an engagement's room in the staff door: first a look at what it means."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.capabilities import Capability
from audits import rooms
from audits.models import Engagement
from compliance.staff import words
from compliance.staff.base import REFUSALS, person
from compliance.staff.forms import DayField, StaffForm
from compliance.staff.site import READ_AND_DO, site


class RoomForm(StaffForm):
    until = DayField(
        label="Room open until (last day)",
        required=False,
        help_text="After it nobody opens anything of the engagement in the portal. Empty: it stays "
        "open, and each member has their own days.",
    )
    reason = forms.CharField(label="Why?", max_length=1000, widget=forms.Textarea)


@site.page(
    "audits/engagement/<int:pk>/room/",
    name="engagement_room",
    needs=Capability.MANAGE_ENGAGEMENTS,
    methods=READ_AND_DO,
)
def room(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show what a day would mean; set it once that was seen and confirmed."""
    engagement, by = get_object_or_404(Engagement, pk=pk), person(request)
    form = RoomForm(request.POST or None, initial={"until": engagement.room_until})
    home = reverse("admin:audits_engagement_change", args=[pk])
    is_seen = False
    if form.is_valid():
        until = form.cleaned_data["until"]
        is_seen = request.POST.get("seen") == (until.isoformat() if until else "never")
        if is_seen:
            try:
                rooms.set_end(engagement, until=until, reason=form.cleaned_data["reason"], by=by)
            except REFUSALS as refusal:
                form.add_refusal(refusal)
            else:
                messages.success(request, _done(engagement))
                return redirect(home)
    return site.render(request, "staff/room.html", _context(engagement, form, home))


def _context(engagement: Engagement, form: RoomForm, home: str) -> dict[str, Any]:
    context: dict[str, Any] = {
        "title": "The room of those outside",
        "intro": f"Of {engagement}. Members are told by mail 7 days and 1 day before it closes.",
        "form": form,
        "cancel": home,
        "now": engagement.room_until,
    }
    if form.is_bound and form.is_valid():
        until = form.cleaned_data["until"]
        context |= {
            "outlook": rooms.outlook(engagement, until),
            "until": until,
            "seen": until.isoformat() if until else "never",
        }
    return context


def _done(engagement: Engagement) -> str:
    if engagement.room_until:
        return f"The room of {engagement.ref} is open until {words.day(engagement.room_until)}."
    return f"The room of {engagement.ref} stays open; each member has their own days."
