"""Keeps one token from crowding the others out; counted in the memory of each web process.

A count in the shared cache would cost every call a write to the database. With several web
processes each grants the whole rate, which bounds the load all the same.
"""

import threading
import time
from collections.abc import Hashable
from typing import Final

from django.conf import settings
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.models import ApiToken

FAILURES_PER_MINUTE: Final = 60
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


_METER = Meter()


class TokenThrottle(BaseThrottle):
    """Asks the meter for the token of the call."""

    _wait: float = 0.0

    def allow_request(self, request: Request, view: object) -> bool:  # noqa: ARG002
        token = request.auth
        if not isinstance(token, ApiToken):
            return True
        self._wait = _METER.take(token.fingerprint, per_minute=settings.API_REQUESTS_PER_MINUTE)
        return self._wait == 0

    def wait(self) -> float:
        return self._wait


def note_failure(request: Request) -> None:
    """Count a refused token against the address it came from; raises Throttled at too many."""
    address = request.META.get("REMOTE_ADDR", "")
    wait = _METER.take(("failed", address), per_minute=FAILURES_PER_MINUTE)
    if wait:
        raise Throttled(wait)
