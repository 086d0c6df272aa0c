"""Keeps one token from crowding the others out, however many web processes answer its calls.

Rules:
- The calls of a minute come in slices. A slice belongs to a stretch of the clock, may be spent from
  its start on for a minute, and lapses then, so that a whole minute may be spent at once.
- A web process claims a slice in the shared cache, where each can be claimed once, and counts the
  calls out of it in its own memory: counting in the cache would cost every call a write.
- So no rate is exceeded. What another process claimed and did not spend may be missing: a slice.
- Refused tokens are counted in each process: whoever guesses must not make the database write.
"""

import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings
from django.core.cache import BaseCache, cache
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.models import ApiToken

FAILURES_PER_MINUTE: Final = 60
SLICES: Final = 20
_WINDOW: Final = 60.0
_MOST_KEYS: Final = 10_000


class Meter:
    """Grants each key a number of calls a minute, all of them at once if need be (GCRA)."""

    def __init__(self) -> None:
        self._due: dict[Hashable, float] = {}
        self._lock = threading.Lock()

    def take(self, key: Hashable, *, per_minute: int, now: float | None = None) -> float:
        """Take one call; return 0, or the seconds to wait when there is none left."""
        moment = time.monotonic() if now is None else now
        interval = _WINDOW / per_minute
        with self._lock:
            # Taken out and put back, so that whoever called longest ago is forgotten first.
            due = max(self._due.pop(key, moment), moment)
            excess = max(0.0, due + interval - moment - _WINDOW)
            granted = excess < 1e-9
            self._due[key] = due + interval if granted else due
            if len(self._due) > _MOST_KEYS:
                del self._due[next(iter(self._due))]
        return 0.0 if granted else excess


@dataclass
class _Purse:
    """What this process may spend of a key's calls: how many are left of each slice."""

    left: dict[int, int] = field(default_factory=dict)
    empty_until: float = 0.0


class SharedMeter:
    """Grants each key a number of calls a minute to all processes that share the cache."""

    def __init__(self, shared: BaseCache = cache) -> None:
        self._shared = shared
        self._purses: dict[tuple[str, int], _Purse] = {}
        self._lock = threading.Lock()

    def take(self, key: str, *, per_minute: int, now: float | None = None) -> float:
        """Take one call; return 0, or the seconds until the next slice can be claimed."""
        moment = time.time() if now is None else now
        size = -(-per_minute // SLICES)
        length = _WINDOW * size / per_minute
        newest = int(moment // length)
        slices = range(newest - per_minute // size + 1, newest + 1)
        purse = self._purse(key, per_minute)
        with self._lock:
            if _spend(purse, slices):
                return 0.0
            # A clock that was set back must not make anybody wait for what it said before.
            if 0 < purse.empty_until - moment <= length:
                return purse.empty_until - moment
        claimed = self._claim(f"api-rate-{per_minute}-{key}", slices)
        with self._lock:
            if claimed is None:
                purse.empty_until = (newest + 1) * length
                return purse.empty_until - moment
            purse.left[claimed] = size - 1
        return 0.0

    def _purse(self, key: str, per_minute: int) -> _Purse:
        with self._lock:
            # Taken out and put back, so that whoever called longest ago is forgotten first.
            purse = self._purses.pop((key, per_minute), None) or _Purse()
            self._purses[key, per_minute] = purse
            if len(self._purses) > _MOST_KEYS:
                del self._purses[next(iter(self._purses))]
        return purse

    def _claim(self, name: str, slices: range) -> int | None:
        """Claim the newest slice that nobody has; None where none is left.

        It lasts longest, so that whoever calls now and then seldom has to claim another.
        """
        names = {f"{name}-{number}": number for number in reversed(slices)}
        taken = self._shared.get_many(names)
        for place, number in names.items():
            # Of all that see a slice free, the cache says yes to one.
            if place not in taken and self._shared.add(place, 1, timeout=2 * _WINDOW):
                return number
        return None


def _spend(purse: _Purse, slices: range) -> bool:
    """Take a call out of what is left, the oldest first; what lapsed is thrown away."""
    purse.left = {number: left for number, left in purse.left.items() if number in slices and left}
    if not purse.left:
        return False
    purse.left[min(purse.left)] -= 1
    return True


_FAILURES = Meter()
_CALLS = SharedMeter()


class TokenThrottle(BaseThrottle):
    """Asks the meter for the token of the call."""

    _wait: float = 0.0

    def allow_request(self, request: Request, view: object) -> bool:  # noqa: ARG002
        token = request.auth
        if not isinstance(token, ApiToken):
            return True
        self._wait = _CALLS.take(token.fingerprint, per_minute=settings.API_REQUESTS_PER_MINUTE)
        return self._wait == 0

    def wait(self) -> float:
        return self._wait


def note_failure(request: Request) -> None:
    """Count a refused token against the address it came from; raises Throttled at too many."""
    address = request.META.get("REMOTE_ADDR", "")
    wait = _FAILURES.take(("failed", address), per_minute=FAILURES_PER_MINUTE)
    if wait:
        raise Throttled(wait)
