"""The events of the log's key, in a file beside it: the folder of keys is trusted, no database.

The file holds each event with its place in the log, and with it every public key that the log ever
had. A restored database lacks the newest ones; then they are known here, and are told again.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evidence import key_events, key_files
from evidence.errors import SealError
from evidence.key_events import KeyEvent, KeyEventError, Ring

NAME = "log_keys.json"


@dataclass(frozen=True)
class Recorded:
    """An event and the entry of the log that tells it."""

    index: int
    event: KeyEvent


def path() -> Path:
    return key_files.folder() / NAME


def read() -> tuple[Recorded, ...]:
    """Return all events, in the order of the log; raises SealError where the file is damaged."""
    try:
        state = path().stat()
    except FileNotFoundError:
        return ()
    key_files.refuse_open(path(), state.st_mode)
    return _read(path(), state.st_mtime_ns, state.st_size)


def write(events: tuple[Recorded, ...]) -> None:
    """Replace the events, synced."""
    told = [{"index": one.index, "body": one.event.body} for one in events]
    key_files.write_over(path(), json.dumps(told, indent=1).encode())


def ring(current: str) -> Ring:
    """Return every key of this log, the last of which is the one in the folder (a verifier key).

    Raises SealError where the events do not hold or lead to another key.
    """
    return _ring(read(), current)


@lru_cache(maxsize=8)
def _ring(events: tuple[Recorded, ...], current: str) -> Ring:
    first = events[0].event.old if events else current
    try:
        found = key_events.ring(first, [(one.index, one.event) for one in events])
    except KeyEventError as error:
        raise SealError(f"keys/{NAME} is damaged: {error} Put it back from a backup.") from error
    if found.current.vkey != current:
        raise SealError(
            f"keys/{NAME} leads to another key than the one in the folder. Put both back from the"
            " same backup of the keys. If that key is lost for good, move the file away, then:"
            " manage.py resume_log"
        )
    return found


@lru_cache(maxsize=4)
def _read(found: Path, _modified: int, _size: int) -> tuple[Recorded, ...]:
    try:
        told = json.loads(found.read_bytes())
        return tuple(Recorded(int(one["index"]), KeyEvent.read(one["body"])) for one in told)
    except (ValueError, TypeError, LookupError, AttributeError, KeyEventError) as error:
        raise SealError(
            f"keys/{NAME} is damaged. Put it back from a backup of the keys."
        ) from error
