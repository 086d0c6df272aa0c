"""What was asked for in an engagement, and what became of it up to a moment: for a pack."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.access import actor
from audits.models import Engagement, EvidenceRequest, RequestEntry
from audits.request_terms import split
from audits.selection import Request

_WORDS = frozenset({RequestEntry.Kind.ASKED, RequestEntry.Kind.CHANGED})


@dataclass(frozen=True)
class Asked:
    """The requests by their numbers, and the keys of all who spoke or answer."""

    requests: tuple[Request, ...] = ()
    people: frozenset[int] = frozenset()


def requests_of(engagement: Engagement, as_of: datetime) -> Asked:
    """Return every request that had been made by then, withdrawn ones too; two queries.

    The words are those that hold now: what they were before a change is known by its digest only.
    The leaf of that change comes along, though it may be younger, because it binds the words.
    """
    leaves: dict[int, list[int]] = defaultdict(list)
    states: dict[int, str] = {}
    later: dict[int, int] = {}
    people: set[int] = set()
    entries = RequestEntry.objects.filter(request__engagement=engagement).order_by("id")
    for request, kind, at, by, leaf in entries.values_list(
        "request", "kind", "at", "by", "ledger_entry"
    ):
        if at <= as_of:
            leaves[request].append(leaf)
            if kind in EvidenceRequest.State.values:
                states[request] = kind
        elif request in leaves and kind in _WORDS:
            later[request] = leaf
        else:
            continue
        people.add(by)
    for request, leaf in later.items():
        leaves[request].append(leaf)
    rows = engagement.requests.filter(pk__in=leaves).select_related("owner").order_by("number")
    found = [_frozen(row, engagement.ref, states[row.pk], leaves[row.pk]) for row in rows]
    people.update(row.owner_id for row in rows if row.owner_id)
    return Asked(tuple(found), frozenset(people))


def _frozen(row: EvidenceRequest, engagement: str, state: str, leaves: Sequence[int]) -> Request:
    return Request(
        ref=f"{engagement}/R{row.number}",
        number=row.number,
        state=state,
        title=row.title,
        text=row.text,
        refs=split(row.refs),
        due=row.due.isoformat() if row.due else "",
        owner=actor(row.owner) if row.owner else row.owner_role,
        leaves=tuple(leaves),
    )
