"""Requests of buyers for documents: each waits for somebody who approves or declines it."""

from collections.abc import Iterator
from datetime import timedelta

from audits.buyers import asking
from audits.days import day_of
from readiness.task import Asked, Task

WORDS = "Requests of buyers"
IS_KEPT = True
_ANSWERED_WITHIN = timedelta(days=5)
_ROLE = "compliance-lead"


def tasks(_asked: Asked) -> Iterator[Task]:
    for request in asking.waiting().order_by("pk"):
        yield Task(
            source="buyers",
            key=f"{request.pk:012d}",
            name=request.ref,
            title=f"{request.company} asks for documents",
            due=day_of(request.asked_at + _ANSWERED_WITHIN),
            weight=3,
            page="audits_buyerrequest_change",
            args=(request.pk,),
            note="Approve or decline: whoever asked waits for a mail.",
            role=_ROLE,
            owner="Compliance lead",
        )
