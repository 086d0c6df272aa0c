"""What the workers do for this room: packs, papers, reports, filled forms and questionnaires."""

import tempfile
from datetime import datetime
from pathlib import Path

from django.conf import settings

from audits.models import Pack
from jobs import queue
from jobs.handlers import Result, handler
from jobs.periodic import every
from jobs.work import Work
from merchants import papers as merchant_papers
from merchants.models import ComplianceForm
from registers.models import DaySignature, MonthSignature
from reports import issue, reconciliation_day, reconciliation_month, self_assessment
from reports.filled import issue as filled
from reports.workspace import places, syncing
from reports.written import making

# A first copy of a large store goes through a slow line; the next ones carry what is new.
_WORKSPACE_SECONDS = 6 * 3600
# Writing, screening and sealing a pack of 5 GB takes minutes; the heartbeat holds the lease.
_LIMIT_SECONDS = 6 * 3600
_PAPER_SECONDS = 600
_REPORT_SECONDS = 3600
WORKSPACE = "reports.workspace"


@handler(issue.KIND, limit_seconds=_LIMIT_SECONDS)
def render_pack(work: Work) -> Result:
    pack = Pack.objects.select_related("engagement", "built_by").get(pk=work.payload["pack"])
    file = issue.issue(pack, progress=work.progress)
    return {"pack": pack.ref, "evidence": file.evidence.ref, "sha256": file.sha256}


@every(seconds=300, name="reports.reconciliation_days")
def ask_for_days(_now: datetime) -> None:
    """Ask once for the papers of every signed day that has none."""
    for signature in reconciliation_day.waiting():
        key = f"{reconciliation_day.SENDER}:{signature.pk}"
        queue.enqueue(reconciliation_day.SENDER, key=key, payload={"signature": signature.pk})


@handler(reconciliation_day.SENDER)
def write_day(work: Work) -> Result:
    """Write the papers of a signed day; a second run of the same job finds them."""
    found = DaySignature.objects.select_related("run__reconciliation", "run__rules", "by")
    made = reconciliation_day.issue(found.get(pk=work.payload["signature"]))
    return {"evidence": [each.ref for each in made]}


@every(seconds=300, name="reports.reconciliation_months")
def ask_for_months(_now: datetime) -> None:
    """Ask once for the papers of every signed month that has none."""
    for signature in reconciliation_month.waiting():
        key = f"{reconciliation_month.SENDER}:{signature.pk}"
        queue.enqueue(reconciliation_month.SENDER, key=key, payload={"signature": signature.pk})


@handler(reconciliation_month.SENDER, limit_seconds=_PAPER_SECONDS)
def write_month(work: Work) -> Result:
    """Write the papers of a signed month; a second run of the same job finds them."""
    found = MonthSignature.objects.select_related(
        "reconciliation__owner", "by", "evidence__prepared_by"
    )
    made = reconciliation_month.issue(found.get(pk=work.payload["signature"]))
    return {"evidence": [each.ref for each in made]}


@handler(merchant_papers.KIND, limit_seconds=_PAPER_SECONDS)
def render_form(work: Work) -> Result:
    """Render a paper of a merchant's form and keep it as evidence; a second run keeps no other."""
    found = ComplianceForm.objects.select_related("merchant", "application", "template")
    form, which = found.get(pk=work.payload["form"]), str(work.payload["which"])
    known = merchant_papers.of(form).get(which)
    if known is None:
        with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
            path = Path(folder) / "paper.pdf"
            self_assessment.write(form, which, path)
            known = merchant_papers.take(form, which, path)
    return {"form": form.ref, "evidence": known.evidence.ref, "sha256": known.sha256}


@every(seconds=86_400, name="reports.workspace")
def ask_for_workspace(now: datetime) -> None:
    """Bring the copy for people who work in folders up to date, where there is to be one."""
    if settings.WORKSPACE_URL:
        queue.enqueue(WORKSPACE, key=f"{WORKSPACE}:{now:%Y-%m-%d}", payload={})


@handler(WORKSPACE, limit_seconds=_WORKSPACE_SECONDS)
def sync_workspace(work: Work) -> Result:
    """Write what the workspace lacks; a second run of the same job finds nothing to do."""
    place = places.chosen(settings.WORKSPACE_URL)
    outcome = syncing.sync(place, actor="system", progress=work.progress)
    return {"place": place.name, **outcome.counts()}


@handler(making.JOB, limit_seconds=_REPORT_SECONDS)
def write_report(work: Work) -> Result:
    """Write a report that somebody asked for; a second run of the same job finds it."""
    made = making.make(dict(work.payload), progress=work.progress)
    return {"report": made.slug, "evidence": made.paper.ref, "table": made.excel.ref}


@handler(filled.JOB, limit_seconds=_REPORT_SECONDS)
def fill_questionnaire(work: Work) -> Result:
    """Fill the questionnaire of a buyer; a second run of the same job finds it."""
    said = work.payload
    made = filled.make(
        said["questionnaire"], key=said["key"], by=said["by"], progress=work.progress
    )
    return {"evidence": made.ref}
