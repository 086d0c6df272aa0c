"""The posture in plain numbers, as a buyer may read it: counted from accepted evidence alone.

Rules:
- No person, no system and no gap is named; a number stands where evidence shows one, and nothing
  where none does.
- A control counts as shown where everything expected of it is in force, passed its checks and was
  accepted by a reviewer.
- A restore counts where a reviewer accepted it and its checks found nothing; an access review where
  its campaign was closed; a day of availability where the item that tells it was accepted.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from audits.days import day_of
from audits.models import Engagement
from evidence import ledger
from evidence.models import Claim, Review
from readiness.facts import Facts
from readiness.standing import Backing
from registers.models import Campaign
from reports.kinds import restore_tests, uptime
from reports.written import of_items

DAYS_OF_AVAILABILITY = 90
_YEAR = timedelta(days=366)


@dataclass(frozen=True)
class Scope:
    """A framework with the categories that the newest audit under it is about."""

    framework: str
    categories: tuple[str, ...]


@dataclass(frozen=True)
class Posture:
    """What the trust page says; None stands for what no accepted evidence shows."""

    as_of: datetime
    log_size: int
    log_root: str
    scopes: tuple[Scope, ...]
    controls: int
    shown: int
    restored_on: date | None
    reviewed_on: date | None
    availability: Decimal | None
    availability_days: int


def of_today() -> Posture:
    """Count the posture as it stands now."""
    facts, now = Facts(), timezone.now()
    today, size = facts.today, ledger.size()
    controls, shown = _controls(facts)
    percent, counted = _availability(today, now)
    return Posture(
        as_of=now,
        log_size=size,
        log_root=ledger.root(size).hex(),
        scopes=tuple(_scopes()),
        controls=controls,
        shown=shown,
        restored_on=_restored(today, now),
        reviewed_on=_reviewed(),
        availability=percent,
        availability_days=counted,
    )


def _scopes() -> list[Scope]:
    """Return each framework once, with the categories of its newest engagement."""
    found: dict[int, Scope] = {}
    rows = Engagement.objects.exclude(type=Engagement.Type.INTERNAL).select_related("framework")
    for one in rows.prefetch_related("categories").order_by("-pk"):
        if one.framework_id not in found:
            names = tuple(each.category for each in one.categories.all())
            found[one.framework_id] = Scope(str(one.framework), names)
    return sorted(found.values(), key=lambda scope: scope.framework)


def _controls(facts: Facts) -> tuple[int, int]:
    """Return how many controls evidence is expected of, and of how many all of it is shown."""
    of_control: dict[int, list[Backing]] = defaultdict(list)
    for one in facts.standings.values():
        of_control[one.control_key].append(one.backing(facts.today))
    shown = sum(set(each) == {Backing.PROVEN} for each in of_control.values())
    return len(of_control), shown


def _restored(today: date, now: datetime) -> date | None:
    found = _accepted(of_items.claims(restore_tests.RESTORES, today - _YEAR, today, now))
    exceptions = of_items.exceptions(found, now)
    clean = [one.covers_to for one in found if not exceptions.get(one.evidence_id)]
    return min(max(clean), today) if clean else None


def _reviewed() -> date | None:
    closed = Campaign.objects.filter(state=Campaign.State.CLOSED).order_by("-closed_at").first()
    return day_of(closed.closed_at) if closed and closed.closed_at else None


def _availability(today: date, now: datetime) -> tuple[Decimal | None, int]:
    """Return the share of answered samples in percent, and of how many days it tells."""
    first = today - timedelta(days=DAYS_OF_AVAILABILITY)
    claims = _accepted(of_items.claims([uptime.SERIES], first, today, now))
    samples = uptime.read(claims, first, today)
    answered, every = sum(one.answered for one in samples), sum(one.samples for one in samples)
    return uptime.uptime(answered, every), len({one.day for one in samples})


def _accepted(claims: Sequence[Claim]) -> list[Claim]:
    """Keep what a reviewer accepted last."""
    keys = [one.evidence_id for one in claims]
    rows = Review.objects.filter(evidence__in=keys).order_by("pk")
    latest = dict(rows.values_list("evidence", "decision"))
    return [one for one in claims if latest.get(one.evidence_id) == Review.Decision.ACCEPTED]
