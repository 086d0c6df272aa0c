"""The index of the room: all that was handed over in an engagement, on one page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from audits import requests
from audits.models import Draw, Engagement, EvidenceRequest, SealedPopulation
from compliance.portal import access
from compliance.portal.pages import show
from controls.models import Expectation

SHOWN = 500
"""So many rows of each list stand on the page; a pack holds them all."""
_REPORTS = (Expectation.EvidenceType.REPORT, Expectation.EvidenceType.EXTERNAL_REPORT)


@dataclass(frozen=True)
class Listed:
    """The first rows of a list, and how many more there are."""

    rows: Sequence[object]
    more: int


@access.for_auditor
def index(request: HttpRequest, user: User, engagement: Engagement) -> HttpResponse:
    """List packs, answers, reports, populations and work sheets with their digests."""
    access.viewed(engagement, user, f"{engagement.ref}/handed-over")
    answers = access.answers(engagement).select_related("evidence", "entry__request__engagement")
    return show(
        request,
        "handed_over",
        engagement,
        packs=list(access.packs(engagement)),
        reports=_cut(answers.filter(evidence__evidence_type__in=_REPORTS)),
        items=_cut(answers.exclude(evidence__evidence_type__in=_REPORTS)),
        asked=_cut(_asked(engagement)),
        states=EvidenceRequest.State,
        populations=_cut(_populations(engagement)),
        draws=_cut(_draws(engagement)),
    )


def _asked(engagement: Engagement) -> QuerySet[EvidenceRequest]:
    """Return the requests, each with the number of items that its answers handed over."""
    mine = EvidenceRequest.objects.filter(engagement=engagement).select_related("engagement")
    return requests.with_state(mine).annotate(items=Count("entries__items")).order_by("number")


def _populations(engagement: Engagement) -> QuerySet[SealedPopulation]:
    mine = SealedPopulation.objects.filter(engagement=engagement)
    return mine.select_related("control").order_by("number")


def _draws(engagement: Engagement) -> QuerySet[Draw]:
    mine = Draw.objects.filter(population__engagement=engagement).select_related("population")
    return mine.order_by("population__number", "number")


def _cut(rows: "QuerySet[Any]") -> Listed:
    found = list(rows[: SHOWN + 1])
    return Listed(found[:SHOWN], rows.count() - SHOWN if len(found) > SHOWN else 0)
