"""What the workers do for this room: render frozen packs, and the papers of signed days."""

from datetime import datetime

from audits.models import Pack
from jobs import queue
from jobs.handlers import Result, handler
from jobs.periodic import every
from jobs.work import Work
from registers.models import DaySignature
from reports import issue, reconciliation_day

# Writing, screening and sealing a pack of 5 GB takes minutes; the heartbeat holds the lease.
_LIMIT_SECONDS = 6 * 3600


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
