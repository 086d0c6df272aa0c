"""Orders the papers of a form, and takes finished ones in as evidence; who renders is upstairs."""

from dataclasses import replace
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from controls.models import Area, Expectation
from evidence import intake, ledger, store
from evidence.models import Evidence
from jobs.queue import enqueue
from merchants import ids
from merchants.models import ComplianceForm, Environment, File, FormFile
from merchants.webhooks import telling

MEDIA_TYPE = "application/pdf"
PAPER_TYPE = "PCI_DOCUMENT"
KIND = "merchants.paper"
"""The kind of job that renders a paper of a form; whoever writes papers does it."""


def order(form: ComplianceForm, which: str, *, requested_by: str) -> None:
    """Have a paper of a form rendered in the background, once."""
    enqueue(
        KIND,
        key=f"{KIND}:{form.ref}:{which}",
        payload={"form": form.pk, "which": str(which)},
        requested_by=requested_by,
    )


def of(form: ComplianceForm) -> dict[str, FormFile]:
    """Return the papers of a form that are ready, by which they are."""
    return {file.which: file for file in form.files.select_related("evidence__blob")}


def take(form: ComplianceForm, which: str, paper: Path) -> FormFile:
    """Keep a finished PDF as evidence; a second one of the same kind is dropped for the first."""
    known = FormFile.objects.filter(form=form, which=which).first()
    if known:
        return known
    ready = intake.prepare(_submission(form, which, paper))
    with store.undone_on_failure(ready.files), transaction.atomic():
        ledger.lock()
        # Asked again under the lock: another worker may have taken the job over meanwhile.
        known = FormFile.objects.filter(form=form, which=which).first()
        if known is None:
            return record(form, which, ready, actor="system")
    ready.discard()
    return known


def submission_of_signed(
    form: ComplianceForm, paper: Path, filename: str, by: User
) -> intake.Submission:
    """Return a paper that was signed elsewhere as it is handed in: screened like any other."""
    return replace(
        _submission(form, FormFile.Which.TAKEN_IN, paper),
        filename=filename,
        title=f"SAQ {form.form_type} of {form.merchant.ref}, signed elsewhere",
        source_system="Taken in by hand",
        prepared_by=by,
        is_made_here=False,
        is_judged=False,
    )


def facts(file: FormFile) -> dict[str, object]:
    """Return what the leaf of a paper says."""
    return {
        "file": file.ref,
        "which": file.which,
        "evidence": file.evidence.ref,
        "sha256": file.sha256,
        "size": file.size,
    }


def record(form: ComplianceForm, which: str, ready: intake.Prepared, *, actor: str) -> FormFile:
    """Record a paper that was prepared, inside the transaction of a deed that holds the log."""
    (evidence,) = intake.record([ready], actor=actor)
    now = timezone.now()
    file = FormFile(
        ref=ids.new(ids.FILE),
        form=form,
        which=which,
        evidence=evidence,
        sha256=evidence.blob_id,
        size=evidence.blob.size,
        created_at=now,
    )
    file.ledger_entry = ledger.append(
        "compliance_form.paper", subject=form.ref, body=facts(file), actor=actor
    )
    file.save(force_insert=True)
    ComplianceForm.objects.filter(pk=form.pk).update(updated_at=now)
    telling.files("created", [_listed(file)])
    telling.forms("updated", [form])
    return file


def _listed(paper: FormFile) -> File:
    """Put a paper among the files that programs see."""
    form = paper.form
    return File.objects.create(
        ref=paper.ref,
        environment=form.environment,
        application_id=form.application_id,
        merchant_id=form.merchant_id,
        file_type=PAPER_TYPE,
        display_name=f"SAQ {form.form_type}, {paper.which}",
        state=File.State.UPLOADED,
        extension="pdf",
        evidence=paper.evidence,
        paper=paper,
        created_at=paper.created_at,
        updated_at=paper.created_at,
    )


def _submission(form: ComplianceForm, which: str, paper: Path) -> intake.Submission:
    is_signed = which == FormFile.Which.SIGNED
    started = form.valid_from if is_signed and form.valid_from else form.created_at
    ended = form.valid_until if is_signed and form.valid_until else form.due_at
    is_live = form.environment == Environment.LIVE
    return intake.Submission(
        content=paper,
        filename=f"{form.ref}-{which}.pdf",
        title=f"SAQ {form.form_type} of {form.merchant.ref}, {which}",
        evidence_type=Expectation.EvidenceType.FORM,
        kind=Evidence.Kind.DOCUMENT,
        area=Area.VENDOR,
        source_system="Countersign",
        environment=(Evidence.Environment.PRODUCTION if is_live else Evidence.Environment.TEST),
        covers_from=started.date(),
        covers_to=ended.date(),
        collected_at=timezone.now(),
        sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
        media_type=MEDIA_TYPE,
        is_made_here=True,
        # Every word that somebody typed into it was screened when it was kept.
        is_judged=True,
    )
