"""Evidence that awaits a decision; its preparer is not asked for it."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from audits import days
from evidence import awaiting
from evidence.models import Evidence
from readiness.task import Asked, Task

WORDS = "Reviews"
IS_KEPT = True
DAYS_ALLOWED = timedelta(days=7)
"""Within so many days somebody should have looked at an item."""
_ROLE = "reviewer"


def tasks(_asked: Asked) -> Iterable[Task]:
    waiting = awaiting.waiting()
    if not waiting.keys:
        return ()
    found = Evidence.objects.filter(pk__in=waiting.keys)
    return _tasks(found.only("ref", "title", "received_at", "source_system", "prepared_by"))


def _tasks(found: Iterable[Evidence]) -> Iterator[Task]:
    for item in found:
        yield Task(
            source="reviews",
            key=f"{item.pk:012d}",
            name=item.ref,
            title=item.title,
            due=days.day_of(item.received_at) + DAYS_ALLOWED,
            weight=3,
            page="evidence_evidence_change",
            args=(item.pk,),
            note=f"Came from {item.source_system}; accept it, or return it with the reason.",
            role=_ROLE,
            owner="Reviewer",
            not_for=item.prepared_by_id,
        )
