"""How it stands with the log as a whole, in one query: its size, and what is wrong with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from evidence import anchors, signing
from evidence.log_models import Deposit, LogCheck, SigningLease
from evidence.models import LedgerEntry, LogHead

LONGEST_UNCHECKED = timedelta(days=3)


@dataclass(frozen=True)
class LogStanding:
    """Size, why it is not signed, problems that a check found, whether a place outside fails.

    It is unchecked where no check was finished for days: whoever stops the check is seen by that.
    """

    size: int = 0
    refusal: str = ""
    problems: int = 0
    a_place_fails: bool = False
    is_unchecked: bool = False

    @property
    def is_well(self) -> bool:
        return not (self.refusal or self.problems or self.is_unchecked)


def of_log() -> LogStanding:
    """Return how it stands with the log; problems stay until a later check finds none."""
    told = LogCheck.objects.filter(Q(finished_at__isnull=False) | Q(problem_count__gt=0))
    finished = LogCheck.objects.filter(finished_at__isnull=False).order_by("-finished_at")
    newer = Deposit.objects.filter(place=OuterRef("place")).order_by("-pk")
    failing = Deposit.objects.annotate(newest=Subquery(newer.values("pk")[:1])).filter(
        pk=F("newest"), is_done=False, place__in=list(anchors.in_use())
    )
    row = (
        LogHead.objects.filter(pk=1)
        .values("size")
        .annotate(
            refusal=Subquery(SigningLease.objects.filter(pk=1).values("refusal")[:1]),
            problems=Subquery(told.order_by("-pk").values("problem_count")[:1]),
            failing=Subquery(failing.values("pk")[:1]),
            checked_at=Subquery(finished.values("finished_at")[:1]),
            since=Subquery(LedgerEntry.objects.order_by("index").values("recorded_at")[:1]),
        )
        .first()
    )
    if row is None:
        # An empty log: nothing was checked or left anywhere.
        return LogStanding(refusal=signing.remembered_refusal())
    return LogStanding(
        row["size"],
        row["refusal"] or "",
        row["problems"] or 0,
        bool(row["failing"]),
        _is_long_ago(row["checked_at"] or row["since"]),
    )


def _is_long_ago(moment: datetime | None) -> bool:
    return moment is not None and moment < timezone.now() - LONGEST_UNCHECKED
