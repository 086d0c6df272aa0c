"""Has reports written in the background, and keeps both files of each as evidence.

A report is asked for once per day and position of the log: whoever presses twice gets the same job.
Both files come in together or not at all, so a job that runs twice finds them.
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from audits import days
from audits.models import Engagement
from controls.models import Expectation
from evidence import intake, ledger
from evidence.models import Evidence, IntakeKey
from jobs import queue
from jobs.models import Job
from reports import pdf_engine
from reports.errors import AskedError, ReportsNotAllowedError
from reports.written import excel, long_pdf, pdf, registry
from reports.written.document import Document, Head, Reading, readings_of
from reports.written.registry import Asked, Kind, Need

JOB = "reports.written"
EXCEL, PAPER = "xlsx", "pdf"
SHOWN = 40
LONG = 2_000
"""A paper with more rows than these is made piece by piece, so that it fits into the memory."""
_STEPS = 4
_LONGEST_TITLE = 200

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Made:
    """The two files of one report."""

    kind: Kind
    slug: str
    paper: Evidence
    excel: Evidence


def ask(slug: str, asked: Asked, *, by: User) -> Job:
    """Have a report written; raises ReportsNotAllowedError, UnknownReportError, AskedError."""
    if not can(by, Capability.WRITE_REPORTS):
        raise ReportsNotAllowedError
    kind = registry.get(slug)
    refuse_unfit(kind, asked)
    payload = _payload(slug, replace(asked, by=by))
    named = {**payload, "at": days.day_of(asked.at).isoformat(), "made_at": None}
    digest = sha256(ledger.canonical({**named, "log": ledger.size()})).hexdigest()[:32]
    payload["key"] = f"{slug}:{digest}"
    return queue.enqueue(
        JOB, key=f"{JOB}:{payload['key']}", payload=payload, requested_by=actor(by)
    )


def refuse_unfit(kind: Kind, asked: Asked) -> None:
    """Raise AskedError where something is missing that the kind needs."""
    if Need.ENGAGEMENT in kind.needs and asked.engagement is None:
        raise AskedError("Choose an engagement: this report is about one. Open one first.")
    if Need.PERIOD in kind.needs and not (asked.start and asked.end):
        raise AskedError("Say the first and the last day of the period.")
    if asked.start and asked.end and asked.start > asked.end:
        raise AskedError("The period ends before it begins. Correct its days.")
    if asked.made_at and asked.at > asked.made_at:
        raise AskedError("A report cannot be as of a day that is not over yet.")
    if asked.made_at and not kind.goes_back:
        able = ", ".join(one.title for one in registry.kinds().values() if one.goes_back)
        raise AskedError(
            f"{kind.title}: what it reads is not kept by moment, so it is as of now only. "
            f"As of an earlier day are: {able}."
        )
    if Need.SUBJECT in kind.needs and not asked.subject.strip():
        raise AskedError(f"Say what the report is about: {kind.subject}.")


def make(payload: dict[str, Any], *, progress: Progress | None = None) -> Made:
    """Write the report of a job and keep it; a second call returns what is kept."""
    tell = progress or (lambda _done, _total, _note: None)
    slug, key = str(payload["kind"]), str(payload["key"])
    kept = _kept(slug, key)
    if kept:
        return kept
    asked = _asked(payload)
    kind = registry.get(slug)
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        files = write(slug, asked, Path(folder), progress=tell)
        tell(3, _STEPS, "Keeping both files as evidence")
        sent = [
            _submission(files, place, key=f"{key}:{place}", slug=slug, kind=kind, asked=asked)
            for place in (EXCEL, PAPER)
        ]
        table, paper = intake.receive_many(sent, actor=JOB)
    tell(_STEPS, _STEPS, "")
    return Made(kind, slug, paper, table)


@dataclass(frozen=True)
class Files:
    """The rendered report before it is kept."""

    document: Document
    head: Head
    paper: Path
    paper_type: str
    excel: Path


def write(slug: str, asked: Asked, folder: Path, *, progress: Progress | None = None) -> Files:
    """Render a report into a folder; the PDF shows the first rows of what the Excel file lists."""
    tell = progress or (lambda _done, _total, _note: None)
    kind = registry.get(slug)
    refuse_unfit(kind, asked)
    tell(0, _STEPS, "Reading what the report says")
    head = _head(slug, asked)
    document = kind.build(asked)
    readings = readings_of(document, whole=asked.whole and not document.is_one_page)
    try:
        tell(1, _STEPS, "Writing the Excel file")
        table = folder / "report.xlsx"
        excel.write(document, head, table, readings=readings)
        tell(2, _STEPS, "Writing the PDF")
        paper, media_type = _paper(document, head, folder, readings, tell)
    finally:
        for reading in readings.values():
            reading.close()
    return Files(document, head, paper, media_type, table)


def _paper(
    document: Document, head: Head, folder: Path, readings: Mapping[int, Reading], tell: Progress
) -> tuple[Path, str]:
    rows = sum(reading.shown for reading in readings.values())
    if rows <= LONG or pdf_engine.missing_libraries():
        return pdf.write(document, head, folder, readings=readings)
    path = folder / "report.pdf"
    long_pdf.write(document, head, path, readings=readings, tell=lambda note: tell(2, _STEPS, note))
    return path, pdf.PDF


def earlier(slug: str = "", *, most: int = SHOWN) -> list[Made]:
    """Return reports that are kept, the newest first; of one kind, or of all."""
    keys = IntakeKey.objects.filter(sender=JOB, key__endswith=f":{PAPER}")
    if slug:
        keys = keys.filter(key__startswith=f"{slug}:")
    papers = list(keys.select_related("evidence").order_by("-id")[:most])
    names = [each.key.removesuffix(PAPER) + EXCEL for each in papers]
    tables = {
        each.key: each.evidence
        for each in IntakeKey.objects.filter(sender=JOB, key__in=names).select_related("evidence")
    }
    known = registry.kinds()
    return [
        Made(known[kind], kind, each.evidence, tables[name])
        for each, name in zip(papers, names, strict=True)
        if (kind := each.key.partition(":")[0]) in known and name in tables
    ]


def file_name(slug: str, head: Head, suffix: str) -> str:
    """Return the name of a file, by kind and day of making."""
    day = days.day_of(head.made_at).isoformat()
    return f"{slug.replace('_', '-')}-{day}{suffix}"


def _head(slug: str, asked: Asked) -> Head:
    size = ledger.size()
    return Head(
        organisation=settings.ORGANISATION,
        kind=slug,
        asked_by=str(asked.by) if asked.by else "the machine itself",
        made_at=asked.made_at or asked.at,
        zone=settings.ORGANISATION_TIME_ZONE,
        log_size=size,
        log_root=ledger.root(size).hex(),
    )


def _submission(
    files: Files, which: str, *, key: str, slug: str, kind: Kind, asked: Asked
) -> intake.Submission:
    document, head = files.document, files.head
    path = files.excel if which == EXCEL else files.paper
    made_on = days.day_of(head.made_at)
    first, last = document.period or (made_on, made_on)
    return intake.Submission(
        content=path,
        filename=file_name(slug, head, path.suffix),
        title=f"{document.title}: {document.subtitle}"[:_LONGEST_TITLE],
        evidence_type=Expectation.EvidenceType.REPORT,
        kind=Evidence.Kind.DOCUMENT,
        area=kind.area,
        source_system="Countersign",
        environment=Evidence.Environment.CORPORATE,
        covers_from=first,
        covers_to=last,
        collected_at=head.made_at,
        sensitivity=kind.sensitivity,
        media_type=excel.MEDIA_TYPE if which == EXCEL else files.paper_type,
        prepared_by=asked.by,
        idempotency_key=key,
        tags={"report": slug},
        is_made_here=True,
        # All within was screened when it came; what a reviewer released must not stop a report.
        is_judged=True,
    )


def _kept(slug: str, key: str) -> Made | None:
    keys = [f"{key}:{which}" for which in (EXCEL, PAPER)]
    found = {
        each.key: each.evidence
        for each in IntakeKey.objects.filter(sender=JOB, key__in=keys).select_related("evidence")
    }
    if len(found) < len(keys):
        return None
    return Made(registry.get(slug), slug, found[keys[1]], found[keys[0]])


def _payload(slug: str, asked: Asked) -> dict[str, Any]:
    return {
        "kind": slug,
        "at": asked.at.isoformat(),
        "by": asked.by.pk if asked.by else None,
        "engagement": asked.engagement.pk if asked.engagement else None,
        "start": asked.start.isoformat() if asked.start else None,
        "end": asked.end.isoformat() if asked.end else None,
        "subject": asked.subject.strip(),
        "whole": asked.whole,
        "made_at": asked.made_at.isoformat() if asked.made_at else None,
    }


def _asked(payload: dict[str, Any]) -> Asked:
    engagement, by = payload["engagement"], payload["by"]
    return Asked(
        at=datetime.fromisoformat(payload["at"]),
        by=User.objects.get(pk=by) if by else None,
        engagement=(
            Engagement.objects.select_related("framework").get(pk=engagement)
            if engagement
            else None
        ),
        start=_day(payload["start"]),
        end=_day(payload["end"]),
        subject=payload["subject"],
        whole=bool(payload.get("whole")),
        made_at=datetime.fromisoformat(made) if (made := payload.get("made_at")) else None,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def now() -> datetime:
    """Return this moment to the second: what a report says of its making has no more."""
    return timezone.now().replace(microsecond=0)
