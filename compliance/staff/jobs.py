"""Jobs in the staff door: what runs, what waits, what failed, and the way to try it again."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from audits import deviations
from audits.models import Pack
from collectors import due
from collectors.models import Run
from compliance.staff.base import attempt, back, person
from compliance.staff.site import DO, READ, site
from evidence import anchoring, verification
from evidence.models import Evidence
from jobs import queue
from jobs.models import Job
from merchants import attestations, exporting, issuing_many, papers, portfolio, reminding
from registers import imports
from registers import tasks as register_tasks
from registers.reconciling import arriving, asking
from reports import issue, reconciliation_day, reconciliation_month
from reports.written import making

SHOWN = 25
COUNTED = 1_000
REFRESH_SECONDS = 3

KIND_WORDS = {
    due.RUN: "Collect from a source",
    due.PROBE: "Look at the watched addresses",
    issue.KIND: "Build a pack",
    deviations.KIND: "Look for findings in the results of checks",
    anchoring.KIND: "Leave a checkpoint outside",
    verification.KIND: "Check the log",
    "notices.mail": "Send a mail about requests",
    imports.READ: "Read a sheet for a register",
    imports.WRITE: "Take a sheet into a register",
    register_tasks.SNAPSHOT: "Keep a snapshot of a register",
    arriving.KIND: "Read a file of a business day",
    asking.KIND: "Reconcile a business day",
    reconciliation_day.SENDER: "Write the papers of a reconciled day",
    reconciliation_month.SENDER: "Write the papers of a reconciled month",
    making.JOB: "Write a report",
    "reports.workspace": "Bring the copy of the evidence in folders up to date",
    papers.KIND: "Write a paper of a merchant's form",
    issuing_many.KIND: "Approve merchants and issue their forms",
    reminding.MANY: "Remind merchants of their forms",
    reminding.MAIL: "Mail a merchant a link to its form",
    exporting.KIND: "Write a list of merchants' forms",
    portfolio.KIND: "Count the forms of merchants",
    attestations.KIND: "Keep the list of merchants and their attestations",
}


@site.page("jobs/", name="job_board", needs=Capability.VIEW_JOBS, methods=READ)
def board(request: HttpRequest) -> HttpResponseBase:
    """Show running, failed, waiting and lately done jobs; a script renews that part by itself."""
    jobs = Job.objects.all()
    running = list(jobs.filter(state=Job.State.RUNNING).order_by("-pk")[:SHOWN])
    waiting = list(
        jobs.filter(state=Job.State.WAITING, finished_at__isnull=True).order_by("run_after")[:SHOWN]
    )
    failed = list(jobs.filter(state=Job.State.FAILED).order_by("-pk")[:SHOWN])
    done = list(jobs.filter(state=Job.State.DONE).order_by("-pk")[:SHOWN])
    dress([*running, *waiting, *failed, *done])
    context = {
        "title": "Jobs",
        "running": running,
        "waiting": waiting,
        "failed": failed,
        "done": done,
        "counts": {
            state: jobs.filter(state=state)[: COUNTED + 1].count()
            for state in (Job.State.RUNNING, Job.State.WAITING, Job.State.FAILED)
        },
        "counted": COUNTED,
        "now": timezone.now(),
        "refresh": REFRESH_SECONDS,
    }
    return site.render(request, "staff/jobs.html", context)


@site.page("jobs/<int:pk>/", name="job", needs=Capability.VIEW, methods=READ)
def page(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show one job with its progress; whoever asked for it may look, and who may see jobs."""
    job = get_object_or_404(Job, pk=pk)
    dress([job])
    context = {
        "title": KIND_WORDS.get(job.kind, job.kind),
        "job": job,
        "asked_by": _asker(job),
        "is_over": job.state in {Job.State.DONE, Job.State.FAILED},
        "refresh": REFRESH_SECONDS,
        "may_retry": can(request.user, Capability.VIEW_JOBS),
    }
    return site.render(request, "staff/job.html", context)


@site.page("jobs/<int:pk>/retry/", name="job_retry", needs=Capability.VIEW_JOBS, methods=DO)
def retry(request: HttpRequest, pk: int) -> HttpResponseBase:
    job = get_object_or_404(Job, pk=pk)
    by = actor(person(request))
    attempt(request, lambda: queue.retry(job, requested_by=by), done="The job is tried again.")
    return redirect(back(request, reverse("admin:job_board")))


def dress(jobs: Sequence[Any]) -> None:
    """Attach what the rows say: a title, how far each job has come, and where its result is."""
    links = _links_of(jobs)
    for job in jobs:
        job.title = KIND_WORDS.get(job.kind, job.kind)
        total = job.progress_total
        job.percent = min(100, 100 * job.progress_done // total) if total else None
        job.links = links[job.pk]


def _links_of(jobs: Sequence[Job]) -> dict[int, list[tuple[str, str]]]:
    """Where the results of jobs are to be seen (label and address), in three queries for all."""
    told = {job.pk: job.result if isinstance(job.result, dict) else {} for job in jobs}
    numbers = {number for each in told.values() if (number := _number(each.get("run")))}
    runs = (
        dict(Run.objects.filter(number__in=numbers).values_list("number", "pk")) if numbers else {}
    )
    refs = {str(each["evidence"]) for each in told.values() if each.get("evidence")}
    items = dict(Evidence.objects.filter(ref__in=refs).values_list("ref", "pk")) if refs else {}
    packed = {job.pk: job.payload.get("pack") for job in jobs if job.kind == issue.KIND}
    keys = {key for key in packed.values() if isinstance(key, int)}
    packs = Pack.objects.select_related("engagement").in_bulk(keys) if keys else {}
    days = {job.pk: _day_of(job) for job in jobs if job.kind == asking.KIND}
    links: dict[int, list[tuple[str, str]]] = {}
    for pk, each in told.items():
        number, ref, pack = _number(each.get("run")), str(each.get("evidence")), packed.get(pk)
        links[pk] = []
        if number in runs:
            links[pk].append((each["run"], _url("collectors_run", runs[number])))
        if ref in items:
            links[pk].append((ref, _url("evidence_evidence", items[ref])))
        if pk in days:
            links[pk].append(days[pk])
        if isinstance(pack, int) and pack in packs:
            links[pk].append((f"Pack {packs[pack].ref}", _url("audits_pack", pack)))
    return links


def _day_of(job: Job) -> tuple[str, str]:
    number, day = int(job.payload.get("number", 0)), str(job.payload["day"])
    return f"REC-{number} of {day}", reverse("admin:reconciliation_day", args=[number, day])


def _number(ref: object) -> int:
    digits = str(ref or "").removeprefix("RUN-")
    return int(digits) if digits.isdecimal() else 0


def _url(name: str, key: int) -> str:
    return reverse(f"admin:{name}_change", args=[key])


def _asker(job: Job) -> str:
    kind, _, key = job.requested_by.partition(":")
    if kind == "user" and key.isdecimal():
        user = User.objects.filter(pk=int(key)).first()
        return str(user) if user else job.requested_by
    return "the schedule" if job.requested_by == "system" else job.requested_by
