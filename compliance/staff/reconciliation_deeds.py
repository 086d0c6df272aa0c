"""Deeds of reconciliations in the staff door: files of a day, runs, signatures."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.capabilities import Capability
from accounts.models import User
from compliance import uploaded_lists
from compliance.staff import quarantine, words
from compliance.staff.base import REFUSALS, attempt, person, typed
from compliance.staff.forms import DayField, StaffForm
from compliance.staff.reconciliations import day_in, one, shown_day, shown_month
from compliance.staff.site import DO, READ_AND_DO, site
from evidence.errors import QuarantinedError
from evidence.intake import safe_filename
from registers.errors import InputUnfitError, ReconcilingError
from registers.models import Arrival, InputFile, Reconciliation
from registers.reconciling import arriving, asking, definitions, files, months, running, signing
from registers.reconciling.files import Sighted

LARGEST_AT_ONCE, MOST_AT_ONCE = 250 * 1000, 12
"""Bytes and files up to which a person waits for a run or the reading of a file; more is a job."""


_WHY = "reason-"
"""What the fields begin with in which a signer says why a day has no signature."""


class FileForm(StaffForm):
    widths = {"leg": "half", "day": "half"}

    leg = forms.ChoiceField(label="Side", help_text="Which source it comes from.")
    day = DayField(label="Business day")
    file = forms.FileField(label="File", help_text="As its source made it: never opened and saved.")

    def __init__(self, *args: object, legs: list[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field: forms.ChoiceField = self.fields["leg"]  # type: ignore[assignment]
        field.choices = [(leg, leg) for leg in legs]


@site.page(
    "reconciliations/<int:number>/days/<str:day>/files/",
    name="reconciliation_files",
    needs=Capability.RUN_RECONCILIATIONS,
    methods=READ_AND_DO,
)
def hand_in(request: HttpRequest, number: int, day: str) -> HttpResponseBase:
    """Look at a file by its rules, or take it in; a broken one is told with line and reason."""
    each, wanted, by = one(number), day_in(day), person(request)
    rules = definitions.rules_in_force(each)
    legs = list(definitions.parsed(rules.text).legs) if rules else []
    first = {"day": wanted, "leg": request.GET.get("leg", "")}
    form = FileForm(request.POST or None, request.FILES or None, legs=legs, initial=first)
    seen: Sighted | None = None
    if form.is_valid():
        try:
            if arrival := _received(each, form, by, is_looking="look" in request.POST):
                messages.success(request, f"{arrival.filename} came; below you see how far it is.")
                return redirect("admin:reconciliation_day", number, arrival.day.isoformat())
            seen, file = _taken(each, form, by, is_looking="look" in request.POST)
        except QuarantinedError as refusal:
            messages.warning(request, str(refusal))
            return redirect(quarantine.page_of(refusal.refs[None]))
        except REFUSALS as refusal:
            form.add_error("file", str(refusal))
        else:
            if file:
                messages.success(request, f"{file.filename} is in, as {file.evidence.ref}.")
                return redirect("admin:reconciliation_day", number, file.day.isoformat())
    context = {
        "title": f"Files of {words.day(wanted)}",
        "each": each,
        "day": wanted,
        "form": form,
        "seen": seen,
        "has_rules": rules is not None,
        "shown": seen.facts.sha256 if seen else "",
        "missing": files.missing_legs(each, wanted, files.read_by(each, wanted)),
    }
    return site.render(request, "staff/reconciliation_files.html", context)


@site.page(
    "reconciliations/<int:number>/files/<int:pk>/withdraw/",
    name="reconciliation_withdraw",
    needs=Capability.RUN_RECONCILIATIONS,
    methods=DO,
)
def withdraw(request: HttpRequest, number: int, pk: int) -> HttpResponseBase:
    file = get_object_or_404(
        InputFile.objects.select_related("reconciliation", "evidence"),
        pk=pk,
        reconciliation__number=number,
    )
    attempt(
        request,
        lambda: files.withdraw(file, reason=typed(request, "reason"), by=person(request)),
        done=f"{file.filename} is withdrawn. It stays evidence of what came.",
    )
    return redirect("admin:reconciliation_day", number, file.day.isoformat())


@site.page(
    "reconciliations/<int:number>/days/<str:day>/run/",
    name="reconciliation_run",
    needs=Capability.RUN_RECONCILIATIONS,
    methods=DO,
)
def run(request: HttpRequest, number: int, day: str) -> HttpResponseBase:
    """Run a day: at once where its files are small, else in the background."""
    each, wanted, by = one(number), day_in(day), person(request)
    try:
        messages.success(request, _run(each, wanted, by))
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
    return redirect("admin:reconciliation_day", number, day)


@site.page(
    "reconciliations/<int:number>/days/<str:day>/sign/",
    name="reconciliation_sign",
    needs=Capability.SIGN_RECONCILIATIONS,
    methods=DO,
)
def sign_day(request: HttpRequest, number: int, day: str) -> HttpResponseBase:
    """Sign the run that the person saw."""
    each, wanted, by = one(number), day_in(day), person(request)
    seen, note = typed(request, "run"), typed(request, "note")

    def sign() -> object:
        last = signing.last_run(each, wanted)
        if last is None or str(last.number) != seen:
            raise ReconcilingError("Another run is there by now. Look at that one.")
        return signing.sign_day(last, note=note, by=by)

    if attempt(request, sign, done="Signed. The record of the day is evidence.") is None:
        return shown_day(request, number, day, note=note)
    return redirect("admin:reconciliation_day", number, day)


@site.page(
    "reconciliations/<int:number>/months/<str:month>/sign/",
    name="reconciliation_month_sign",
    needs=Capability.SIGN_RECONCILIATIONS,
    methods=DO,
)
def sign_month(request: HttpRequest, number: int, month: str) -> HttpResponseBase:
    each, first, by = one(number), day_in(f"{month}-01"), person(request)
    note = typed(request, "note")
    reasons = {
        day_in(name.removeprefix(_WHY)): typed(request, name)
        for name in request.POST
        if name.startswith(_WHY)
    }
    done = attempt(
        request,
        lambda: months.sign(each, first, note=note, reasons=reasons, by=by),
        done="Signed. The roll-forward is evidence; its papers follow within minutes.",
    )
    if done is None:
        return shown_month(request, number, month, note=note, reasons=reasons)
    return redirect("admin:reconciliation_month", number, month)


def _taken(
    each: Reconciliation, form: FileForm, by: User, *, is_looking: bool
) -> tuple[Sighted | None, InputFile | None]:
    """Look at an upload under its own name, or take it in."""
    leg, day = form.cleaned_data["leg"], form.cleaned_data["day"]
    with _named(form.cleaned_data["file"]) as path:
        if is_looking:
            return files.sight(each, leg=leg, day=day, path=path), None
        return None, files.hand_in(each, leg=leg, day=day, path=path, by=by)


def _received(
    each: Reconciliation, form: FileForm, by: User, *, is_looking: bool
) -> Arrival | None:
    """Take a large upload to be read by a worker; return None for one that is read at once."""
    upload = form.cleaned_data["file"]
    if upload.size > settings.MAX_UPLOAD_BYTES:
        raise InputUnfitError(
            f"{upload.name} has {words.size(upload.size)}; this page takes "
            f"{words.size(settings.MAX_UPLOAD_BYTES)}. Let a collector bring it."
        )
    if upload.size <= LARGEST_AT_ONCE:
        return None
    leg, day = form.cleaned_data["leg"], form.cleaned_data["day"]
    with _named(upload) as path:
        return arriving.receive(each, leg=leg, day=day, path=path, is_look=is_looking, by=by)


@contextmanager
def _named(upload: "UploadedFile[bytes]") -> Iterator[Path]:
    """Yield an upload under its own name: the rules know files by it."""
    with (
        uploaded_lists.on_disk(upload) as came,
        tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder,
    ):
        path = Path(folder) / safe_filename(upload.name or "")
        shutil.copyfile(came, path)
        yield path


def _run(each: Reconciliation, day: date, by: User) -> str:
    """Run a day now where that takes a moment; else ask for it. Returns what to say."""
    _, read = running.ready(each, day)
    if len(read) <= MOST_AT_ONCE and files.size_of(read) <= LARGEST_AT_ONCE:
        running.perform(each, day=day, by=by)
        return "The day was run; see below."
    asking.ask(each, day=day, by=by)
    return "The run is under way; you see below how far it is."
