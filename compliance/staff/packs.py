"""Deeds about packs in the staff door: have one built, take its file, take a verifier."""

import io

from django.contrib import messages
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.capabilities import Capability
from audits import access_log
from audits.models import AccessNote, Engagement, Pack, PackFile
from compliance import delivery
from compliance.staff.base import REFUSALS, attempt, person
from compliance.staff.site import DO, READ, site
from reports import issue, verifier_page

_MOST_DIGITS = 6


@site.page(
    "audits/engagement/<int:pk>/build/",
    name="pack_build",
    needs=Capability.BUILD_PACK,
    methods=DO,
    fresh=True,
)
def build(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Freeze a pack and have its file written; the page of the job shows how far it is.

    It is sealed for what the auditor gave: a nonce, a request that asks for it, both or neither.
    """
    engagement = get_object_or_404(Engagement, pk=pk)
    by, nonce, asked = person(request), request.POST.get("nonce", ""), None
    if number := request.POST.get("request", ""):
        known = number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS
        asked = get_object_or_404(engagement.requests, number=int(number) if known else 0)
    job = attempt(
        request,
        lambda: issue.request_pack(engagement, by=by, nonce=nonce, request=asked),
        done="The pack is frozen; its file is being written.",
    )
    return redirect("admin:job", job.pk) if job else redirect("admin:audits_engagement_change", pk)


@site.page(
    "audits/pack/<int:pk>/download/", name="pack_download", needs=Capability.VIEW, methods=DO
)
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the finished file, and note with the engagement who took it."""
    pack = get_object_or_404(Pack.objects.select_related("engagement"), pk=pk)
    file = get_object_or_404(PackFile.objects.select_related("evidence__blob"), pack=pack)
    by = person(request)
    try:
        response = delivery.attachment(request, file.evidence)
        access_log.note(pack.engagement, by, AccessNote.What.DOWNLOAD, pack.ref)
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
        return redirect("admin:audits_pack_change", pk)
    return response


@site.page("verify.py", name="verifier", needs=Capability.VIEW, methods=READ)
def take_verifier(_request: HttpRequest) -> HttpResponseBase:
    """Give out the verifier by another way than the pack that it is to verify."""
    script, _ = verifier_page.published()
    return _given_out(script)


@site.page("verify.html", name="verifier_page", needs=Capability.VIEW, methods=READ)
def take_verifier_page(_request: HttpRequest) -> HttpResponseBase:
    """Give out the page that verifies in a browser; it is saved, never shown from here."""
    _, page = verifier_page.published()
    return _given_out(page)


def _given_out(verifier: verifier_page.Published) -> HttpResponseBase:
    response = FileResponse(
        io.BytesIO(verifier.content),
        as_attachment=True,
        filename=verifier.name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
