"""Reconciliations: days that wait for files, a run or a signature, and months to be signed."""

from collections.abc import Iterator

from readiness.owners import owner_of
from readiness.task import Asked, Task
from registers.models import ReconciliationRun
from registers.reconciling import scheduling

WORDS = "Reconciliations of business days"
IS_KEPT = True
_SIGNER = "reviewer"


def tasks(asked: Asked) -> Iterator[Task]:
    yield from _days(asked)
    signer = owner_of(None, role=_SIGNER, words="Reviewer")
    for waiting in scheduling.waiting_months(asked.today):
        reconciliation = waiting.reconciliation
        yield Task(
            source="reconciliations",
            key=f"{reconciliation.pk:09d}.{waiting.month:%Y-%m}",
            name=f"{reconciliation.ref} {waiting.month:%Y-%m}",
            title=f"Sign the month: {reconciliation.title}",
            due=waiting.due,
            weight=4,
            page="reconciliation_month",
            args=(reconciliation.number, f"{waiting.month:%Y-%m}"),
            note="Somebody who did not prepare it signs, and names the days without a signature.",
            person=signer.person,
            role=signer.role,
            owner=signer.words,
            not_for=reconciliation.owner_id,
        )


def _days(asked: Asked) -> Iterator[Task]:
    for waiting in scheduling.waiting(asked.today):
        reconciliation, run = waiting.reconciliation, waiting.run
        is_signed_next = run is not None and run.state == ReconciliationRun.State.COMPLETE
        owner = owner_of(
            None if is_signed_next else reconciliation.owner,
            **({"role": _SIGNER, "words": "Reviewer"} if is_signed_next else {}),
        )
        yield Task(
            source="reconciliations",
            key=f"{reconciliation.pk:09d}.{waiting.day.isoformat()}",
            name=f"{reconciliation.ref} {waiting.day.isoformat()}",
            title=f"{'Sign' if is_signed_next else 'Reconcile'}: {reconciliation.title}",
            due=waiting.due,
            weight=5,
            page="reconciliation_day",
            args=(reconciliation.number, waiting.day.isoformat()),
            note=waiting.words,
            person=owner.person,
            role=owner.role,
            owner=owner.words,
            not_for=reconciliation.owner_id if is_signed_next else None,
        )
