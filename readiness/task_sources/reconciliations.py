"""Reconciliations: days that wait for their files, a run or a signature."""

from collections.abc import Iterator

from readiness.owners import owner_of
from readiness.task import Asked, Task
from registers.models import ReconciliationRun
from registers.reconciling import scheduling

WORDS = "Reconciliations of business days"
IS_KEPT = True
_SIGNER = "reviewer"


def tasks(asked: Asked) -> Iterator[Task]:
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
