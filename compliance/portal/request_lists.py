"""The list of requests as a sheet, out and in: a preview first, then all of it or nothing."""

import tempfile
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.models import User
from audits import request_list
from audits.errors import AuditsError
from audits.models import Engagement
from compliance import uploaded_lists
from compliance.portal import access
from compliance.portal.pages import show
from compliance.portal.request_forms import UploadForm
from evidence.errors import SpreadsheetError
from reports import request_list as paper


@access.for_auditor
def export(request: HttpRequest, user: User, engagement: Engagement) -> HttpResponse:
    """Hand the list over as a sheet that can be uploaded again."""
    name = paper.file_name(engagement)
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        path = Path(folder) / name
        paper.write(engagement, path)
        content = path.read_bytes()
    if request.method == "GET":
        access.downloaded(engagement, user, name)
    disposition = f'attachment; filename="{name}"'
    return HttpResponse(
        content, content_type=paper.MEDIA_TYPE, headers={"Content-Disposition": disposition}
    )


@access.for_auditor_deed
def upload(request: HttpRequest, user: User, engagement: Engagement) -> HttpResponseBase:
    """Take a sheet and show what it would do; what is wrong with it is said here."""
    access.viewed(engagement, user, f"{engagement.ref} request list to bring in")
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            lines = uploaded_lists.read(file)
            staged, _ = request_list.stage(engagement, lines, filename=file.name, by=user)
        except (AuditsError, SpreadsheetError) as refusal:
            form.add_error("file", str(refusal).split("\n"))
        else:
            return redirect("portal:request_preview", engagement.ref, staged.pk)
    return show(request, "request_import", engagement, form=form)


@access.for_auditor_deed
def preview(request: HttpRequest, user: User, engagement: Engagement, key: int) -> HttpResponseBase:
    """Show row by row what an uploaded list would do; by POST do it, whole or not at all."""
    staged = get_object_or_404(access.staged_lists(engagement, user), pk=key)
    access.viewed(engagement, user, f"{engagement.ref} request list {key}")
    if request.method == "POST":
        try:
            done = request_list.apply(staged, by=user)
        except AuditsError as refusal:
            messages.error(request, str(refusal))
            return redirect("portal:request_import", engagement.ref)
        messages.success(request, f"{done.new} asked, {done.changed} changed.")
        return redirect("portal:requests", engagement.ref)
    try:
        plan = request_list.plan_of(staged, by=user)
    except AuditsError as refusal:
        messages.error(request, str(refusal))
        return redirect("portal:requests", engagement.ref)
    return show(
        request,
        "request_preview",
        engagement,
        staged=staged,
        plan=plan,
        steps=[step for step in plan.steps if step.is_new or step.changes],
    )
