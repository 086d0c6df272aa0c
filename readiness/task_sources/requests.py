"""Requests of auditors that wait for an answer: new ones, and those that were returned."""

from collections.abc import Iterable, Iterator

from django.db.models import Q

from audits import requests
from audits.models import EvidenceRequest
from readiness.owners import LEAD, noted, owner_of
from readiness.task import Asked, Task

WORDS = "Requests"
IS_KEPT = True
_WAITING = (EvidenceRequest.State.OPEN, EvidenceRequest.State.RETURNED)


def tasks(_asked: Asked) -> Iterable[Task]:
    known = requests.with_state(EvidenceRequest.objects.filter(engagement__closed_at=None))
    found = known.filter(Q(("state__in", _WAITING)))
    return _tasks(found.select_related("engagement", "owner").order_by("pk"))


def _tasks(found: Iterable[EvidenceRequest]) -> Iterator[Task]:
    for request in found:
        is_returned = getattr(request, "state", "") == EvidenceRequest.State.RETURNED
        owner = owner_of(
            request.owner,
            role=request.owner_role or LEAD,
            words=request.get_owner_role_display() or "Compliance lead",
        )
        said = "The auditor returned the answer." if is_returned else "Nobody has answered yet."
        yield Task(
            source="requests",
            key=f"{request.pk:012d}",
            name=request.ref,
            title=request.title,
            due=request.due,
            weight=5 if is_returned else 4,
            page="request",
            args=(request.pk,),
            note=noted(said, owner.note),
            person=owner.person,
            role=owner.role,
            owner=owner.words,
        )
