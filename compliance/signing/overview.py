"""The first page behind a link: how far the form is; and the last: what was signed."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from compliance.signing import access
from compliance.signing.steps import Way
from merchants import answering, identity, papers, scanning, states
from merchants.models import ComplianceForm, SigningLink


@access.for_merchant("GET", "HEAD")
def overview(request: HttpRequest, secret: str, link: SigningLink) -> HttpResponseBase:
    """Show every page of the form with what is missing; or the receipt of a signed one."""
    form = link.form
    context: dict[str, Any] = {
        "secret": secret,
        "form": form,
        "merchant": identity.opened(form.merchant),
        "platform": form.application.name,
        "link": link,
    }
    if form.state in answering.OPEN and not link.used_at:
        way = Way(form)
        context |= {
            "way": way,
            "next": next((step for step in way.steps if not step.is_done), None),
            "is_overdue": states.state_at(form, timezone.now()) == ComplianceForm.State.OVERDUE,
            "is_followed": form.previous_id is not None,
            "papers": papers.of(form),
            "scanned": scanning.standing(form.merchant, timezone.now().date())
            if way.known.questionnaire.asv_scan
            else None,
        }
        return render(request, "signing/overview.html", context)
    if form.state in {ComplianceForm.State.COMPLETE, ComplianceForm.State.EXPIRED}:
        context |= {"signature": form.signature, "papers": papers.of(form)}
        return render(request, "signing/signed.html", context)
    return render(request, "signing/invalid.html", context, status=410)
