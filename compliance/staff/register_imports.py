"""Sheets into registers in the staff door: hand one in, see line by line what it does, confirm."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.capabilities import Capability
from compliance import uploaded_lists
from compliance.staff.base import PER_PAGE, REFUSALS, attempt, person, typed
from compliance.staff.forms import StaffForm
from compliance.staff.registers import named
from compliance.staff.site import READ_AND_DO, site
from jobs.models import Job
from registers import headings, imports, incoming, registry, values
from registers.errors import UploadError
from registers.models import ImportLine, RegisterImport
from registers.registry import Register
from registers.sheets import Deed

REFRESH_SECONDS = 2
_SHOWN_LAST = 5
_FILTERS = (
    (Deed.REFUSED, "Refused", "missed"),
    (Deed.CHANGE, "Changed", "waiting"),
    (Deed.ADD, "New", "active"),
    (Deed.SAME, "As they are", "inactive"),
)
_MARKS = {deed.value: (mark, label) for deed, label, mark in _FILTERS}
_MARKS[Deed.SAME.value] = ("inactive", "As it is")
_DOING = {imports.State.READING: imports.READ, imports.State.WRITING: imports.WRITE}


class SheetForm(StaffForm):
    file = forms.FileField(
        label="Sheet (.csv or .xlsx)",
        help_text="One sheet, its columns named in the first line. Values only: no formulas and no "
        "merged cells.",
    )


@site.page(
    "registers/<slug:slug>/import/",
    name="register_import",
    needs=Capability.MANAGE_REGISTERS,
    methods=READ_AND_DO,
)
def upload(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Take a sheet; what is wrong with the whole of it is said here, lines in the preview."""
    register, by = named(slug), person(request)
    form = SheetForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file.size > incoming.LARGEST:
                # What is beyond the limit of all uploads has no content any more.
                most = incoming.LARGEST // 1024**2
                raise UploadError(f"{file.name} is too large: {most} MB are the most. Split it.")
            with uploaded_lists.on_disk(file) as path:
                made = imports.receive(register, path, filename=file.name, by=by)
        except REFUSALS as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("admin:register_preview", slug, made.pk)
    context = {
        "title": f"Import: {register.declared.title}",
        "register": register,
        "form": form,
        "columns": [
            (label, field)
            for label, field in zip(
                headings.of(register), (None, *register.declared.fields, None), strict=True
            )
        ],
        "last": RegisterImport.objects.filter(by=by, register=slug)[:_SHOWN_LAST],
    }
    return site.render(request, "staff/register_import.html", context)


@site.page(
    "registers/<slug:slug>/import/<int:pk>/",
    name="register_preview",
    needs=Capability.MANAGE_REGISTERS,
    methods=READ_AND_DO,
)
def preview(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """Show line by line what a sheet would do; by POST do it, whole or not at all."""
    by = person(request)
    imported = get_object_or_404(RegisterImport, pk=pk, register=named(slug).slug, by=by)
    if request.method == "POST":
        reason = typed(request, "reason")
        attempt(
            request,
            lambda: imports.confirm(imported, by=by, reason=reason),
            done="Confirmed.",
        )
        return redirect("admin:register_preview", slug, pk)
    return site.render(request, "staff/register_preview.html", _context(request, imported))


def _context(request: HttpRequest, imported: RegisterImport) -> dict[str, Any]:
    counts = {deed: int(imported.counts.get(deed.value, 0)) for deed in Deed}
    total = sum(counts.values())
    wanted = request.GET.get("show", "")
    job = _job(imported)
    states = imports.State
    context = {
        "title": f"What {imported.filename} {'did' if imported.ledger_entry_id else 'would do'}",
        "register": registry.get(imported.register),
        "imported": imported,
        "job": job,
        "is_working": imported.state in _DOING and not (job and job.state == Job.State.FAILED),
        "refresh": REFRESH_SECONDS,
        "filters": [
            (deed.value, label, mark, counts[deed], deed.value == wanted)
            for deed, label, mark in _FILTERS
            if counts[deed]
        ],
        "total": total,
        "wanted": wanted,
        "refused": counts[Deed.REFUSED],
        "writes": counts[Deed.ADD] + counts[Deed.CHANGE],
        "may_confirm": imported.state == states.READY and not counts[Deed.REFUSED],
        "again": reverse("admin:register_import", args=[imported.register]),
        "states": states,
    }
    return context | _lines(request, imported, wanted)


def _lines(request: HttpRequest, imported: RegisterImport, wanted: str) -> dict[str, Any]:
    """Return one page of lines, found by where the page before it ended."""
    lines = ImportLine.objects.filter(imported=imported).order_by("place")
    if wanted in _MARKS:
        lines = lines.filter(deed=wanted)
    after = request.GET.get("after", "")
    if after.isdecimal() and len(after) <= 9:
        lines = lines.filter(place__gt=int(after))
    found = list(lines[: PER_PAGE + 1])
    register = registry.get(imported.register)
    for line in found:
        line.mark, line.word = _MARKS[line.deed]  # type: ignore[attr-defined]
        line.told = _told(register, line) if line.deed == Deed.ADD else []  # type: ignore[attr-defined]
    more = found[PER_PAGE - 1].place if len(found) > PER_PAGE else 0
    return {"lines": found[:PER_PAGE], "more": more, "is_first": not after}


def _told(register: Register, line: ImportLine) -> list[tuple[str, str]]:
    """Return what a new entry would say beside its key, by the labels of its fields."""
    said = values.opened(register.fields, line.values or {})
    return [
        (field.label, values.words(said[name]))
        for name, field in register.fields.items()
        if name not in register.declared.key and said[name] is not None
    ]


def _job(imported: RegisterImport) -> Job | None:
    """Return the job that reads or writes the sheet just now."""
    kind = _DOING.get(imports.State(imported.state))
    if kind is None:
        return None
    job = Job.objects.filter(key=imports.key_of(imported, kind)).first()
    if job:
        total = job.progress_total
        job.percent = min(100, 100 * job.progress_done // total) if total else None  # type: ignore[attr-defined]
    return job
