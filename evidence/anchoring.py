"""Leaves checkpoints at the places outside: what turns "signed by us" into evidence."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Max
from django.utils import timezone

from evidence import anchors, checkpoint, signing
from evidence.anchors.note import Note
from evidence.errors import AnchorError, SigningRefusedError
from evidence.log_models import Deposit
from evidence.models import Checkpoint
from jobs import queue
from jobs.models import Job

KIND = "evidence.deposit"
ATTEMPTS = 12
"""With the pauses of the queue, which double, a place may be away for about five hours."""


@dataclass(frozen=True)
class Standing:
    """How it goes with one place."""

    kind: str
    title: str
    where: str
    success: Deposit | None
    failure: Deposit | None

    @property
    def is_failing(self) -> bool:
        """Whether the last attempt failed."""
        if self.failure is None:
            return False
        return self.success is None or self.failure.pk > self.success.pk


def anchor() -> Checkpoint:
    """Sign the log as it stands and have it left at every place."""
    signed = checkpoint.sign()
    enqueue(signed)
    return signed


def enqueue(signed: Checkpoint, *, requested_by: str = "system") -> None:
    """Ask for the deposits of a checkpoint; one that was given up is asked for once more."""
    for kind in anchors.in_use():
        if Deposit.objects.filter(checkpoint=signed, place=kind, is_done=True).exists():
            continue
        payload = {"checkpoint": signed.pk, "place": kind}
        key = f"deposit:{kind}:{signed.pk}"
        job = queue.enqueue(
            KIND, key=key, payload=payload, requested_by=requested_by, max_attempts=ATTEMPTS
        )
        if job.state == Job.State.FAILED:
            queue.retry(job, requested_by=requested_by)


def deposit(signed: Checkpoint, kind: str) -> Deposit | None:
    """Leave a checkpoint at one place and record what came of it; raises AnchorError.

    None where the place is no longer set up. A deposit that was made already is returned.
    """
    done = Deposit.objects.filter(checkpoint=signed, place=kind, is_done=True).first()
    place = anchors.in_use().get(kind)
    if done or place is None:
        return done
    attempt = Deposit(
        checkpoint=signed, place=kind, where=place.where(), is_done=True, tried_at=timezone.now()
    )
    try:
        _keep(signed)
        attempt.receipt = place.deposit(Note.of(signed))[:400]
    except AnchorError as error:
        attempt.is_done, attempt.error = False, str(error)
        attempt.save(force_insert=True)
        raise
    attempt.save(force_insert=True)
    return attempt


def _keep(signed: Checkpoint) -> None:
    """See that the checkpoint is kept beside the key before anybody else holds it."""
    try:
        signing.keep_before_giving(signed)
    except SigningRefusedError as error:
        raise AnchorError(str(error)) from error


def standings() -> Sequence[Standing]:
    """Say of each place that is set up when it last worked and when it last failed."""
    last = Deposit.objects.values("place", "is_done").annotate(newest=Max("pk")).order_by()
    keys = {(row["place"], row["is_done"]): row["newest"] for row in last}
    rows = Deposit.objects.select_related("checkpoint").in_bulk(list(keys.values()))
    return [
        Standing(
            kind,
            place.TITLE,
            place.where(),
            rows.get(keys.get((kind, True), 0)),
            rows.get(keys.get((kind, False), 0)),
        )
        for kind, place in anchors.in_use().items()
    ]
