"""The trust page in the staff door: switch, agreement, and which documents are offered."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from audits.buyers import asking, documents, page
from audits.models import BuyerDocument, BuyerHandOut
from compliance.staff.base import REFUSALS, attempt, person
from compliance.staff.forms import StaffForm
from compliance.staff.site import DO, READ, READ_AND_DO, site
from evidence import store
from evidence.errors import EvidenceError
from evidence.models import Evidence
from reports import pdf_engine, watermark

_NEEDS = Capability.SHARE_DOCUMENTS
_LONGEST_TITLE = 200
_LATEST = 5


class SwitchForm(StaffForm):
    contact = forms.EmailField(
        label="Address for buyers",
        help_text="Stands on the page and in the mails, such as trust@ your company.",
    )


class AgreementForm(StaffForm):
    text = forms.CharField(
        label="Agreement of secrecy",
        max_length=page.LONGEST_AGREEMENT,
        widget=forms.Textarea(attrs={"rows_wanted": 18}),
        help_text="Paragraphs are kept. Each change is a new version; who accepted an earlier one "
        "stays bound by that.",
    )


class OfferForm(StaffForm):
    """Which item is offered, and under which title."""

    evidence = forms.ChoiceField(label="Document")
    title = forms.CharField(
        label="Title for buyers",
        max_length=_LONGEST_TITLE,
        help_text="It stands on the public page: name no person and no system.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        on_offer = documents.offered().values("evidence")
        found = documents.shareable().exclude(pk__in=on_offer)[: documents.SHOWN]
        self.choices = [(str(one.pk), f"{one.ref} {one.title}") for one in found]
        chosen: Any = self.fields["evidence"]
        chosen.choices = self.choices


@site.page("trust/", name="trust", needs=_NEEDS, methods=READ)
def overview(request: HttpRequest) -> HttpResponseBase:
    """Show whether buyers see anything, what they may ask for, and what was last handed out."""
    switch = page.current()
    rows = documents.offered().select_related("evidence__superseded_by", "offered_by")
    taken = BuyerHandOut.objects.select_related("grant__document", "grant__decision__request")
    context = {
        "title": "Trust page",
        "is_set": settings.TRUST_PAGE,
        "is_open": bool(switch and switch.is_open),
        "switch": switch,
        "form": SwitchForm(initial={"contact": switch.contact if switch else ""}),
        "agreement": page.agreement(),
        "documents": rows,
        "waiting": asking.waiting().count(),
        "hand_outs": taken[:_LATEST],
        "address": f"{settings.SITE_URL}{reverse('trust:front')}",
        "missing": pdf_engine.missing_libraries(),
        "mail_is_off": not settings.MAIL_IS_ON,
        "may_manage": can(request.user, Capability.MANAGE_TRUST),
    }
    return site.render(request, "staff/trust.html", context)


@site.page("trust/switch/", name="trust_switch", needs=Capability.MANAGE_TRUST, methods=DO)
def switch(request: HttpRequest) -> HttpResponseBase:
    """Open the page, close it, or name another address."""
    by, wanted = person(request), request.POST.get("turn") == "open"
    contact = request.POST.get("contact", "").replace("\0", "")
    attempt(
        request,
        lambda: page.turn(is_open=wanted, contact=contact, by=by),
        done="The trust page is open." if wanted else "The trust page is closed.",
    )
    return redirect("admin:trust")


@site.page(
    "trust/agreement/",
    name="trust_agreement",
    needs=Capability.MANAGE_TRUST,
    methods=READ_AND_DO,
)
def agreement(request: HttpRequest) -> HttpResponseBase:
    """Write a new version of the agreement."""
    in_force, by = page.agreement(), person(request)
    first = {"text": in_force.text if in_force else ""}
    form = AgreementForm(request.POST or None, initial=first)
    if form.is_valid():
        try:
            page.write_agreement(form.cleaned_data["text"], by=by)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:trust")
    context = {
        "title": "Agreement of secrecy",
        "intro": "Every visitor accepts it before asking; ask your lawyers for the text.",
        "form": form,
        "button": "Put it in force",
        "cancel": reverse("admin:trust"),
    }
    return site.render(request, "staff/form.html", context)


@site.page("trust/offer/", name="trust_offer", needs=_NEEDS, methods=READ_AND_DO)
def offer(request: HttpRequest) -> HttpResponseBase:
    """Let buyers ask for a report or for a document that was uploaded."""
    form, by = OfferForm(request.POST or None), person(request)
    if form.is_valid() and _offered(form, by):
        return redirect("admin:trust")
    obstacle = (
        ""
        if form.choices
        else "Nothing can be offered yet. Have a report written, such as the trust summary, or "
        "hand in a PDF of the type report, external report, scan report, policy, procedure or "
        "diagram."
    )
    context = {
        "title": "Offer a document",
        "intro": "Only reports written here and PDF files that a person handed in. Buyers read the "
        "title; they receive a copy once you approve their request.",
        "form": form,
        "obstacle": obstacle,
        "button": "Offer it",
        "cancel": reverse("admin:trust"),
    }
    return site.render(request, "staff/form.html", context)


@site.page("trust/documents/<int:pk>/withdraw/", name="trust_withdraw", needs=_NEEDS, methods=DO)
def withdraw(request: HttpRequest, pk: int) -> HttpResponseBase:
    document = get_object_or_404(BuyerDocument.objects.select_related("evidence"), pk=pk)
    by = person(request)
    attempt(
        request,
        lambda: documents.withdraw(document, by=by),
        done=f"{document} is no longer offered, and no link opens it.",
    )
    return redirect("admin:trust")


def _offered(form: OfferForm, by: User) -> bool:
    """Offer what was chosen once its pages are known to take a mark; say why where they do not."""
    item = get_object_or_404(Evidence, pk=int(form.cleaned_data["evidence"]))
    try:
        with store.open_blob(item.blob_id) as file:
            content = file.read()
    except EvidenceError as error:
        form.add_refusal(error)
        return False
    if fault := watermark.fault_of(content):
        form.add_error("evidence", f"{item.ref}: {fault}")
        return False
    try:
        documents.offer(item, title=form.cleaned_data["title"], content=content, by=by)
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        return False
    return True
