"""External scans that merchants owe: one task for each platform, from the first day on."""

from collections.abc import Iterable

from merchants import scanning
from readiness.task import Asked, Task

WORDS = "Scans of merchants"
IS_KEPT = True
_ROLE = "compliance-lead"


def tasks(_asked: Asked) -> Iterable[Task]:
    for application, day in scanning.first_owed():
        yield Task(
            source="scans",
            key=f"{application.pk:012d}",
            name=application.ref,
            title=f"Scans of merchants of {application.name}",
            due=day,
            weight=3,
            page="merchants_scans",
            args=(application.pk,),
            note="An external scan that passed is due every three months; the first is due first.",
            role=_ROLE,
            owner="Compliance lead",
        )
