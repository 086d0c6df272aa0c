"""Fills the questionnaire of a buyer in the background and keeps the workbook as evidence.

A filled copy is asked for once per state of the replies: whoever presses twice gets the same job,
and a job that runs twice finds what it kept.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path, PurePath

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from audits import days
from controls.models import Area, Expectation
from evidence import intake
from evidence.models import Evidence, IntakeKey
from jobs import queue
from jobs.models import Job
from readiness.buyers import desk, outcome
from readiness.models import BuyerQuestionnaire, BuyerReply
from reports.errors import FillingError, ReportsNotAllowedError
from reports.filled import answers

JOB = "reports.filled_questionnaire"
_STEPS = 3
Progress = Callable[[int, int, str], None]


def ask(questionnaire: BuyerQuestionnaire, *, by: User) -> Job:
    """Have a questionnaire filled as it stands; raises ReportsNotAllowedError, FillingError."""
    if not can(by, Capability.WRITE_REPORTS):
        raise ReportsNotAllowedError
    if questionnaire.state != BuyerQuestionnaire.State.OPEN:
        raise FillingError("Its columns have to be confirmed first.")
    key = _key(questionnaire)
    payload = {"questionnaire": questionnaire.pk, "key": key, "by": by.pk}
    return queue.enqueue(JOB, key=f"{JOB}:{key}", payload=payload, requested_by=actor(by))


def make(pk: int, *, key: str, by: int, progress: Progress | None = None) -> Evidence:
    """Fill a questionnaire and keep the workbook; a second call returns what is kept."""
    known = IntakeKey.objects.filter(sender=JOB, key=key).select_related("evidence").first()
    if known:
        return known.evidence
    tell = progress or (lambda _done, _total, _note: None)
    found = BuyerQuestionnaire.objects.select_related("original", "engagement")
    questionnaire, prepared_by = found.get(pk=pk), User.objects.get(pk=by)
    tell(0, _STEPS, "Looking at what backs each answer")
    lines = outcome.lines(questionnaire)
    tell(1, _STEPS, "Filling the workbook")
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        out = Path(folder) / "filled.xlsx"
        with desk.original(questionnaire) as source:
            answers.write(source, out, mapped=desk.mappings(questionnaire), lines=lines)
        tell(2, _STEPS, "Keeping it as evidence")
        sent = _submission(questionnaire, out, key=key, by=prepared_by)
        evidence = intake.receive(sent, actor=JOB)
    tell(_STEPS, _STEPS, "")
    return evidence


def earlier(questionnaire: BuyerQuestionnaire) -> list[Evidence]:
    """Return the filled copies that are kept, the newest first."""
    keys = IntakeKey.objects.filter(sender=JOB, key__startswith=f"{questionnaire.ref}:")
    return [one.evidence for one in keys.select_related("evidence").order_by("-id")[:20]]


def jobs(questionnaire: BuyerQuestionnaire) -> list[Job]:
    """Return the jobs that fill it now, or that could not."""
    states = (Job.State.RUNNING, Job.State.WAITING, Job.State.FAILED)
    found = Job.objects.filter(kind=JOB, key__startswith=f"{JOB}:{questionnaire.ref}:")
    return [job for job in found.order_by("-pk")[:1] if job.state in states]


def _key(questionnaire: BuyerQuestionnaire) -> str:
    """Return what changes with every reply, and with every day: evidence grows old."""
    replies = BuyerReply.objects.filter(question__questionnaire=questionnaire)
    last = replies.aggregate(last=Max("pk"))["last"] or 0
    return f"{questionnaire.ref}:{last}:{days.today().isoformat()}"


def _submission(
    questionnaire: BuyerQuestionnaire, path: Path, *, key: str, by: User
) -> intake.Submission:
    day = days.today()
    stem = PurePath(questionnaire.original.filename).stem[:120]
    return intake.Submission(
        content=path,
        filename=f"{stem}-answered-{day.isoformat()}.xlsx",
        title=f"Answers to {questionnaire.buyer}, {questionnaire.ref}"[:200],
        evidence_type=Expectation.EvidenceType.REPORT,
        kind=Evidence.Kind.DOCUMENT,
        area=Area.AUDIT_REQUESTS,
        source_system="Countersign",
        environment=Evidence.Environment.CORPORATE,
        covers_from=day,
        covers_to=day,
        collected_at=timezone.now(),
        sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
        media_type=desk.MEDIA_TYPE,
        prepared_by=by,
        idempotency_key=key,
        tags={"questionnaire": questionnaire.ref},
        is_made_here=True,
        # What came in was screened then, and so was every reply.
        is_judged=True,
    )
