"""A work sheet out to Excel and back in: first what a file would change, then the change."""

import tempfile
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from accounts.models import User
from audits import worksheets
from audits.errors import AuditsError
from audits.models import Draw, Engagement
from audits.worksheets import ItemResult
from compliance.portal import access, deviations
from compliance.portal.pages import show
from compliance.portal.sample_forms import SheetForm
from compliance.portal.samples import found_draw
from reports import work_sheet
from reports.errors import ReportsError

_SALT = "countersign.work-sheet"
_AN_HOUR = 3600
_SHOWN = 200


@access.for_auditor
def take(
    request: HttpRequest, user: User, engagement: Engagement, number: int, draw: int
) -> HttpResponseBase:
    """Hand the work sheet over as an Excel file."""
    drawn = found_draw(engagement, number, draw)
    # The file has no name left when it is sent, and vanishes when the answer is closed.
    file = tempfile.NamedTemporaryFile(dir=settings.SCRATCH_DIR, suffix=".xlsx")  # noqa: SIM115
    work_sheet.write(drawn, Path(file.name))
    if request.method == "GET":
        access.downloaded(engagement, user, f"{drawn.ref} work sheet")
    content = Path(file.name).open("rb")  # noqa: SIM115  # FileResponse closes it
    file.close()
    return FileResponse(
        content,
        as_attachment=True,
        filename=work_sheet.file_name(drawn),
        content_type=work_sheet.MEDIA_TYPE,
        headers={"X-Content-Type-Options": "nosniff"},
    )


@access.for_auditor_deed
def bring(
    request: HttpRequest, user: User, engagement: Engagement, number: int, draw: int
) -> HttpResponseBase:
    """Read a filled-in file and show what it would change; once confirmed, change it."""
    drawn = found_draw(engagement, number, draw)
    if engagement.closed_at or not access.may_conclude(user, engagement):
        raise Http404
    if request.POST.get("confirmed"):
        return _confirmed(request, user, drawn)
    access.viewed(engagement, user, f"{drawn.ref} work sheet to bring back")
    form = SheetForm(request.POST or None, request.FILES or None)
    changes: Sequence[tuple[ItemResult, ItemResult]] | None = None
    if form.is_valid():
        try:
            changes = worksheets.changes_of(drawn, _read(form.cleaned_data["file"], drawn))
        except (AuditsError, ReportsError) as refusal:
            form.add_refusal(refusal)
    return show(
        request,
        "sheet_in",
        engagement,
        draw=drawn,
        population=drawn.population,
        form=form,
        changes=None if changes is None else changes[:_SHOWN],
        total=len(changes or ()),
        more=max(0, len(changes or ()) - _SHOWN),
        confirmed=_sealed(drawn, changes) if changes else "",
    )


def _read(upload: Any, drawn: Draw) -> list[ItemResult]:
    with tempfile.NamedTemporaryFile(dir=settings.SCRATCH_DIR, suffix=".xlsx") as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        return work_sheet.read(Path(copy.name), drawn)


def _sealed(drawn: Draw, changes: Sequence[tuple[ItemResult, ItemResult]]) -> str:
    """Return the changes as text that comes back with the confirmation and cannot be bent."""
    told = {
        "last": drawn.entries.count(),
        "results": [astuple(after) for _, after in changes],
    }
    return signing.dumps(told, salt=f"{_SALT}:{drawn.ref}", compress=True)


def _confirmed(request: HttpRequest, user: User, drawn: Draw) -> HttpResponseBase:
    page = redirect(
        "portal:draw", drawn.population.engagement.ref, drawn.population.number, drawn.number
    )
    try:
        salt = f"{_SALT}:{drawn.ref}"
        told = signing.loads(request.POST["confirmed"], salt=salt, max_age=_AN_HOUR)
        entry = worksheets.record_results(
            drawn,
            results=[ItemResult(*one) for one in told["results"]],
            by=user,
            report_deviation=deviations.report,
            last_entry=told["last"],
        )
    except signing.BadSignature:
        messages.error(request, "This confirmation is no longer good. Send the file again.")
        return page
    except AuditsError as refusal:
        messages.error(request, str(refusal))
        return page
    if entry:
        messages.success(request, f"Recorded as entry {entry.number} of the work sheet.")
    return page
