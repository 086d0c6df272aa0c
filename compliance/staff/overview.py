"""What the overview says that rests on leaves of the log: kept until the log grows or a day ends.

What leaves no leaf (jobs, checkpoints, how it stands with the signing) is asked at every look.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache

from audits import days, summary
from audits.models import Engagement
from collectors.models import Run, Source
from compliance.staff import findings
from evidence import awaiting
from evidence.models import Evidence

SHOWN = 5
_LOOKED_BACK = timedelta(days=7)
_KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Overview:
    """How occurrences stand, what waits and what failed; of lists only so many as are shown."""

    totals: summary.Counts
    waiting: str
    """How many items await a decision, in words."""
    oldest: Sequence[Evidence]
    failed_runs: Sequence[Run]
    silent: Sequence[str]
    """Sources that were never asked, one more than are shown at most."""
    open_findings: int
    overdue_actions: int


def of(engagement: Engagement | None, known: str) -> Overview:
    """Return the overview; `known` is the word of `summary.known` for all that is known."""
    key = f"staff.overview/1:{engagement.pk if engagement else ''}:{known}"
    kept: Overview | None = cache.get(key)
    if kept is None:
        kept = _computed(engagement)
        cache.set(key, kept, _KEPT_SECONDS)
    return kept


def _computed(engagement: Engagement | None) -> Overview:
    waiting = awaiting.waiting()
    oldest = Evidence.objects.filter(pk__in=waiting.keys[:SHOWN]).order_by("pk")
    since = days.end_of(days.today() - _LOOKED_BACK)
    failed = Run.objects.filter(state=Run.State.FAILED, finished_at__gte=since)
    silent = Source.objects.filter(enabled=True, runs__isnull=True).order_by("slug")
    opened, overdue = findings.waiting()
    return Overview(
        totals=summary.of(engagement).totals if engagement else {},
        waiting=waiting.count,
        oldest=list(oldest) if waiting.keys else [],
        failed_runs=list(failed.select_related("source").order_by("-number")[:SHOWN]),
        silent=[str(source) for source in silent[: SHOWN + 1]],
        open_findings=opened,
        overdue_actions=overdue,
    )
