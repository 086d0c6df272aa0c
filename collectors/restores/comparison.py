"""What a restore test finds out, whatever the database engine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic

from evidence import merkle
from evidence.models import LedgerEntry

LEDGER_TABLE = LedgerEntry._meta.db_table  # noqa: SLF001  # Django documents _meta as public


@dataclass(frozen=True)
class Restored:
    """A backup that was restored, beside the snapshot that it was taken from."""

    engine: str
    source_rows: Mapping[str, int]
    restored_rows: Mapping[str, int]
    restored_root: str
    backup_bytes: int
    backup_seconds: Decimal
    restore_seconds: Decimal


def ledger_root(leaves: Iterable[str]) -> str:
    """Return the RFC 6962 root (hex) of leaves in order, hashed anew from their text."""
    # A binary counter of complete subtrees: no more of them are held than the log has bits.
    subtrees: list[tuple[int, bytes]] = []
    for leaf in leaves:
        height, hashed = 0, merkle.leaf_hash(leaf.encode())
        while subtrees and subtrees[-1][0] == height:
            hashed = merkle.node_hash(subtrees.pop()[1], hashed)
            height += 1
        subtrees.append((height, hashed))
    if not subtrees:
        return merkle.EMPTY_ROOT.hex()
    _, root = subtrees.pop()
    while subtrees:
        root = merkle.node_hash(subtrees.pop()[1], root)
    return root.hex()


class Stopwatch:
    """Measures steps in seconds, to the millisecond."""

    def __init__(self) -> None:
        self._started = monotonic()

    def lap(self) -> Decimal:
        """Return the seconds since the last lap."""
        now = monotonic()
        passed, self._started = now - self._started, now
        return Decimal(f"{passed:.3f}")
