"""Deeds about one merchant in the staff door: add, mail or show a link, stop, make invalid."""

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.capabilities import Capability
from compliance.staff import words
from compliance.staff.base import REFUSALS, attempt, person, typed
from compliance.staff.forms import StaffForm
from compliance.staff.merchant_forms import MerchantForm
from compliance.staff.merchants import one
from compliance.staff.site import DO, READ_AND_DO, site
from merchants import changing, links, parties, reminding
from merchants.models import Environment, Merchant


class PlatformForm(StaffForm):
    name = forms.CharField(label="Name", max_length=120)
    environment = forms.ChoiceField(
        label="Environment", choices=Environment.choices, initial=Environment.LIVE
    )
    overdue_note = forms.CharField(
        label="What merchants are told about an overdue form",
        max_length=300,
        required=False,
        help_text="For example a fee that the platform takes then.",
    )


@site.page(
    "merchants/platforms/add/",
    name="platform_add",
    needs=Capability.MANAGE_MERCHANTS,
    methods=READ_AND_DO,
)
def add_platform(request: HttpRequest) -> HttpResponseBase:
    form = PlatformForm(request.POST or None)
    if form.is_valid():
        try:
            parties.add_application(
                form.cleaned_data["name"],
                environment=form.cleaned_data["environment"],
                overdue_note=form.cleaned_data["overdue_note"],
                by=person(request),
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:merchants")
    return _form(request, form, "Add a platform", "Add it")


@site.page(
    "merchants/add/", name="merchant_add", needs=Capability.MANAGE_MERCHANTS, methods=READ_AND_DO
)
def add_merchant(request: HttpRequest) -> HttpResponseBase:
    """Add a merchant and approve it at once: its form is issued."""
    form = MerchantForm(request.POST or None)
    if form.is_valid():
        by = person(request)
        try:
            made = parties.add_merchants(
                form.cleaned_data["application"], [form.applicant()], by=by
            )
            (issued,) = parties.approve(made, by=by)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:merchant_form", issued.ref)
    return _form(request, form, "Add a merchant", "Add it, and issue its form")


@site.page(
    "merchants/forms/<str:ref>/link/", name="merchant_link", needs=Capability.MANAGE_MERCHANTS,
    methods=DO, fresh=True,
)  # fmt: skip
@never_cache
def make_link(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Show a new link to the form once; who mails it is the person who asked."""
    form, by = one(ref), person(request)
    made = attempt(
        request,
        lambda: links.make(form, actor=f"user:{by.pk}"),
        done="The link is made. It is shown this once.",
    )
    if made is None:
        return redirect("admin:merchant_form", ref)
    link, secret = made
    path = reverse("signing:overview", args=[secret])
    context = {
        "title": "The merchant's link",
        "intro": f"To the form {form.ref}.",
        "secret": request.build_absolute_uri(path),
        "secret_label": "Link",
        "explanation": (
            "Whoever has it can answer and sign for this merchant. It signs once, and is over on "
            f"{words.clock(link.expires_at)}."
        ),
        "onward": reverse("admin:merchant_form", args=[ref]),
    }
    return site.render(request, "staff/secret.html", context)


@site.page(
    "merchants/forms/<str:ref>/do/<slug:deed>/",
    name="merchant_do",
    needs=Capability.MANAGE_MERCHANTS,
    methods=DO,
)
def do(request: HttpRequest, ref: str, deed: str) -> HttpResponseBase:
    """Do one of the deeds that stand on the page of a form."""
    form, by, reason = one(ref), person(request), typed(request, "reason")
    merchant: Merchant = form.merchant
    deeds = {
        "remind": (
            lambda: reminding.ask(form, by=by, today=words.today()),
            "The merchant is mailed a link.",
        ),
        "end-links": (
            lambda: links.withdraw(form, actor=f"user:{by.pk}"),
            "Every open link of the form is over.",
        ),
        "invalidate": (
            lambda: changing.invalidate(form, by=by, reason=reason),
            "The form is invalid.",
        ),
        "stop": (
            lambda: parties.switch(merchant, may_take_cards=False, by=by, reason=reason),
            "The merchant takes no more cards.",
        ),
        "go-on": (
            lambda: parties.switch(merchant, may_take_cards=True, by=by, reason=reason),
            "The merchant may take cards again.",
        ),
    }
    if deed in deeds:
        act, done = deeds[deed]
        attempt(request, act, done=done)
    return redirect("admin:merchant_form", ref)


def _form(request: HttpRequest, form: StaffForm, title: str, button: str) -> HttpResponseBase:
    context = {
        "title": title,
        "form": form,
        "button": button,
        "cancel": reverse("admin:merchants"),
    }
    return site.render(request, "staff/form.html", context)
