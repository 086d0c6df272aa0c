"""Packs to take away, and the two verifiers that check them."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from accounts.models import User
from audits.models import Engagement
from compliance.portal import access
from compliance.portal.evidence import hand_over
from reports import verifier_page


@access.for_auditor
def download(
    request: HttpRequest, user: User, engagement: Engagement, number: int
) -> HttpResponseBase:
    """Stream a finished pack; a download that broke off resumes with `Range`."""
    pack = get_object_or_404(access.packs(engagement), number=number)
    return hand_over(request, user, engagement, pack.file.evidence, subject=pack.ref)


@access.for_auditor
def verifier(request: HttpRequest, user: User, engagement: Engagement, name: str) -> HttpResponse:
    """Hand a stand-alone verifier over, apart from any pack."""
    taken = next(one for one in verifier_page.published() if one.name == name)
    if request.method == "GET":
        access.downloaded(engagement, user, name)
    return HttpResponse(
        taken.content,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
