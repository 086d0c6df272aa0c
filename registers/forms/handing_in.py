"""The deed by which a draft becomes evidence: whole, claimed, checked, and never twice."""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.access import actor
from accounts.models import User
from controls.models import Check
from evidence import checks, intake, ledger, store
from evidence.checks import Outcome
from evidence.models import Evidence
from evidence.population import IPE, PopulationFacts, TableFacts
from registers.errors import AnswersError, FormError
from registers.form_models import FormDraft, HandedForm
from registers.forms import attachments, drafts, reading, rendering
from registers.forms.base import LIST_COUNT, LIST_SOURCE, LIST_WHOLE, Answers
from registers.forms.registry import Kind, get
from registers.forms.rendering import Filled

VERSION = "1"


@dataclass(frozen=True)
class Foreseen:
    """What a check would find in a form, were it handed in now."""

    check: Check
    outcome: Outcome


def foresee(kind: Kind, answers: Answers) -> list[Foreseen]:
    """Return what the checks would find; nothing is kept."""
    due = Check.objects.filter(expectation__slug__in=kind.declared.serves).order_by("slug")
    columns = [{"name": each.name, "type": each.type} for each in kind.declared.columns]
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        table = Path(folder) / "table.csv"
        rendering.write_table(kind, answers, table)
        return [Foreseen(check, checks.evaluate(table, columns, check)) for check in due]


def hand_in(draft: FormDraft, *, by: User, seen: str = "") -> HandedForm:
    """Turn a draft into evidence that its checks have read; a second call gives the first answer.

    `seen` is the stamp (see `drafts.stamp_of`) of the draft that the person looked at. Raises
    FormsNotAllowedError, AnswersError with a sentence for each place that does not fit, FormError,
    and a subclass of EvidenceError; then the draft stays as it is.
    """
    drafts.refuse_stranger(by)
    current = (
        FormDraft.objects.filter(pk=draft.pk, by=by).select_related("handed__evidence").first()
    )
    if current is None:
        raise FormError("This draft is not there any more. Begin a new one.")
    if current.handed:
        # They run apart from what made the evidence, and something may have kept them from it.
        checks.run(current.handed.evidence, actor=actor(by))
        return current.handed
    stamp = drafts.stamp_of(current)
    _refuse_change(current, seen or stamp)
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        prepared = intake.prepare(_submission(current, by, Path(folder)))
    try:
        with transaction.atomic():
            ledger.lock()
            locked = drafts.mine(current, by=by)
            _refuse_change(locked, stamp)
            (evidence,) = intake.record([prepared], actor=actor(by))
            handed = _keep(locked, evidence, by)
    except Exception:
        store.discard_unnamed(prepared.files)
        raise
    checks.run(handed.evidence, actor=actor(by))
    return handed


def _refuse_change(draft: FormDraft, seen: str) -> None:
    if drafts.stamp_of(draft) != seen:
        raise FormError(
            "This form was changed in the meantime. Look at it as it is now, then hand it in."
        )


def _keep(draft: FormDraft, evidence: Evidence, by: User) -> HandedForm:
    """Remember what was typed, leave a leaf, and let the draft go."""
    kind = get(draft.kind)
    files = {
        question: {"filename": file.filename, "size": file.size, "sha256": file.sha256}
        for question, file in attachments.of(draft).items()
    }
    leaf = ledger.append(
        "form.handed_in",
        subject=f"form:{kind.slug}/{evidence.ref}",
        body={
            "evidence": evidence.ref,
            "form_sha256": kind.code_digest,
            "given_sha256": sha256(ledger.canonical(draft.given)).hexdigest(),
            "files": len(files),
        },
        actor=actor(by),
    )
    handed = HandedForm.objects.create(
        kind=kind.slug,
        evidence=evidence,
        given=draft.given,
        files=files,
        zone=drafts.clock_of(draft.given).zone.key,
        code_digest=kind.code_digest,
        by=by,
        at=evidence.collected_at,
        ledger_entry=leaf,
    )
    draft.files.all().delete()
    draft.given, draft.handed = {}, handed
    draft.save(update_fields=["given", "handed"])
    return handed


def _ipe(filled: Filled, facts: TableFacts, now: datetime) -> IPE:
    kind, values = filled.kind, filled.answers.values
    typed = "Typed into the form by a person; every answer lies in the original file."
    count = values.get(LIST_COUNT.name)
    return IPE(
        query=str(values.get(LIST_SOURCE.name) or typed),
        source_system=kind.declared.source_system,
        environment=kind.declared.environment,
        runner=actor(filled.by),
        collector=f"form_{kind.slug}",
        collector_version=VERSION,
        code_digest=kind.code_digest,
        started_at=now,
        finished_at=now,
        completeness=str(values.get(LIST_WHOLE.name) or typed),
        parameters={
            "covers_from": filled.answers.covers_from.isoformat(),
            "covers_to": filled.answers.covers_to.isoformat(),
        },
        source_count=count if isinstance(count, int) else facts.row_count,
    )


def _submission(draft: FormDraft, by: User, folder: Path) -> intake.Submission:
    """Write the evidence of a draft, and describe it."""
    kind, now, before = get(draft.kind), timezone.now(), draft.supersedes
    read = drafts.read(draft, now=now)
    if read.answers is None:
        raise AnswersError(read.problems)
    claims = tuple(drafts.expectations_of(kind))
    if not claims:
        raise FormError(
            "The catalogue has nothing that this form is evidence for. Load the catalogue first."
        )
    filled = Filled(kind, read.answers, by, before.ref if before else "")
    whole, table = folder / "form.zip", folder / "table.csv"
    rendering.write(filled, draft, whole)
    facts = rendering.write_table(kind, read.answers, table)
    population = PopulationFacts(kind.declared.columns, _ipe(filled, facts, now), facts, table)
    declared, answers = kind.declared, read.answers
    return intake.Submission(
        content=whole,
        filename=f"{kind.slug}-{answers.covers_to.isoformat()}.zip",
        title=f"{declared.title}, {_days(answers)}",
        evidence_type=declared.evidence_type,
        kind=declared.kind,
        area=declared.area,
        source_system=declared.source_system,
        environment=declared.environment,
        covers_from=answers.covers_from,
        covers_to=answers.covers_to,
        collected_at=now,
        owner=by.full_name[:120],
        media_type=rendering.MEDIA_TYPE,
        sensitivity=declared.sensitivity,
        prepared_by=by,
        claims=claims,
        population=population,
        supersedes=before,
        handling=reading.handling_of(answers),
        is_made_here=True,
    )


def _days(answers: Answers) -> str:
    start, end = answers.covers_from.isoformat(), answers.covers_to.isoformat()
    return end if start == end else f"{start} to {end}"
