"""Packs to ask for and to take away, and the verifier that checks them."""

from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

import reports
from accounts.models import User
from audits import pack_asks
from audits.errors import AuditsError
from audits.models import Engagement
from compliance.portal import access
from compliance.portal.evidence import hand_over
from compliance.portal.pages import show

VERIFIER = Path(reports.__file__).parent / "verifier" / "verify.py"


class PackForm(forms.Form):
    """What an auditor says on asking for a pack."""

    template_name = "portal/parts/fields.html"

    nonce = forms.CharField(
        label="Your nonce",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="A line that you make up, such as four words. The pack is sealed for it, so that "
        "nobody can show you an older one in its place: verify.py --nonce compares it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)


@access.for_auditor_deed
def ask(request: HttpRequest, user: User, engagement: Engagement) -> HttpResponseBase:
    """Ask for a pack, sealed for a nonce of the auditor."""
    access.viewed(engagement, user, f"{engagement.ref} new pack")
    form = PackForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = pack_asks.ask_for_pack(engagement, nonce=form.cleaned_data["nonce"], by=user)
        except AuditsError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{made.request.ref} asks for a pack.")
            return redirect("portal:request", engagement.ref, made.request.number)
    may_act = engagement.closed_at is None and access.may_conclude(user, engagement)
    return show(request, "pack_ask", engagement, form=form, may_act=may_act)


@access.for_auditor
def download(
    request: HttpRequest, user: User, engagement: Engagement, number: int
) -> HttpResponseBase:
    """Stream a finished pack; a download that broke off resumes with `Range`."""
    pack = get_object_or_404(access.packs(engagement), number=number)
    return hand_over(request, user, engagement, pack.file.evidence, subject=pack.ref)


@access.for_auditor
def verifier(request: HttpRequest, user: User, engagement: Engagement) -> HttpResponse:
    """Hand the stand-alone verifier over, apart from any pack."""
    if request.method == "GET":
        access.downloaded(engagement, user, VERIFIER.name)
    return HttpResponse(
        VERIFIER.read_bytes(),
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{VERIFIER.name}"'},
    )
