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

from audits import packs
from audits.models import Pack
from audits.selection import Selection
from evidence import ledger, signed_note
from reports.base import Progress, Report
from reports.pack import archive, contents, cover, manifest, readme, samples, shortfall, statement
from reports.pack.contents import Packed
from reports.pack.index import NAME as INDEX
from reports.pack.index import Index
from reports.pack.proofs import ProofTree
from reports.pack.samples import Recorded
from reports.pack.spool import Spool

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
    with Spool() as spool:
        records = samples.recorded(selection)
        _lay_items(spool, pack, selection, records, progress)
        _lay_samples(spool, records)
        _lay_proofs(spool, pack, selection)
        _lay_papers(spool, pack, selection)
        _lay_seal(spool, pack)
        archive.write(spool, file, progress=progress)


REPORT = Report(title="Audit pack", media_type="application/zip", suffix=".zip", write=write)


def _lay_items(
    spool: Spool,
    pack: Pack,
    selection: Selection,
    records: Sequence[Recorded],
    progress: Progress | None,
) -> None:
    """Describe every item in the manifest and in the index, and lay down its leaves."""

    def noted(index: Index) -> Iterator[Packed]:
        for number, packed in enumerate(contents.packed(selection)):
            if progress and number % _TELL_EVERY == 0:
                progress(0, 0, f"Describing item {number + 1} of {len(selection.items)}")
            index.add(packed)
            _lay_item(spool, packed)
            yield packed

    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        path = Path(folder) / INDEX
        with Index(path, pack, selection, records) as index, spool.adding(manifest.NAME) as target:
            manifest.write(pack, selection, noted(index), target, samples=records)
        with spool.adding(INDEX) as target, path.open("rb") as written:
            while chunk := written.read(archive.CHUNK):
                target.write(chunk)


def _lay_item(spool: Spool, packed: Packed) -> None:
    blob = packed.evidence.blob
    spool.refer(packed.path, digest=blob.sha256, size=blob.size)
    if packed.table_path:
        table = packed.evidence.population.table
        spool.refer(packed.table_path, digest=table.sha256, size=table.size)
    for leaf in packed.leaves:
        spool.add(leaf.path, leaf.text.encode())


def _lay_samples(spool: Spool, records: Sequence[Recorded]) -> None:
    for one in records:
        spool.add(one.path, one.text.encode())
        spool.add(one.leaf.path, one.leaf.text.encode())


def _lay_proofs(spool: Spool, pack: Pack, selection: Selection) -> None:
    tree = ProofTree(pack.checkpoint.size, ledger.read)
    indexes = {index for item in selection.items for index in item.leaves}
    for index in sorted(indexes | {one.leaf for one in selection.samples}):
        proof = signed_note.proof_file(index, tree.path(index), pack.checkpoint.note)
        spool.add(contents.proof_path(index), proof.encode())


def _lay_papers(spool: Spool, pack: Pack, selection: Selection) -> None:
    described = next(member for member in spool.members if member.name == manifest.NAME)
    paper = cover.write(pack, selection, manifest_sha256=described.sha256)
    spool.add(paper.name, paper.content)
    spool.add(readme.NAME, readme.content(pack, selection, cover_name=paper.name))
    spool.add(shortfall.NAME, shortfall.content(selection))
    spool.add(CHECKPOINT, pack.checkpoint.note.encode())
    spool.add("verify.py", VERIFIER.read_bytes())


def _lay_seal(spool: Spool, pack: Pack) -> None:
    """List every digest for sha256sum, then sign the list of all files, that one included."""
    listed = "".join(f"{member.sha256}  {member.name}\n" for member in sorted(spool.members))
    spool.add(SUMS, listed.encode())
    described = next(member for member in spool.members if member.name == manifest.NAME)
    envelope = statement.signed(pack, spool.members, manifest_sha256=described.sha256)
    spool.add(statement.NAME, envelope)
