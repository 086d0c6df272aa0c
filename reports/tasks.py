"""What the workers do for this room: render the packs that were frozen."""

from audits.models import Pack
from jobs.handlers import Result, handler
from jobs.work import Work
from reports import issue

# Writing, screening and sealing a pack of 5 GB takes minutes; the heartbeat holds the lease.
_LIMIT_SECONDS = 6 * 3600


@handler(issue.KIND, limit_seconds=_LIMIT_SECONDS)
def render_pack(work: Work) -> Result:
    pack = Pack.objects.select_related("engagement", "built_by").get(pk=work.payload["pack"])
    file = issue.issue(pack, progress=work.progress)
    return {"pack": pack.ref, "evidence": file.evidence.ref, "sha256": file.sha256}
