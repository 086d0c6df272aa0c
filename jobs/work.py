"""What a handler gets in hand: one attempt at one job."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.errors import LeaseLostError


@dataclass(frozen=True)
class Progress:
    """How far a run has come; a total of 0 means that the total is not known."""

    done: int = 0
    total: int = 0
    note: str = ""


@dataclass
class Work:
    """One attempt at one job. Handlers read it, report progress, and never touch the row."""

    job_id: int
    key: str
    payload: Mapping[str, Any]
    attempt: int = 1
    is_last_attempt: bool = False
    reported: Progress = field(default_factory=Progress)
    lost: threading.Event = field(default_factory=threading.Event)

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Report how far the work is; raises LeaseLostError when another worker has taken over.

        Cheap enough for every row of a loop: the heartbeat writes it, at most once a second and
        outside of the handler's own transaction.
        """
        if self.lost.is_set():
            raise LeaseLostError
        self.reported = Progress(done, total, note[:200])
