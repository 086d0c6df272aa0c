"""Asks for the run of a day in the background, and says how far it is.

Rules:
- The same day, files and rules are one job, whoever asks and however often; one that has failed is
  tried again when somebody asks again.
- The run says who asked first: that person does not sign it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from accounts.access import actor
from accounts.capabilities import Capability
from accounts.models import User
from jobs import queue
from jobs.models import Job
from registers.errors import RegistersError
from registers.models import InputFile, MatchingRules, Reconciliation
from registers.reconciling import definitions, running

KIND = "registers.reconcile"
SYSTEM = "system"


@dataclass(frozen=True)
class Asked:
    """Whether a day can run now, and the job that runs it, if it was asked for."""

    obstacle: str = ""
    job: Job | None = None

    @property
    def is_working(self) -> bool:
        over = {Job.State.DONE, Job.State.FAILED}
        return self.job is not None and self.job.state not in over

    @property
    def has_failed(self) -> bool:
        return self.job is not None and self.job.state == Job.State.FAILED

    @property
    def percent(self) -> int | None:
        """How far it is; None where that is not known."""
        if self.job is None or not self.job.progress_total:
            return None
        return min(100, 100 * self.job.progress_done // self.job.progress_total)


def ask(reconciliation: Reconciliation, *, day: date, by: User | None = None) -> Job:
    """Have a day run in the background; None asks for the schedule.

    Raises ReconcilingNotAllowedError, and ReconcilingError where it cannot run.
    """
    if by:
        definitions.refuse_stranger(by, Capability.RUN_RECONCILIATIONS)
    rules, read = running.ready(reconciliation, day)
    name = actor(by) if by else SYSTEM
    job = queue.enqueue(
        KIND,
        key=_key(reconciliation, day, rules, read),
        payload={
            "reconciliation": reconciliation.pk,
            "number": reconciliation.number,
            "day": day.isoformat(),
            "by": by.pk if by else None,
        },
        requested_by=name,
    )
    if by and job.state == Job.State.FAILED:
        return queue.retry(job, requested_by=name)
    return job


def standing(reconciliation: Reconciliation, day: date) -> Asked:
    """Say whether a day can run, and how far the job of its files is."""
    try:
        rules, read = running.ready(reconciliation, day)
    except RegistersError as refusal:
        return Asked(str(refusal))
    key = _key(reconciliation, day, rules, read)
    return Asked(job=Job.objects.filter(key=key).first())


def _key(
    reconciliation: Reconciliation, day: date, rules: MatchingRules, read: Sequence[InputFile]
) -> str:
    digest = running.inputs_digest(read)[:16]
    return f"{KIND}:{reconciliation.ref}:{day}:{digest}:{rules.number}"
