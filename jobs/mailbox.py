"""The embedded broker: Celery's filesystem transport, made safe against kill -9 and pile-ups.

Where it differs from its parent: a message appears whole or not at all (the parent's readers can
meet a half-written file and stop the worker), bindings need no file that a crash could leave empty,
nothing passes through the system's temporary folder, a repeated wake-up call replaces the unread
one of the same name, and it takes part in Celery's event loop. The last is what lets a worker live
on when one of its processes is killed: without it the processes share one pipe and its lock, and
the lock dies with whoever holds it.
"""

import contextlib
import json
import re
import secrets
from collections import deque
from functools import cached_property
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.transport.filesystem import exchange_queue_t

# A reader keeps at most this much of a listing, so that it soon sees what is older or more urgent.
LISTING = 64


class Channel(filesystem.Channel):
    """One folder; one file for each unread message: `<task id>.<queue>.msg`."""

    @cached_property
    def folder(self) -> Path:
        folder = Path(self.transport_options["folder"])
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    @cached_property
    def listings(self) -> dict[str, deque[Path]]:
        return {}

    def get_table(self, exchange: str) -> list[Any]:
        # Celery names the exchange and the routing key of a plain queue after the queue.
        return [exchange_queue_t(exchange, "", exchange)]

    def _queue_bind(
        self, exchange: str, routing_key: str | None, pattern: str | None, queue: str | None
    ) -> None:
        """Keep no file: `get_table` knows every binding."""

    # The two parents of this class disagree on the arguments of the next two methods.
    def _put(  # type: ignore[override]
        self, queue: str, message: Any, **_options: Any
    ) -> None:
        name = re.sub(r"[^A-Za-z0-9-]", "_", str(message["headers"].get("id") or "message"))
        partial = self.folder / f".{name}.{secrets.token_hex(8)}"
        partial.write_text(json.dumps(message), encoding="utf-8")
        partial.replace(self.folder / f"{name}.{queue}.msg")

    def _get(self, queue: str) -> dict[str, Any]:  # type: ignore[override]
        listing = self.listings.setdefault(queue, deque())
        if not listing:
            listing.extend(self._unread(queue)[:LISTING])
        while listing:
            message = listing.popleft()
            try:
                text = message.read_text(encoding="utf-8")
                message.unlink()
            except FileNotFoundError:
                continue  # Another worker has taken it.
            payload: dict[str, Any] = json.loads(text)
            return payload
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._unread(queue))

    def _purge(self, queue: str) -> int:
        unread = self._unread(queue)
        for message in unread:
            message.unlink(missing_ok=True)
        return len(unread)

    def _unread(self, queue: str) -> list[Path]:
        return sorted(self.folder.glob(f"[!.]*.{queue}.msg"))


class Transport(filesystem.Transport):
    Channel = Channel
    implements = filesystem.Transport.implements.extend(asynchronous=True)

    @property
    def default_connection_params(self) -> dict[str, Any]:
        return {}

    def register_with_event_loop(self, _connection: Any, loop: Any) -> None:
        """Look for messages whenever the worker stirs, and often enough while it does not."""
        loop.on_tick.add(self._deliver_waiting)
        loop.call_repeatedly(self.polling_interval, _stir)

    def _deliver_waiting(self) -> None:
        cycle: Any = self.cycle
        # The cycle is Empty too when the worker has taken as many messages as it may.
        with contextlib.suppress(Empty):
            while True:
                cycle.get(self._deliver)


def _stir() -> None:
    """Make the event loop turn, so that its tick looks for messages."""


def tidy(folder: Path) -> None:
    """Clear away what senders left half-written that were killed; unread messages stay."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for partial in folder.glob(".*"):
        partial.unlink(missing_ok=True)
