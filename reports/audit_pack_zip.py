"""The audit pack: one ZIP that an auditor can verify offline without trusting us (format v1).

All small members are made and digested first, because the list of digests comes near the start;
then the ZIP is streamed, and each stored item is read once. Memory stays flat: the manifest is
written item by item, leaves and proofs wait in a scratch file.
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from audits import pack_stamps, packs
from audits.models import Pack
from audits.selection import Selection
from evidence import ledger, signed_note, signing
from reports.base import Progress, Report
from reports.pack import (
    archive,
    contents,
    engagement,
    findings,
    index_csv,
    manifest,
    readme,
    requests,
    samples,
    shortfall,
    statement,
    tokens,
)
from reports.pack.contents import Packed
from reports.pack.cover import Cover, Manifest, Paper
from reports.pack.extras import Extras
from reports.pack.frozen import Frozen
from reports.pack.index import NAME as INDEX
from reports.pack.index import Index
from reports.pack.proofs import ProofTree
from reports.pack.samples import Recorded
from reports.pack.spool import Sink, Spool

CHECKPOINT = "checkpoint.txt"
SUMS = "SHA256SUMS"
VERIFIER = Path(__file__).parent / "verifier" / "verify.py"

_TELL_EVERY = 200


def write(pack: Pack, file: BinaryIO, *, progress: Progress | None = None) -> None:
    """Write the ZIP of a frozen pack; the same pack gives the same bytes each time.

    Raises PackDamagedError, ContradictionError and the errors of the store where what was frozen
    is no longer there as it was; then what was written so far is not a pack.
    """
    selection = packs.selection_of(pack)
    signing.keep_before_giving(pack.checkpoint)
    with Spool() as spool, Cover() as cover:
        records = samples.recorded(selection)
        frozen = Frozen(pack, selection, pack_stamps.settled(pack), records)
        with Extras(frozen) as further:
            described = _lay_items(spool, frozen, cover, further, progress)
            engagement.lay(spool, selection)
            findings.lay(spool, selection)
            requests.lay(spool, selection)
            _lay_samples(spool, frozen.records)
            _lay_own_leaf(spool, pack)
            _lay_proofs(spool, pack, selection)
            further.lay(spool)
        _lay_papers(spool, frozen, cover.finish())
        _lay_seal(spool, frozen, manifest_sha256=described)
        archive.write(spool, file, progress=progress)


REPORT = Report(title="Audit pack", media_type="application/zip", suffix=".zip", write=write)


def _lay_items(
    spool: Spool, frozen: Frozen, cover: Cover, further: Extras, progress: Progress | None
) -> str:
    """Describe every item in the manifest and in the index, and lay down its leaves.

    The cover begins as soon as the manifest is whole. Returns the manifest's SHA-256 in hex.
    """
    pack, selection = frozen.pack, frozen.selection

    def noted(index: Index, rows: Sink) -> Iterator[Packed]:
        for number, packed in enumerate(contents.packed(selection)):
            if progress and number % _TELL_EVERY == 0:
                progress(0, 0, f"Describing item {number + 1} of {len(selection.items)}")
            rows.write(index_csv.line(index.add(packed)))
            _lay_item(spool, packed)
            further.add(packed)
            yield packed

    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        path = Path(folder) / INDEX
        with Index(path, pack, selection, frozen.records) as index:
            with spool.adding(manifest.NAME) as described, spool.adding(index_csv.NAME) as rows:
                rows.write(index_csv.head())
                manifest.write(frozen, noted(index, rows), described)
            member = spool.named(manifest.NAME)
            laid = Manifest(member.name, member.sha256, member.size, spool.read(member))
            cover.begin(pack, selection, frozen.stamps, laid)
        with spool.adding(INDEX) as target, path.open("rb") as written:
            while chunk := written.read(archive.CHUNK):
                target.write(chunk)
    return described.sha256


def _lay_item(spool: Spool, packed: Packed) -> None:
    blob = packed.evidence.blob
    spool.refer(packed.path, digest=blob.sha256, size=blob.size)
    if packed.table_path:
        table = packed.evidence.population.table
        spool.refer(packed.table_path, digest=table.sha256, size=table.size)
    for leaf in packed.leaves:
        spool.add(leaf.path, leaf.text.encode())


def _lay_own_leaf(spool: Spool, pack: Pack) -> None:
    spool.add(contents.leaf_path(pack.ledger_entry_id), pack.ledger_entry.leaf.encode())


def _lay_samples(spool: Spool, records: Sequence[Recorded]) -> None:
    for one in records:
        spool.add(one.path, one.text.encode())
        spool.add(one.leaf.path, one.leaf.text.encode())


def _lay_proofs(spool: Spool, pack: Pack, selection: Selection) -> None:
    tree = ProofTree(pack.checkpoint.size, ledger.read)
    leaves = {index for item in selection.items for index in item.leaves}
    leaves |= {index for finding in selection.findings for index in finding.leaves}
    leaves |= {one.leaf for one in selection.samples}
    leaves |= set(engagement.leaves(selection))
    leaves |= {index for request in selection.requests for index in request.leaves}
    leaves.add(pack.ledger_entry_id)
    for index in sorted(leaves):
        proof = signed_note.proof_file(index, tree.path(index), pack.checkpoint.note)
        spool.add(contents.proof_path(index), proof.encode())


def _lay_papers(spool: Spool, frozen: Frozen, paper: Paper) -> None:
    pack, selection = frozen.pack, frozen.selection
    tokens.lay(spool, frozen.stamps)
    spool.add(paper.name, paper.content)
    spool.add(readme.NAME, readme.content(pack, selection, cover_name=paper.name))
    spool.add(shortfall.NAME, shortfall.content(selection))
    spool.add(CHECKPOINT, pack.checkpoint.note.encode())
    spool.add("verify.py", VERIFIER.read_bytes())


def _lay_seal(spool: Spool, frozen: Frozen, *, manifest_sha256: str) -> None:
    """List every digest for sha256sum, then sign the list of all files, that one included."""
    with spool.adding(SUMS) as target:
        for member in spool.members():
            target.write(f"{member.sha256}  {member.name}\n".encode())
    with spool.adding(statement.NAME) as envelope, spool.adding(statement.BUNDLE) as bundle:
        statement.write(
            frozen.pack,
            spool.members,
            envelope,
            bundle,
            manifest_sha256=manifest_sha256,
            bound_to=manifest.bound_to(frozen.selection),
        )
