"""Which function does which kind of job; being in a room's module `tasks` registers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from jobs.errors import DuplicateKindError, UnknownKindError
from jobs.models import Job
from jobs.work import Work

Result = Mapping[str, object] | None
Run = Callable[[Work], Result]
Turn = Callable[[Job], timedelta | None]

DEFAULT_LIMIT_SECONDS = 3600


@dataclass(frozen=True)
class Handler:
    """One kind of job: its function, its lease and how long it may run at most (in seconds)."""

    kind: str
    run: Run
    lease_seconds: int | None
    limit_seconds: int
    turn: Turn | None = None
    """Says how long a due job must still wait so that others get a worker; None: it may start."""


_handlers: dict[str, Handler] = {}


def handler(
    kind: str,
    *,
    lease_seconds: int | None = None,
    limit_seconds: int = DEFAULT_LIMIT_SECONDS,
    turn: Turn | None = None,
) -> Callable[[Run], Run]:
    """Register the decorated function for a kind of job.

    The function must be idempotent: after a crash it runs again with the next attempt number.
    Without `lease_seconds` the setting JOB_LEASE_SECONDS holds. A run that outlasts
    `limit_seconds` is stopped and fails. `turn` is asked in the transaction that would claim a job.
    """

    def register(run: Run) -> Run:
        if kind in _handlers and _handlers[kind].run is not run:
            raise DuplicateKindError(f"Two handlers claim the kind of job {kind!r}. Rename one.")
        _handlers[kind] = Handler(kind, run, lease_seconds, limit_seconds, turn)
        return run

    return register


def find(kind: str) -> Handler:
    """Return the handler of a kind; raises UnknownKindError."""
    try:
        return _handlers[kind]
    except KeyError:
        raise UnknownKindError(
            f"No installed room or plug-in does jobs of the kind {kind!r}."
        ) from None


def kinds() -> list[str]:
    """Return every kind of job that this installation can do, sorted."""
    return sorted(_handlers)
