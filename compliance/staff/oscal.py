"""The OSCAL documents of an engagement in the staff door, as they would be in a pack of now."""

import tempfile

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.capabilities import Capability
from audits import access_log
from audits.models import AccessNote, Engagement
from compliance.staff.base import REFUSALS, person
from compliance.staff.site import DO, site
from reports import oscal_files


@site.page(
    "audits/engagement/<int:pk>/oscal/", name="engagement_oscal", needs=Capability.VIEW, methods=DO
)
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the documents as a ZIP, and note with the engagement who took them."""
    engagement = get_object_or_404(Engagement, pk=pk)
    name = f"{engagement.ref}-oscal{oscal_files.REPORT.suffix}"
    file = tempfile.TemporaryFile(dir=settings.SCRATCH_DIR)  # noqa: SIM115  # the answer closes it
    try:
        oscal_files.write(engagement, file)
        access_log.note(engagement, person(request), AccessNote.What.DOWNLOAD, name)
    except REFUSALS as refusal:
        file.close()
        messages.error(request, str(refusal))
        return redirect("admin:audits_engagement_change", pk)
    file.seek(0)
    answer = FileResponse(
        file, as_attachment=True, filename=name, content_type=oscal_files.REPORT.media_type
    )
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
