"""The overview: where the chosen engagement stands, what waits for a person, what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Exists
from django.http import HttpRequest
from django.urls import reverse

from accounts.access import can
from accounts.capabilities import Capability
from audits import summary
from audits.coverage import State
from audits.models import Engagement, Pack
from compliance.staff import chosen, demo_tour, first_run, jobs, overview, words
from compliance.staff.coverage import STATES, url_of_state
from compliance.staff.overview import Overview
from compliance.staff.site import site
from controls.models import Control
from evidence.models import Checkpoint, Evidence, LogHead, Review
from evidence.standing import LogStanding, of_log
from jobs.models import Job
from readiness.models import Answer
from registers.models import Entry
from reports import pdf_engine

COUNTED = 1_000


@dataclass(frozen=True)
class Notice:
    """Something that is not as it should be, and the way to mend it."""

    text: str
    url: str = ""
    label: str = ""
    tone: str = "warn"


@dataclass(frozen=True)
class Step:
    """One of the first steps on a new installation."""

    title: str
    text: str
    done: bool
    url: str = ""
    label: str = ""


@dataclass(frozen=True)
class _Nothing:
    """What stands for the head of a log that nobody has begun."""

    size: int = 0
    has_controls: bool = False
    has_evidence: bool = False
    has_reviews: bool = False
    has_entries: bool = False
    has_answers: bool = False
    has_packs: bool = False


def context_of(request: HttpRequest) -> dict[str, Any]:
    """Return what the overview shows, within a fixed number of queries."""
    choice = chosen.of(request)
    if not choice.others and (beginning := first_run.begins(request)):
        return {"beginning": beginning}
    log, head = of_log(), _head()
    # Whoever looks at a demo begins nothing, and is led through what happened in it.
    steps = [] if settings.DEMO else list(_first_steps(request, choice.engagement, head))
    kept = overview.of(choice.engagement, summary.known())
    return {
        "choice": choice,
        "tiles": list(_tiles(choice.engagement, kept.totals)) if choice.engagement else [],
        "waiting": {"count": kept.waiting, "oldest": kept.oldest},
        "failed_runs": kept.failed_runs,
        "running": _running(request),
        "ledger_size": log.size,
        "checkpoint": Checkpoint.objects.first(),
        "notices": list(_notices(request, log, kept)),
        "steps": [] if all(step.done for step in steps) else steps,
        "stops": list(demo_tour.of(request)) if settings.DEMO else [],
        "refresh": jobs.REFRESH_SECONDS,
    }


def _tiles(engagement: Engagement, totals: summary.Counts) -> Iterator[dict[str, Any]]:
    for state, label, text in STATES:
        count = totals.get(state.value, 0)
        if count or state is not State.EXEMPT:
            yield {
                "state": state.value,
                "label": label,
                "text": text,
                "count": count,
                "url": url_of_state(engagement, state),
            }


def _running(request: HttpRequest) -> list[Job]:
    if not can(request.user, Capability.VIEW_JOBS):
        return []
    found = list(Job.objects.filter(state=Job.State.RUNNING).order_by("-pk")[: overview.SHOWN])
    jobs.dress(found)
    return found


def _head() -> Any:
    """Return the head of the log with what there is in this installation, in one query.

    All of it leaves a leaf, so that without a head there is nothing.
    """
    asked = LogHead.objects.filter(pk=1).annotate(
        has_controls=Exists(Control.objects.all()),
        has_evidence=Exists(Evidence.objects.all()),
        has_reviews=Exists(Review.objects.all()),
        has_entries=Exists(Entry.objects.all()),
        has_answers=Exists(Answer.objects.all()),
        has_packs=Exists(Pack.objects.all()),
    )
    return asked.first() or _Nothing()


def _first_steps(request: HttpRequest, engagement: Engagement | None, head: Any) -> Iterator[Step]:
    yield Step(
        "Load the catalogue",
        "Frameworks, controls and the evidence that each control must leave.",
        head.has_controls,
    )
    yield Step(
        "Collect the first evidence",
        "Sources ask by themselves; you can also have one asked at once.",
        head.has_evidence,
        *_way(request, Capability.RUN_COLLECTOR, "collectors_source_changelist", "Sources"),
    )
    yield Step(
        "Review it",
        "Accept what is right, and return what is not, with the reason.",
        head.has_reviews,
        *_way(request, Capability.REVIEW_EVIDENCE, "review_queue", "Review queue"),
    )
    yield Step(
        "Open your first engagement",
        "Three questions lead to it: what you process, which categories, which systems.",
        engagement is not None,
        *_way(request, Capability.MANAGE_ENGAGEMENTS, "first_run", "Three questions"),
    )
    yield from _programme_steps(request, head)
    yield Step(
        "Build a pack",
        "All evidence of the engagement in one file that an auditor can verify offline.",
        head.has_packs,
        *(
            _way(request, Capability.BUILD_PACK, "audits_engagement_changelist", "Engagements")
            if engagement
            else ()
        ),
    )


def _programme_steps(request: HttpRequest, head: Any) -> Iterator[Step]:
    yield Step(
        "Keep your vendors and tokens",
        "Write them down or import your lists; you see line by line what would happen.",
        head.has_entries,
        *_way(request, Capability.MANAGE_REGISTERS, "registers", "Registers"),
    )
    yield Step(
        "Answer the readiness questions",
        "Then the queue of gaps says what is missing, the gravest first.",
        head.has_answers,
        *_way(request, Capability.MANAGE_READINESS, "readiness", "Readiness"),
    )


def _way(request: HttpRequest, needs: Capability, name: str, label: str) -> tuple[str, str]:
    return (reverse(f"admin:{name}"), label) if can(request.user, needs) else ("", "")


def _notices(request: HttpRequest, log: LogStanding, kept: Overview) -> Iterator[Notice]:
    yield from _of_log(request, log)
    if missing := pdf_engine.missing_libraries():
        yield Notice(missing)
    if kept.silent:
        named = ", ".join(kept.silent[: overview.SHOWN])
        more = " and others" if len(kept.silent) > overview.SHOWN else ""
        yield Notice(
            f"Not asked yet: {named}{more}.",
            *_way(request, Capability.VIEW, "collectors_source_changelist", "Sources"),
            tone="info",
        )
    failed = Job.objects.filter(state=Job.State.FAILED)[: COUNTED + 1].count()
    if failed:
        verb = "job has failed and waits" if failed == 1 else "jobs have failed and wait"
        yield Notice(
            f"{words.at_most(failed, COUNTED)} {verb} for a person.",
            *_way(request, Capability.VIEW_JOBS, "job_board", "Jobs"),
            tone="bad",
        )
    yield from _findings(request, kept.open_findings, kept.overdue_actions)


def _of_log(request: HttpRequest, log: LogStanding) -> Iterator[Notice]:
    way = _way(request, Capability.VIEW, "log", "Log and anchors")
    if log.refusal:
        yield Notice(f"The log is not signed. {log.refusal}", *way, tone="bad")
    if log.problems:
        noun = "problem" if log.problems == 1 else "problems"
        yield Notice(f"The check of the log found {log.problems:,} {noun}.", *way, tone="bad")
    if log.is_unchecked:
        sentence = "No check of the log was finished for three days. Look at Jobs, then check now."
        yield Notice(sentence, *way, tone="bad")
    if log.a_place_fails:
        yield Notice("A checkpoint could not be left outside.", *way)


def _findings(request: HttpRequest, opened: int, overdue: int) -> Iterator[Notice]:
    way = _way(request, Capability.VIEW, "audits_finding_changelist", "Findings")
    if opened:
        noun = "finding waits" if opened == 1 else "findings wait"
        yield Notice(f"{words.at_most(opened, COUNTED)} {noun} for a response.", *way)
    if overdue:
        noun = "finding has" if overdue == 1 else "findings have"
        counted = words.at_most(overdue, COUNTED)
        yield Notice(f"{counted} {noun} a corrective action that is overdue.", *way, tone="bad")


site.overview = context_of
