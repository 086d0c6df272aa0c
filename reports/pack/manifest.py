"""The manifest of a pack: what every file is, which leaf binds it, what it covers, what is missing.

It is RFC 8785 canonical JSON, written item by item so that ten thousand of them need no more memory
than one: an object's members in the order of their names, each in its canonical form.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from audits.selection import Finding, Request, Selection
from evidence import keys, ledger
from reports.pack import engagement, tokens
from reports.pack.contents import Packed, proof_path
from reports.pack.frozen import Frozen

FORMAT = "countersign-pack/v1"
NAME = "manifest.json"


class _Target(Protocol):
    def write(self, piece: bytes, /) -> int: ...


def write(frozen: Frozen, items: Iterable[Packed], target: _Target) -> None:
    """Write the manifest of a pack."""
    pack, selection, stamps = frozen.pack, frozen.selection, frozen.stamps
    before: dict[str, Any] = {
        "as_of": selection.as_of,
        "bound_to": bound_to(selection),
        "engagement": engagement.described(selection),
        "findings": [_thread(one) for one in selection.findings],
        "format": FORMAT,
    }
    after: dict[str, Any] = {
        "log": {
            "origin": keys.log_origin(),
            "size": pack.checkpoint.size,
            "root": bytes(pack.checkpoint.root).hex(),
        },
        "organisation": selection.organisation,
        "pack": pack.ref,
        "requests": [_thread(one) for one in selection.requests],
        "samples": [one.listed() for one in frozen.records],
        "seal": _leaf(pack.ledger_entry_id),
        "sealed_at": ledger.stamp(pack.sealed_at),
        "shortfall": _shortfall(selection),
        "tokens": tokens.listed(stamps),
        "tokens_missing": [
            {"authority": authority, "reason": reason} for authority, reason in stamps.missing
        ],
    }
    target.write(ledger.canonical(before)[:-1] + b',"items":[')
    separator = b""
    for packed in items:
        target.write(separator + _item(packed))
        separator = b","
    target.write(b"]," + ledger.canonical(after)[1:])


def bound_to(selection: Selection) -> dict[str, str | None]:
    """Return for whom the pack is sealed, as manifest and statement say it."""
    bound = selection.bound_to
    return {"nonce": bound.nonce or None, "request": bound.request or None}


def _leaf(index: int) -> dict[str, Any]:
    return {"index": index, "path": f"leaves/{index}.json", "proof": proof_path(index)}


def _shortfall(selection: Selection) -> list[dict[str, str]]:
    return [
        {
            "expectation": selection.expected(lack).slug,
            "control": selection.expected(lack).control,
            "from": lack.start,
            "to": lack.end,
            "state": lack.state,
            "reason": lack.reason,
        }
        for lack in selection.shortfall
    ]


def _thread(one: Finding | Request) -> dict[str, Any]:
    """Name a finding or a request with the leaves of its whole history."""
    return {"ref": one.ref, "state": one.state, "leaves": [_leaf(index) for index in one.leaves]}


def _item(packed: Packed) -> bytes:
    """Return an item's canonical JSON around the bytes of its metadata, which are canonical."""
    before: dict[str, Any] = {
        "controls": list(packed.controls),
        "criteria": list(packed.criteria),
        "expectations": list(packed.slugs),
        "leaves": [
            {"index": leaf.index, "kind": leaf.kind, "path": leaf.path, "proof": leaf.proof_path}
            for leaf in packed.leaves
        ],
    }
    after: dict[str, Any] = {
        "path": packed.path,
        "ref": packed.item.ref,
        "sha256": packed.evidence.blob_id,
        "size": packed.evidence.blob.size,
        "status": packed.item.status.value,
        "table": packed.table_path,
    }
    metadata = b',"metadata":' + packed.canonical_metadata + b","
    return ledger.canonical(before)[:-1] + metadata + ledger.canonical(after)[1:]
