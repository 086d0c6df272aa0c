"""Periodic work of the evidence room."""

import logging
from datetime import datetime

from evidence import anchoring, checkpoint, keys, locking, resealing, rotation, verification
from evidence.errors import AnchorError, SigningRefusedError, StoreError
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


@every(seconds=3600, name="evidence.lock")
def lock_files(_now: datetime) -> None:
    """Have the store lock what came in, for as long as it must be kept."""
    try:
        locking.lock_some()
    except StoreError as error:
        log.error("Files were not locked: %s", error)  # noqa: TRY400


@every(seconds=86_400, name="evidence.retire_keys")
def retire_keys(_now: datetime) -> None:
    """Remove sealing keys that nothing needs any more."""
    if len(keys.sealing_key_ids()) > 1:
        resealing.retire()


@handler(resealing.KIND, limit_seconds=6 * 3600)
def reseal(work: Work) -> Result:
    """Wrap what former sealing keys wrap by the one in use; goes on where another run stopped."""
    done = resealing.go_on(progress=work.progress)
    return {"key": done.key_id, "blobs": done.blobs, "texts": done.texts}
