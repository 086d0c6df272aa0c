"""What came to an engagement after its freeze date: it counts, and all can see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from audits import days, gates, scope
from audits.models import Engagement, Finding, OccurrenceChange
from audits.summed import microseconds_of
from evidence.models import Evidence

SHOWN = 10
NEAR = 3_000
"""So many items that came next are looked at before the claims are asked for the rest."""


@dataclass(frozen=True)
class Group:
    """Things of one kind in the order in which they came; `has_more` where not all are here."""

    rows: Sequence[Any]
    has_more: bool


@dataclass(frozen=True)
class AfterFreeze:
    """All that came after the freeze: items with their claims, requests, findings, changes."""

    evidence: Group
    requests: Group
    findings: Group
    changes: Group

    def __bool__(self) -> bool:
        return any(
            each.rows for each in (self.evidence, self.requests, self.findings, self.changes)
        )


def of(engagement: Engagement) -> AfterFreeze | None:
    """Return what came after the freeze date; None as long as it lies ahead; six queries."""
    if engagement.freeze_on is None or not gates.is_frozen(engagement):
        return None
    frozen = days.end_of(engagement.freeze_on)
    return AfterFreeze(
        evidence=_items(engagement, frozen),
        requests=_cut(engagement.requests.filter(asked_at__gt=frozen).order_by("number")),
        findings=_cut(
            Finding.objects.filter(engagement=engagement, opened_at__gt=frozen)
            .select_related("standing")
            .order_by("number")
        ),
        changes=_cut(_changes(engagement, frozen)),
    )


def _items(engagement: Engagement, frozen: datetime) -> Group:
    """Return the versions that claim something in scope, in the order in which they came.

    Most audits find them among the next items; where these do not fill the list and others came
    later, as years after an audit, the claims of its window name them.
    """
    claims, late = scope.claims_of(engagement), Evidence.objects.filter(received_at__gt=frozen)
    following = late.order_by("received_at", "pk").values("pk")
    ours = Exists(claims.filter(evidence=OuterRef("pk")))
    near = _cut(_in_order(Evidence.objects.filter(ours, pk__in=following[:NEAR])))
    if near.has_more or not following[NEAR : NEAR + 1]:
        return near
    later = claims.filter(received_us__gt=microseconds_of(frozen)).order_by().values("evidence")
    return _cut(_in_order(Evidence.objects.filter(pk__in=later)))


def _in_order(items: QuerySet[Evidence]) -> QuerySet[Evidence]:
    return items.only("ref", "title", "received_at").order_by("received_at", "pk")


def _changes(engagement: Engagement, frozen: datetime) -> Any:
    """Return the skips and moves of occurrences that meet the window."""
    late = OccurrenceChange.objects.filter(
        scope.reaching(engagement, "end"),
        recorded_at__gt=frozen,
        expectation__in=scope.expectations_of(engagement).order_by().values("pk"),
        start__lte=engagement.window_to,
    )
    return late.select_related("expectation", "recorded_by").order_by("pk")


def _cut(rows: Any) -> Group:
    found = list(rows[: SHOWN + 1])
    return Group(found[:SHOWN], len(found) > SHOWN)
