"""The steps of a check of the log; each looks at a few things and says where the next one begins.

1. leaves: each leaf has its place, its hash and one form; the rows it tells about say the same.
2. nodes: each stored node of the tree is the hash of the nodes below it.
3. checkpoints: each is signed by the key of its time, states the root that the leaves give, and
   continues the one before.
4. cosignatures: each is the witness's, over the checkpoint beside which it is kept.
5. times: time-stamps hold, and no time goes back from one checkpoint to the next.
6. blobs: each stored file opens and has the digest by which it is named, or was
   disposed of.
7. wordings: each wording of a control is the one that its leaf recorded.
8. guards: the tables of proof still refuse changes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.db import DatabaseError, connection

from controls.append_only import unguarded
from evidence import (
    ledger,
    merkle,
    quarantine,
    signed_note,
    signing,
    store,
    times,
    told,
    verification_wordings,
    vouching,
)
from evidence.errors import BlobDisposedError, EvidenceError, LedgerError
from evidence.key_models import Cosignature
from evidence.log_models import LogRestart
from evidence.models import Blob, BlobKey, Checkpoint, LedgerEntry, LedgerNode
from evidence.retention_models import Disposal
from evidence.verification_step import Problem, Stage, Step

LEAVES = 500
NODES = 50
CHECKPOINTS = 50
BLOBS = 20
OWN_TABLES = (
    "evidence_blob",
    "evidence_ledgerentry",
    "evidence_ledgernode",
    "evidence_checkpoint",
    "evidence_claim",
    "evidence_population",
    "evidence_cosignature",
    "evidence_timestamp",
    "evidence_disposal",
)


def leaves(cursor: str, size: int) -> Step:
    """Look at the next leaves and at the rows that they tell about."""
    start = int(cursor or 0)
    end = min(start + LEAVES, size)
    found, problems = _entries(start, end)
    bodies: dict[int, Mapping[str, Any]] = {}
    for entry in found.values():
        said, sentence = _read(entry)
        bodies[entry.index] = said
        if sentence := sentence or vouching.wrong_with_key_event(entry, said):
            problems.append(Problem(f"leaf {entry.index}", sentence))
    problems += _rows(found, bodies)
    return Step(problems, end - start, str(end) if end < size else "")


def nodes(cursor: str, size: int) -> Step:
    """Hash the next nodes of the tree again, level by level."""
    level, start = map(int, cursor.split("/")) if cursor else (1, 0)
    whole = size >> (merkle.TILE_HEIGHT * level)
    if not whole:
        return Step([], 0)
    end, problems = min(start + NODES, whole), []
    stored = dict(
        LedgerNode.objects.filter(level=level, index__gte=start, index__lt=end).values_list(
            "index", "hash"
        )
    )
    for index in range(start, end):
        try:
            row = ledger.read(level - 1, index * merkle.TILE_WIDTH, merkle.TILE_WIDTH)
        except LedgerError as error:
            problems.append(Problem(f"node {level}/{index}", str(error)))
            continue
        if bytes(stored.get(index, b"")) != merkle.fold(row):
            sentence = "The node is not the hash of the nodes below it."
            problems.append(Problem(f"node {level}/{index}", sentence))
    return Step(problems, end - start, f"{level}/{end}" if end < whole else f"{level + 1}/0")


def checkpoints(cursor: str, size: int) -> Step:
    """Verify the next checkpoints, each against the leaves and against the one before."""
    after = int(cursor or -1)
    rows = list(
        Checkpoint.objects.filter(size__gt=after, size__lte=size).order_by("size")[:CHECKPOINTS]
    )
    former = signing.since_restart().filter(size__lte=after).order_by("-size").first()
    restart = LogRestart.objects.first()
    problems = []
    for row in rows:
        # What was signed before a recorded restart need not fit: that is what the restart says.
        if not restart or row.signed_at > restart.decided_at:
            sentences = [_checkpoint(row, former), *_clocks(row)]
            problems += [Problem(f"checkpoint {row.size}", one) for one in sentences if one]
            former = row
    return Step(problems, len(rows), str(rows[-1].size) if len(rows) == CHECKPOINTS else "")


def blobs(cursor: str, _size: int) -> Step:
    """Open the next stored files and compare their digests."""
    rows = list(Blob.objects.filter(sha256__gt=cursor).order_by("sha256")[:BLOBS])
    problems = []
    # What was disposed of by a decision has no content to compare; its leaf tells of the decision.
    shredded = quarantine.shredded(blob.sha256 for blob in rows)
    gone = set(Disposal.objects.filter(blob__in=rows).values_list("blob_id", flat=True))
    for blob in rows:
        if blob.sha256 in shredded:
            continue
        try:
            size = sum(len(chunk) for chunk in store.stream(blob.sha256))
        except BlobDisposedError as error:
            if blob.sha256 not in gone:
                problems.append(Problem(f"blob {blob.sha256}", str(error)))
        except (EvidenceError, OSError) as error:
            problems.append(Problem(f"blob {blob.sha256}", str(error)))
        else:
            if size != blob.size:
                problems.append(Problem(f"blob {blob.sha256}", "The file has another size."))
    return Step(problems, len(rows), rows[-1].sha256 if len(rows) == BLOBS else "")


def wordings(cursor: str, size: int) -> Step:
    """Compare the next wordings of controls with the leaves that recorded them."""
    differing, looked, following = verification_wordings.look(cursor, size)
    return Step([Problem(*one) for one in differing], looked, following)


def guards(_cursor: str, _size: int) -> Step:
    """See whether the database still refuses changes of the tables of proof."""
    tables = [*OWN_TABLES, *(one.table for one in told.guarded())]
    sentence = "The database no longer refuses changes of this table: a trigger is gone."
    return Step([Problem(table, sentence) for table in unguarded(connection, tables)], len(tables))


STAGES: dict[str, Stage] = {
    "leaves": leaves,
    "nodes": nodes,
    "checkpoints": checkpoints,
    "cosignatures": vouching.cosignatures,
    "times": vouching.times,
    "blobs": blobs,
    "wordings": wordings,
    "guards": guards,
}


def things(size: int) -> int:
    """Return how many things a check of so many leaves looks at, for a bar of progress."""
    inner = sum(size >> (merkle.TILE_HEIGHT * level) for level in range(1, 8))
    # Checkpoints are looked at twice: as what they state, and as what they say of the time.
    signed = 2 * Checkpoint.objects.filter(size__lte=size).count() + Cosignature.objects.count()
    guarded = len(told.guarded()) + len(OWN_TABLES)
    told_of = verification_wordings.count(size)
    return size + inner + signed + BlobKey.objects.count() + told_of + guarded


def _entries(start: int, end: int) -> tuple[dict[int, LedgerEntry], list[Problem]]:
    """Load leaves; where one row cannot be loaded, the others are loaded one by one."""
    try:
        rows = LedgerEntry.objects.filter(index__gte=start, index__lt=end).order_by("index")
        found = {row.index: row for row in rows}
    except Exception:  # noqa: BLE001  A damaged row must not silence the check of all others.
        found, problems = {}, []
        for index in range(start, end):
            try:
                found.update(LedgerEntry.objects.in_bulk([index]))
            except Exception as error:  # noqa: BLE001  What a damaged row raises, nobody knows.
                sentence = f"The row of the leaf cannot be read ({type(error).__name__})."
                problems.append(Problem(f"leaf {index}", sentence))
    else:
        problems = []
    unreadable = {one.subject for one in problems}
    problems += [
        Problem(f"leaf {index}", "The leaf is gone.")
        for index in range(start, end)
        if index not in found and f"leaf {index}" not in unreadable
    ]
    return found, problems


def _read(entry: LedgerEntry) -> tuple[Mapping[str, Any], str]:
    """Return the body of a leaf, and what is wrong with its row."""
    try:
        if bytes(entry.leaf_hash) != merkle.leaf_hash(entry.leaf.encode()):
            return {}, "The text of the leaf does not have the hash that stands in the tree."
        said = json.loads(entry.leaf)
        is_canonical = ledger.canonical(said).decode() == entry.leaf
    except Exception:  # noqa: BLE001  Deep nesting, half a character: all of it is no leaf of ours.
        return {}, "The leaf is no JSON."
    body = said.get("body") if isinstance(said, dict) else None
    if not isinstance(body, dict):
        return {}, "The leaf is no object with a body."
    columns = {
        "kind": entry.kind,
        "subject": entry.subject,
        "actor": entry.actor,
        "recorded_at": ledger.stamp(entry.recorded_at),
    }
    wrong = [name for name, value in columns.items() if said.get(name) != value]
    if wrong:
        return body, f"The row of the leaf says another {', '.join(wrong)}."
    return body, "" if is_canonical else "The leaf is not in its one form."


def _rows(
    found: Mapping[int, LedgerEntry], bodies: Mapping[int, Mapping[str, Any]]
) -> list[Problem]:
    problems = []
    for one in told.all_told():
        try:
            problems += list(_of_table(one, found, bodies))
        except Exception:  # noqa: BLE001  One row that cannot be loaded stops those after it.
            for entry in found.values():
                problems += _of_leaf(one, entry, bodies)
    return problems


def _of_table(
    one: told.Told, found: Mapping[int, LedgerEntry], bodies: Mapping[int, Mapping[str, Any]]
) -> Iterator[Problem]:
    """Compare the rows of one table; those of one leaf are held at a time."""
    with_rows = set()
    for index, rows in groupby(one.rows(found), key=lambda row: int(row.ledger_entry_id)):
        with_rows.add(index)
        yield from _compared(one, found[index], bodies[index], list(rows))
    for index, entry in found.items():
        if index not in with_rows:
            yield from _compared(one, entry, bodies[index], [])


def _of_leaf(
    one: told.Told, entry: LedgerEntry, bodies: Mapping[int, Mapping[str, Any]]
) -> list[Problem]:
    try:
        return list(_of_table(one, {entry.index: entry}, bodies))
    except Exception as error:  # noqa: BLE001  What a damaged row raises, nobody knows.
        return [_unreadable(one, entry, error)]


def _compared(
    one: told.Told, entry: LedgerEntry, body: Mapping[str, Any], rows: Sequence[Any]
) -> Iterator[Problem]:
    """Compare the rows of one leaf; a value that breaks the comparison is a problem as well."""
    try:
        for sentence in _differences(one, entry, body, rows):
            yield Problem(f"leaf {entry.index} ({entry.subject})", sentence)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  Whoever damages a row must not silence the check.
        yield _unreadable(one, entry, error)


def _unreadable(one: told.Told, entry: LedgerEntry, error: Exception) -> Problem:
    name = type(error).__name__
    sentence = f"The row of {one.name} cannot be read as its leaf tells it ({name})."
    return Problem(f"leaf {entry.index} ({entry.subject})", sentence)


def _differences(
    one: told.Told, entry: LedgerEntry, body: Mapping[str, Any], rows: Sequence[Any]
) -> Iterator[str]:
    if not rows:
        if one.is_about(entry.kind) and body and one.has_row(body):
            yield f"The leaf tells about a row of {one.name}, which is gone."
        return
    if not one.is_about(entry.kind):
        yield f"A row of {one.name} names this leaf, which is about something else."
        return
    if one.subject and one.subject(rows) != entry.subject:
        yield f"The row of {one.name} is about something else than its leaf."
    facts = one.facts(rows, body)
    wrong = sorted(key for key, value in facts.items() if body.get(key) != value)
    if wrong:
        yield f"The row of {one.name} no longer says what its leaf says: {', '.join(wrong)}."


def _clocks(row: Checkpoint) -> Iterator[str]:
    """Compare our clock with that of each authority that stated when a checkpoint existed."""
    for token in row.time_stamps.order_by("pk"):
        apart = abs(token.stated_at - token.received_at)
        if apart > times.CLOCK_SKEW:
            yield (
                f"{token.authority} states {ledger.stamp(token.stated_at)}, when the clock of this"
                f" machine said {ledger.stamp(token.received_at)}. One of them is wrong."
            )


def _checkpoint(row: Checkpoint, former: Checkpoint | None) -> str:
    root = bytes(row.root)
    try:
        stated = signed_note.Checkpoint.from_text(signing.opened(row.note, row.size))
        if (stated.size, stated.root) != (row.size, root):
            return "The row says another size or root than the signed note."
        if ledger.root(row.size) != root:
            return "The leaves do not give the root that was signed."
        if former:
            path = ledger.consistency_proof(former.size, row.size)
            merkle.verify_consistency(former.size, bytes(former.root), row.size, root, path)
    except (signed_note.NoteError, merkle.ProofError, EvidenceError, ValueError) as error:
        return str(error)
    return ""
