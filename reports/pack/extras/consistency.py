"""consistency.json: the proof that the log continues that of the last pack of this auditor."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from audits.models import Pack
from audits.selection import Continued
from evidence import ledger
from evidence.models import Checkpoint
from reports.pack.extras import File
from reports.pack.frozen import Frozen

NAME = "consistency.json"
FORMAT = "countersign-consistency/v1"


def files(frozen: Frozen) -> Iterator[File]:
    """Yield the proof, or the reason why there is none."""
    yield NAME, ledger.canonical(_said(frozen.pack, frozen.selection.continued))


def _said(pack: Pack, former: Continued) -> dict[str, Any]:
    said: dict[str, Any] = {"format": FORMAT, "to": _of(pack.checkpoint), "reason": former.reason}
    if former.reason:
        return said | {"from": None, "pack": None, "checkpoint": None, "proof": []}
    older = Checkpoint.objects.get(size=former.size)
    hashes = ledger.consistency_proof(older.size, pack.checkpoint.size)
    return said | {
        "from": _of(older),
        "pack": former.pack,
        "checkpoint": older.note,
        "proof": [b64encode(hashed).decode() for hashed in hashes],
    }


def _of(signed: Checkpoint) -> dict[str, Any]:
    return {"size": signed.size, "root": bytes(signed.root).hex()}
