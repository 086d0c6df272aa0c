"""How it stands with the log as a whole, in one query: its size, and what is wrong with it."""

from dataclasses import dataclass

from django.db.models import F, OuterRef, Q, Subquery

from evidence import signing
from evidence.log_models import Deposit, LogCheck, SigningLease
from evidence.models import LogHead


@dataclass(frozen=True)
class LogStanding:
    """Size, why it is not signed, problems that a check found, whether a place outside fails."""

    size: int = 0
    refusal: str = ""
    problems: int = 0
    a_place_fails: bool = False

    @property
    def is_well(self) -> bool:
        return not (self.refusal or self.problems)


def of_log() -> LogStanding:
    """Return how it stands with the log; problems stay until a later check finds none."""
    told = LogCheck.objects.filter(Q(finished_at__isnull=False) | Q(problem_count__gt=0))
    newer = Deposit.objects.filter(place=OuterRef("place")).order_by("-pk")
    failing = Deposit.objects.annotate(newest=Subquery(newer.values("pk")[:1])).filter(
        pk=F("newest"), is_done=False
    )
    row = (
        LogHead.objects.filter(pk=1)
        .values("size")
        .annotate(
            refusal=Subquery(SigningLease.objects.filter(pk=1).values("refusal")[:1]),
            problems=Subquery(told.order_by("-pk").values("problem_count")[:1]),
            failing=Subquery(failing.values("pk")[:1]),
        )
        .first()
    )
    if row is None:
        # An empty log: nothing was checked or left anywhere.
        return LogStanding(refusal=signing.remembered_refusal())
    return LogStanding(
        row["size"], row["refusal"] or "", row["problems"] or 0, bool(row["failing"])
    )
