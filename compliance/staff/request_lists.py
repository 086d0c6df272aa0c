"""Lists of requests in the staff door: asking, a first list, sheets out and in."""

import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.capabilities import Capability
from audits import access_log, request_list, request_seed, requests
from audits.models import AccessNote, Engagement, RequestImport
from audits.request_terms import Wording, split
from compliance import uploaded_lists
from compliance.staff.base import REFUSALS, attempt, person
from compliance.staff.forms import DayField, StaffForm
from compliance.staff.site import READ, READ_AND_DO, site
from reports import request_list as paper


class AskForm(StaffForm):
    widths = {"refs": "half", "due": "half"}

    title = forms.CharField(max_length=200)
    text = forms.CharField(label="In full", required=False, widget=forms.Textarea)
    refs = forms.CharField(
        label="Controls or criteria",
        required=False,
        max_length=300,
        help_text="References in scope, by comma.",
    )
    due = DayField(required=False)


class UploadForm(StaffForm):
    file = forms.FileField(
        label="List (.xlsx)",
        help_text="With the columns of the list as it is downloaded. Nothing changes before you "
        "have seen what it would do.",
    )


class SeedForm(StaffForm):
    due = DayField(label="Due", required=False, help_text="The last day for all of them.")


@site.page(
    "requests/ask/<int:pk>/",
    name="request_ask",
    needs=Capability.MANAGE_ENGAGEMENTS,
    methods=READ_AND_DO,
)
def ask(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask in the name of the staff, to prepare a list."""
    engagement = get_object_or_404(Engagement, pk=pk)
    form = AskForm(request.POST or None)
    if form.is_valid():
        said = form.cleaned_data
        wording = Wording(said["title"], said["text"], split(said["refs"]), said["due"])
        try:
            made = requests.ask(engagement, wording, by=person(request))
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:request", made.pk)
    context = {"title": "Ask for evidence", "intro": f"In {engagement}.", "button": "Ask"}
    return _form(request, "staff/form.html", engagement, form=form, **context)


@site.page("requests/list/<int:pk>/", name="request_list", needs=Capability.VIEW, methods=READ)
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand the list over as a sheet that can be uploaded again."""
    engagement = get_object_or_404(Engagement, pk=pk)
    name = paper.file_name(engagement)
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        path = Path(folder) / name
        paper.write(engagement, path)
        content = path.read_bytes()
    if request.method == "GET":
        access_log.note(engagement, person(request), AccessNote.What.DOWNLOAD, name)
    disposition = f'attachment; filename="{name}"'
    return HttpResponse(
        content, content_type=paper.MEDIA_TYPE, headers={"Content-Disposition": disposition}
    )


@site.page(
    "requests/import/<int:pk>/",
    name="request_import",
    needs=Capability.MANAGE_ENGAGEMENTS,
    methods=READ_AND_DO,
)
def upload(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take a sheet and show what it would do; what is wrong with it is said here."""
    engagement = get_object_or_404(Engagement, pk=pk)
    form = UploadForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            lines = uploaded_lists.read(file)
            staged, _ = request_list.stage(
                engagement, lines, filename=file.name, by=person(request)
            )
        except REFUSALS as refusal:
            form.add_error("file", str(refusal).split("\n"))
        else:
            return redirect("admin:request_preview", staged.pk)
    context = {
        "title": "Upload a list of requests",
        "intro": f"Into {engagement}. What the list does not name stays as it is; the words of "
        "what an auditor asked are the auditor's.",
        "button": "See what it would do",
    }
    return _form(request, "staff/form.html", engagement, form=form, **context)


@site.page(
    "requests/import/preview/<int:pk>/",
    name="request_preview",
    needs=Capability.MANAGE_ENGAGEMENTS,
    methods=READ_AND_DO,
)
def preview(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show row by row what an uploaded list would do; by POST do it, whole or not at all."""
    by = person(request)
    mine = RequestImport.objects.filter(by=by).select_related("engagement")
    staged = get_object_or_404(mine, pk=pk)
    if request.method == "POST":
        done = attempt(request, lambda: request_list.apply(staged, by=by), done="The list is in.")
        page = "admin:requests" if done else "admin:request_import"
        return redirect(_at(page, staged.engagement))
    try:
        plan = request_list.plan_of(staged, by=by)
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
        return redirect(_at("admin:requests", staged.engagement))
    steps = [step for step in plan.steps if step.is_new or step.changes]
    context = {"title": f"What {staged.filename} would do", "staged": staged, "plan": plan}
    return _form(request, "staff/request_preview.html", staged.engagement, steps=steps, **context)


@site.page(
    "requests/seed/<int:pk>/",
    name="request_seed",
    needs=Capability.MANAGE_ENGAGEMENTS,
    methods=READ_AND_DO,
)
def seed(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show a request for each expectation in scope; by POST ask for them."""
    engagement = get_object_or_404(Engagement, pk=pk)
    form = SeedForm(request.POST or None, initial={"due": engagement.fieldwork_from})
    if form.is_valid():
        due, by = form.cleaned_data["due"], person(request)
        try:
            made = request_seed.ask_all(engagement, due=due, by=by)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, f"{len(made)} asked.")
            return redirect(_at("admin:requests", engagement))
    context = {
        "title": "Start a list from the catalogue",
        "proposals": request_seed.propose(engagement, due=None),
        "button": "Ask for all of it",
    }
    return _form(request, "staff/request_seed.html", engagement, form=form, **context)


def _form(
    request: HttpRequest, template: str, engagement: Engagement, **context: Any
) -> HttpResponseBase:
    cancel = _at("admin:requests", engagement)
    return site.render(request, template, {"engagement": engagement, "cancel": cancel, **context})


def _at(page: str, engagement: Engagement) -> str:
    if page == "admin:requests":
        return f"{reverse(page)}?engagement={engagement.pk}"
    return reverse(page, args=[engagement.pk])
