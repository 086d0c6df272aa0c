"""Periodic work of the evidence room."""

import logging
from datetime import datetime

from evidence import checkpoint, verification
from evidence.errors import SigningRefusedError
from evidence.log_models import LogCheck
from jobs.handlers import Result, handler
from jobs.periodic import every
from jobs.work import Work

log = logging.getLogger(__name__)


@every(seconds=3600, name="evidence.checkpoint")
def sign_checkpoint(_now: datetime) -> None:
    """Sign the log as it stands; where nothing was added since, nothing happens."""
    try:
        checkpoint.sign()
    except SigningRefusedError as error:
        # Said on the overview and by the health page; a traceback every hour would add nothing.
        log.error("The log was not signed: %s", error)  # noqa: TRY400


@every(seconds=86_400, name="evidence.verify")
def verify_nightly(_now: datetime) -> None:
    """Go on with the check of the log, or begin one."""
    verification.enqueue(verification.begin(), 0)


@handler(verification.KIND)
def verify_slice(work: Work) -> Result:
    """Check the log for a minute; what is left is the next job's."""
    check = LogCheck.objects.get(pk=work.payload["check"])
    verification.go_on(check, seconds=verification.SLICE_SECONDS, progress=work.progress)
    if check.finished_at is None:
        verification.enqueue(check, work.payload["part"] + 1)
    return {"check": check.pk, "problems": check.problem_count, "finished": bool(check.finished_at)}
