"""Periodic work: small functions that run once in each period, however many beats tick."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from jobs.errors import DuplicateKindError
from jobs.models import Beat

log = logging.getLogger(__name__)

Tick = Callable[[datetime], None]

# A process that dies in a tick holds it back for this long; a tick that fails waits as long.
TICK_LEASE = timedelta(minutes=2)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Periodic:
    """One piece of periodic work; its periods are counted from midnight UTC."""

    name: str
    period: timedelta
    run: Tick

    def next_due(self, now: datetime) -> datetime:
        """Return the start of the period after the one that `now` lies in."""
        return EPOCH + ((now - EPOCH) // self.period + 1) * self.period

    def latest(self, now: datetime) -> datetime:
        """Return the latest time that can be due next; a later one wrote a clock that was ahead.

        A period more, for the clocks of several machines never agree to the second.
        """
        return self.next_due(now) + self.period

    def is_waiting(self, due_at: datetime, now: datetime) -> bool:
        """Say whether it is time; work must not stand still until a wrong clock is right again."""
        return due_at <= now or due_at > self.latest(now)


_registry: dict[str, Periodic] = {}


def every(*, seconds: int, name: str) -> Callable[[Tick], Tick]:
    """Register the decorated function to run once in every period of so many seconds.

    It gets the time and should do little: enqueue jobs with a key that names the period. After a
    crash it may run twice for one period.
    """

    def register(run: Tick) -> Tick:
        if name in _registry and _registry[name].run is not run:
            raise DuplicateKindError(f"Two functions claim the periodic name {name!r}. Rename one.")
        _registry[name] = Periodic(name, timedelta(seconds=seconds), run)
        return run

    return register


def run_due(now: datetime | None = None) -> list[str]:
    """Run what is due and nobody else runs; return the names of what ran to its end."""
    now = now or timezone.now()
    known = {beat.name: beat.due_at for beat in Beat.objects.all()}
    new = [Beat(name=name, due_at=now) for name in _registry if name not in known]
    if new:
        Beat.objects.bulk_create(new, ignore_conflicts=True)
    waiting = [
        work for work in _registry.values() if work.is_waiting(known.get(work.name, now), now)
    ]
    return [work.name for work in waiting if _claim(work, now) and _run(work, now)]


def _claim(work: Periodic, now: datetime) -> bool:
    free = (
        Q(lease_until__isnull=True)
        | Q(lease_until__lt=now)
        | Q(lease_until__gt=now + 2 * TICK_LEASE)
    )
    waits = Q(due_at__lte=now) | Q(due_at__gt=work.latest(now))
    mine = Beat.objects.filter(free & waits, name=work.name)
    return bool(mine.update(lease_until=now + TICK_LEASE))


def _run(work: Periodic, now: datetime) -> bool:
    try:
        with transaction.atomic():
            work.run(now)
            Beat.objects.filter(name=work.name).update(
                due_at=work.next_due(now), lease_until=None, last_run_at=now, last_error=""
            )
    except Exception as error:
        log.exception("The periodic work %s failed; it is tried again soon.", work.name)
        Beat.objects.filter(name=work.name).update(last_error=f"{type(error).__name__}: {error}")
        return False
    return True
