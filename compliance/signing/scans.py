"""The merchant's page about external scans, where its form asks for them."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from compliance.signing import access
from merchants import answering, scanning
from merchants.errors import MerchantsError
from merchants.models import SigningLink
from merchants.scanning import Scanned


class ScanForm(forms.Form):
    """What a merchant tells of one scan."""

    scanned_on = forms.DateField(
        label=_("Day of the scan"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )
    scanner = forms.CharField(label=_("Who scanned (an approved scanning vendor)"), max_length=200)
    passed = forms.ChoiceField(
        label=_("Result"), choices=[("yes", _("Passed")), ("no", _("Not passed"))]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)


@access.for_merchant("GET", "HEAD", "POST")
def scans(request: HttpRequest, secret: str, link: SigningLink) -> HttpResponseBase:
    """Show the scans that are known, and keep another one."""
    form = link.form
    if form.state not in answering.OPEN or link.used_at:
        return redirect("signing:overview", secret)
    known = answering.whole(form)
    if not known.questionnaire.asv_scan:
        raise Http404
    fields, status = ScanForm(request.POST or None), 200
    if request.method == "POST":
        if fields.is_valid() and _told(link, fields):
            return redirect("signing:scans", secret)
        status = 422
    context = {
        "secret": secret,
        "form": form,
        "fields": fields,
        "standing": scanning.standing(form.merchant, timezone.now().date()),
    }
    return render(request, "signing/scans.html", context, status=status)


def _told(link: SigningLink, fields: ScanForm) -> bool:
    said = fields.cleaned_data
    scan = Scanned(said["scanned_on"], said["scanner"], passed=said["passed"] == "yes")
    try:
        scanning.tell(link.form.merchant, scan, told_by=access.actor(link))
    except MerchantsError as error:
        fields.add_error(None, str(error))
        return False
    return True
