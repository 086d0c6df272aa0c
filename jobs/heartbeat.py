"""A thread that keeps a running job's lease and writes its progress, beside the handler's work."""

import logging
import threading
import time
from types import TracebackType

from django.db import DatabaseError, InterfaceError, connection

from jobs import leases
from jobs.errors import LeaseLostError
from jobs.leases import Lease
from jobs.wakeup import KILL_GRACE_SECONDS
from jobs.work import Progress, Work

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 1.0


class Heartbeat:
    """Renews a lease at a third of its length while the `with` block runs.

    It has a database connection of its own: a renewal is neither delayed by nor rolled back with
    the transaction of the handler.
    """

    def __init__(self, lease: Lease, work: Work) -> None:
        self._lease = lease
        self._work = work
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            self._keep()
        finally:
            connection.close()

    def _keep(self) -> None:
        period = self._lease.seconds / 3
        tick = min(PROGRESS_SECONDS, period)
        written = Progress()
        waited = 0.0
        stop_at = time.monotonic() + self._lease.limit_seconds + KILL_GRACE_SECONDS
        while not self._stop.wait(tick) and time.monotonic() < stop_at:
            waited += tick
            shown = self._work.reported
            if waited < period and shown == written:
                continue
            try:
                leases.renew(self._lease, shown)
            except LeaseLostError:
                self._work.lost.set()
                return
            except (DatabaseError, InterfaceError) as error:
                # The next beat tries again; until then the fence keeps the outcome honest.
                log.warning("The lease of job %s was not renewed: %s", self._lease.job.pk, error)
                connection.close()
            else:
                written, waited = shown, 0.0
