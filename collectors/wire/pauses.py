"""Remembers for all workers until when a source does not want to be asked.

Rules:
- What one worker was told (Retry-After, an empty quota) is kept in the shared cache, so that the
  others do not ask before it is over: a source that is asked all the same may lock us out.
- A quota belongs to a server and the credential that is shown to it. Sources with the same
  credential wait together; others are not held up.
- The name under which it is kept gives neither away: it is made with the key of the installation.
- Pauses that a worker waits out by itself are not shared, and a look is good for a second.
- A client that names no server of its own asks many (AWS: one in each region); who asks so minds
  their pauses itself.
"""

from collections.abc import Mapping
from datetime import timedelta
from time import time
from urllib.parse import urlsplit

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.dummy import DummyCache
from django.utils.crypto import salted_hmac

from collectors.errors import SourceBusyError
from collectors.wire.answers import LONGEST_PAUSE, Reply, told_pause

SHORT = timedelta(seconds=5)
_LOOK_EVERY = 1.0


def nowhere() -> BaseCache:
    """Return a cache that keeps nothing, for questions that are put outside a run."""
    return DummyCache("", {})


def who(
    *, auth: tuple[str, str] | None, headers: Mapping[str, str] | None, otherwise: str
) -> tuple[str, ...]:
    """Return what tells one credential from another; `otherwise` where it has to be fetched."""
    shown = sorted(value for name, value in (headers or {}).items() if _is_credential(name))
    return (*(auth or ()), *shown) or (otherwise,)


class Quota:
    """What one credential may ask of one server, as all workers know it."""

    def __init__(self, shared: BaseCache, base_url: str, shown: tuple[str, ...]) -> None:
        parts = urlsplit(base_url)
        named = "\0".join([parts.scheme, parts.netloc.rpartition("@")[2], *shown])
        self._shared = shared
        self._is_kept = bool(parts.netloc)
        mark = salted_hmac(__name__, named, algorithm="sha256").hexdigest()
        self._name = f"collectors-pause-{mark}"
        self._looked = float("-inf")
        self._until = 0.0

    def refuse_early(self, server: str) -> None:
        """Raise SourceBusyError with what is left of a pause that any worker was told."""
        if not self._is_kept:
            return
        now = time()
        if not 0 <= now - self._looked < _LOOK_EVERY:
            self._looked, self._until = now, self._shared.get(self._name, 0.0)
        # A clock that was set back must not make anybody wait for ever.
        left = min(self._until - now, LONGEST_PAUSE.total_seconds())
        if left > 0:
            message = (
                f"{server} is not asked now: it asked one of our workers to wait. It will be asked "
                "again after the pause."
            )
            raise SourceBusyError(message, retry_after=timedelta(seconds=left))

    def note(self, reply: Reply) -> None:
        """Keep the pause that an answer asks for, unless it is short enough to be waited out."""
        pause = told_pause(reply)
        if pause is None or pause <= SHORT or not self._is_kept:
            return
        seconds = pause.total_seconds()
        self._looked = time()
        self._until = self._looked + seconds
        self._shared.set(self._name, self._until, timeout=seconds)


def _is_credential(name: str) -> bool:
    word = name.lower()
    return word == "authorization" or word.endswith(("token", "key"))
