"""Breaks of reconciliations: a task for each owner, and for those who look or approve."""

from collections.abc import Iterator
from datetime import timedelta

from readiness.owners import Owner, owner_of
from readiness.task import Asked, Task
from registers.reconciling import queue
from registers.reconciling.aging import LEAD_DAYS, Level
from registers.reconciling.queue import Waiting

WORDS = "Breaks of reconciliations"
IS_KEPT = True
_ROLES = {
    Level.LEAD: ("compliance-lead", "Compliance lead", "Old or large"),
    Level.EXECUTIVE: ("executive", "Executive", "Very old or very large"),
}


def tasks(asked: Asked) -> Iterator[Task]:
    for waiting in queue.waiting(asked.today):
        owner, why, kind = _whose(waiting)
        count = "1 break" if waiting.count == 1 else f"{waiting.count:,} breaks"
        yield Task(
            source="breaks",
            key=f"{waiting.reconciliation.pk:09d}.{kind}",
            name=waiting.reconciliation.ref,
            title=f"{count}: {waiting.reconciliation.title}",
            due=waiting.oldest + timedelta(days=LEAD_DAYS - 1),
            weight=5 if waiting.level in _ROLES else 4,
            page="breaks",
            note=f"{why} {owner.note}".strip(),
            person=owner.person,
            role=owner.role,
            owner=owner.words,
        )


def _whose(waiting: Waiting) -> tuple[Owner, str, str]:
    """Return whose the task is, what there is to do, and what tells it from the others."""
    if waiting.level is None:
        approver = owner_of(None, role="reviewer", words="Reviewer")
        return approver, "How to close them is proposed; another person approves.", "approve"
    if waiting.level in _ROLES:
        role, words, why = _ROLES[waiting.level]
        said = f"{why}: see that they are worked on."
        return owner_of(None, role=role, words=words), said, role
    if waiting.owner is None:
        return owner_of(None), "Nobody's yet: give them to somebody.", "nobody"
    said = "Find out what they come from, and propose how to close them."
    return owner_of(waiting.owner), said, f"owner-{waiting.owner.pk}"
