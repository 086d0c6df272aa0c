"""Walkthroughs in the auditors' door: the page on which one is recorded."""

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.models import User
from audits import days, walkthroughs
from audits.errors import AuditsError
from audits.models import Engagement
from compliance.portal import access
from compliance.portal.pages import show
from compliance.portal.walkthrough_forms import WalkthroughForm


@access.for_auditor_deed
def walk(
    request: HttpRequest, user: User, engagement: Engagement, control_ref: str
) -> HttpResponseBase:
    """Show what was walked through of a control, and record another walkthrough."""
    control = get_object_or_404(access.controls(engagement), ref=control_ref)
    may_conclude = access.may_conclude(user, engagement) and not engagement.closed_at
    if request.method == "POST" and not may_conclude:
        raise Http404
    form = WalkthroughForm(request.POST or None, initial={"walked_on": days.today()})
    if form.is_valid():
        try:
            made = walkthroughs.record_walkthrough(
                engagement, control=control, walked=form.walked(), by=user
            )
        except AuditsError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, f"{made.ref} is recorded and in the log.")
            return redirect("portal:control", engagement.ref, control.ref)
    access.viewed(engagement, user, f"{engagement.ref}/{control.ref}/walkthrough")
    return show(
        request,
        "walkthrough",
        engagement,
        control=control,
        wording=control.wording_on(days.today()),
        form=form,
        may_conclude=may_conclude,
    )
