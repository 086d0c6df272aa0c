"""Packs to take away, and the verifier that checks them."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

import reports
from accounts.models import User
from audits.models import Engagement
from compliance.portal import access
from compliance.portal.evidence import hand_over

VERIFIER = Path(reports.__file__).parent / "verifier" / "verify.py"


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
