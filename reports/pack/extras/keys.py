"""keys.json: the entries by which the key of the log was exchanged or revoked, for old keys."""

from collections.abc import Iterator

from evidence import key_events, keys, ledger, rotation
from reports.pack.extras import File
from reports.pack.frozen import Frozen

NAME = "keys.json"


def files(frozen: Frozen) -> Iterator[File]:
    """Yield the file, where anything ever happened to the key.

    An exchange after the freezing is told too, because the new key seals the pack; the log of the
    pack does not reach it, so there is no proof. Sealed anew after an exchange, a pack is another.
    """
    size = frozen.pack.checkpoint.size
    told = [
        (
            entry.index,
            entry.leaf,
            ledger.inclusion_proof(entry.index, size) if entry.index < size else [],
        )
        for entry in rotation.entries()
    ]
    if told:
        yield NAME, key_events.pack_file(keys.log_origin(), told)
