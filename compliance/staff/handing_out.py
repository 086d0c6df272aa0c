"""Gives the stored bytes of an item to a member of staff, never as something a browser opens."""

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.capabilities import Capability
from compliance import delivery
from compliance.staff.base import REFUSALS, person
from compliance.staff.site import DO, site
from evidence import downloads
from evidence.models import Evidence


@site.page(
    "evidence/evidence/<int:pk>/download/",
    name="evidence_download",
    needs=Capability.VIEW,
    methods=DO,
)
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the original bytes, and leave a leaf that says who took them."""
    item = get_object_or_404(Evidence.objects.select_related("blob"), pk=pk)
    try:
        # The file is opened before the leaf is written: what cannot be read was not taken away.
        response = delivery.attachment(request, item)
        downloads.note(item, by=person(request))
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
        return redirect("admin:evidence_evidence_change", pk)
    return response
