"""Cuts connections when the time is up, whatever the other side drips into them.

A time-out of a socket counts from the last byte, so a server that sends one byte now and then holds
a reader for ever; only ending the connection itself does not wait for it.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

MOST_HELD = 8


class RipCord:
    """Holds duplicates of connected sockets, and shuts the connections when it is pulled.

    Of the latest few only: a server that hangs up after every page would use up all descriptors.
    """

    def __init__(self) -> None:
        self.pulled = False
        self._held: list[socket.socket] = []

    def hold(self, connected: socket.socket) -> None:
        # A duplicate, because TLS takes the first one over while it still shakes hands.
        self._held.append(connected.dup())
        while len(self._held) > MOST_HELD:
            self._held.pop(0).close()

    @contextmanager
    def ready(self, seconds: float) -> Iterator[None]:
        """Pull the cord unless the block ends within so many seconds."""
        self.pulled = False
        alarm = threading.Timer(seconds, self._pull)
        alarm.daemon = True
        alarm.start()
        try:
            yield
        finally:
            alarm.cancel()

    def release(self) -> None:
        while self._held:
            self._held.pop().close()

    def _pull(self) -> None:
        self.pulled = True
        for held in list(self._held):
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)
