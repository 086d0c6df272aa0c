"""What the leaves of registers tell about the versions of their entries."""

from hashlib import sha256

from evidence import ledger
from evidence.told import Rows, Told, tell
from registers.models import EntryVersion


def _values(rows: Rows) -> str:
    """Return the digest of what one deed wrote, as the deed itself made it."""
    said = b",".join(ledger.canonical(row.values) for row in rows)
    return sha256(b"[" + said + b"]").hexdigest()


tell(
    Told(
        EntryVersion,
        ("register.entry", "register.import", "policy."),
        lambda rows, _: {"values_sha256": _values(rows)},
    )
)
