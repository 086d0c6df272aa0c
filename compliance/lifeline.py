"""Ties a child process to its parent: when the parent dies, even by kill -9, the child goes too."""

import ctypes
import os
import signal
import sys
import threading
import time

# Set by the supervisor for the processes that it starts.
SUPERVISOR = "COUNTERSIGN_SUPERVISOR"
WATCH_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1


def hold_supervisor() -> None:
    """Die with the supervisor, if one started this process."""
    supervisor = os.environ.get(SUPERVISOR)
    if not supervisor:
        return
    if sys.platform == "linux":
        # The kernel does it at once. It must be asked for by the main thread of both processes,
        # because the signal comes when the starting thread ends.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        _die_without(int(supervisor))
    else:
        watch(int(supervisor))


def watch(parent: int) -> None:
    """Look every second whether the parent is still there.

    For processes that a thread of their parent may have started, as Celery's pool does: the
    kernel's signal would come at the end of that thread already.
    """
    threading.Thread(target=_watch, args=[parent], name="lifeline", daemon=True).start()


def _watch(parent: int) -> None:
    while True:
        _die_without(parent)
        time.sleep(WATCH_SECONDS)


def _die_without(parent: int) -> None:
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
