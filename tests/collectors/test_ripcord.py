"""Connections that are cut when the time is up."""

import socket
import time
from pathlib import Path

from collectors.wire.ripcord import MOST_HELD, RipCord


def descriptors() -> int:
    """How many this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_reader_that_waits_is_freed() -> None:
    near, far = socket.socketpair()
    with near, far:
        cord = RipCord()
        cord.hold(near)
        started = time.monotonic()
        with cord.ready(0.2):
            # Without the cord this would wait for ever: the other side is there and silent.
            assert near.recv(1) == b""
        assert cord.pulled
        assert 0.1 < time.monotonic() - started < 3
        cord.release()


def test_a_block_that_ends_in_time_keeps_its_connection() -> None:
    near, far = socket.socketpair()
    with near, far:
        cord = RipCord()
        cord.hold(near)
        with cord.ready(0.2):
            pass
        time.sleep(0.4)
        assert not cord.pulled
        far.send(b"x")
        assert near.recv(1) == b"x"
        cord.release()


def test_many_connections_do_not_use_up_the_descriptors() -> None:
    cord = RipCord()
    before = descriptors()
    pairs = [socket.socketpair() for _ in range(3 * MOST_HELD)]
    for near, far in pairs:
        cord.hold(near)
        near.close()
        far.close()
    assert descriptors() - before == MOST_HELD
    cord.release()
    assert descriptors() == before


def test_a_connection_that_was_closed_meanwhile_does_no_harm() -> None:
    near, far = socket.socketpair()
    cord = RipCord()
    cord.hold(near)
    near.close()
    far.close()
    with cord.ready(0.05):
        time.sleep(0.2)
    assert cord.pulled
    cord.release()
    cord.release()
