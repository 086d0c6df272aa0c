"""Another interview for a merchant in the staff door: what it changes is shown, then done."""

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.capabilities import Capability
from compliance.staff import words
from compliance.staff.base import attempt, person, typed
from compliance.staff.merchant_forms import InterviewForm
from compliance.staff.merchants import name_of, one
from compliance.staff.site import READ_AND_DO, site
from merchants import differences


class ChangeForm(InterviewForm):
    """The interview as it stands, to be answered otherwise."""

    look = forms.CharField(widget=forms.HiddenInput, initial="yes", required=False)


@site.page(
    "merchants/forms/<str:ref>/change/",
    name="merchant_change",
    needs=Capability.MANAGE_MERCHANTS,
    methods=READ_AND_DO,
)
def change(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Ask the interview again; show what its answers change, then do it for a reason."""
    standing, by = one(ref), person(request)
    said = request.POST if request.method == "POST" else request.GET
    form = ChangeForm(said if "look" in said else None, initial=standing.merchant.interview)
    fits = form.is_bound and form.is_valid()
    if fits and request.method == "POST":
        made = attempt(
            request,
            lambda: differences.apply(
                standing,
                form.interview,
                chosen=form.cleaned_data["form_type"],
                by=by,
                reason=typed(request, "reason"),
            ),
            done="What was answered otherwise is kept.",
        )
        if made is not None:
            return redirect("admin:merchant_form", made.ref)
    context = {
        "title": f"Other answers for {name_of(standing.merchant)}",
        "standing": standing,
        "form": form,
        "difference": differences.of(
            standing,
            form.interview,
            chosen=form.cleaned_data["form_type"],
            today=words.today(),
        )
        if fits
        else None,
        "cancel": reverse("admin:merchant_form", args=[ref]),
    }
    return site.render(request, "staff/merchant_change.html", context)
