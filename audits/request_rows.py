"""The requests of an engagement as rows for lists and files: state, answers, last comment."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from audits import requests
from audits.models import AnswerItem, Engagement, EvidenceRequest, RequestEntry


@dataclass(frozen=True)
class Row:
    """One request with what its thread says; `answers` are the items of all answers, each once."""

    request: EvidenceRequest
    state: EvidenceRequest.State
    answers: tuple[AnswerItem, ...]
    last_comment: RequestEntry | None

    @property
    def is_waiting_for_staff(self) -> bool:
        return self.state in {EvidenceRequest.State.OPEN, EvidenceRequest.State.RETURNED}


def rows_of(found: Sequence[EvidenceRequest]) -> list[Row]:
    """Return rows for requests read by `requests.with_state`, in their order; two more queries."""
    keys = [request.pk for request in found]
    answers: dict[int, dict[int, AnswerItem]] = defaultdict(dict)
    items = AnswerItem.objects.filter(entry__request__in=keys).select_related("evidence", "entry")
    for item in items.order_by("pk"):
        answers[item.entry.request_id].setdefault(item.evidence_id, item)
    comments = RequestEntry.objects.filter(request__in=keys, kind=RequestEntry.Kind.COMMENTED)
    latest = {entry.request_id: entry for entry in comments.select_related("by").order_by("pk")}
    return [
        Row(
            request=request,
            state=EvidenceRequest.State(getattr(request, "state")),  # noqa: B009  # an annotation
            answers=tuple(answers[request.pk].values()),
            last_comment=latest.get(request.pk),
        )
        for request in found
    ]


def all_of(engagement: Engagement) -> list[Row]:
    """Return every request of an engagement by its number."""
    known = engagement.requests.select_related("owner", "engagement", "asked_by").order_by("number")
    return rows_of(list(requests.with_state(known)))
