"""Periodic work of the evidence room."""

import logging
from datetime import datetime

from evidence import anchoring, checkpoint, rotation, verification
from evidence.errors import AnchorError, SigningRefusedError
from evidence.log_models import LogCheck
from evidence.models import Checkpoint
from jobs.errors import TransientError
from jobs.handlers import Result, handler
from jobs.periodic import every
from jobs.work import Work

log = logging.getLogger(__name__)


@every(seconds=3600, name="evidence.checkpoint")
def sign_checkpoint(now: datetime) -> None:
    """Sign the log as it stands; where nothing was added since, nothing happens."""
    rotation.end_overlap(now)
    try:
        checkpoint.sign()
    except SigningRefusedError as error:
        # Said on the overview and by the health page; a traceback every hour would add nothing.
        log.error("The log was not signed: %s", error)  # noqa: TRY400


@every(seconds=86_400, name="evidence.anchor")
def anchor_daily(_now: datetime) -> None:
    """Leave a checkpoint of today outside."""
    try:
        anchoring.anchor()
    except SigningRefusedError as error:
        log.error("The log was not signed: %s", error)  # noqa: TRY400


@handler(anchoring.KIND)
def deposit(work: Work) -> Result:
    """Leave one checkpoint at one place; a failure is a row, and is tried again."""
    signed = Checkpoint.objects.get(pk=work.payload["checkpoint"])
    try:
        made = anchoring.deposit(signed, work.payload["place"])
    except AnchorError as error:
        raise TransientError(str(error)) from error
    return {"receipt": made.receipt if made else "This place is no longer set up."}


@every(seconds=86_400, name="evidence.verify")
def verify_nightly(_now: datetime) -> None:
    """Go on with the check of the log, or begin one."""
    verification.ask()


@handler(verification.KIND)
def verify_slice(work: Work) -> Result:
    """Check the log for a minute; what is left is the next job's."""
    check = LogCheck.objects.get(pk=work.payload["check"])
    verification.go_on(check, seconds=verification.SLICE_SECONDS, progress=work.progress)
    verification.ask_for_more(check, work.payload["part"] + 1)
    return {"check": check.pk, "problems": check.problem_count, "finished": bool(check.finished_at)}
