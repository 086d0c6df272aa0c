"""The append-only Merkle tree of the log: roots, proofs and their verification, after RFC 6962.

Rules:

1. A leaf hash is SHA-256(0x00 || data) and a node hash SHA-256(0x01 || left || right), so that no
   leaf can pass for a node.
2. The left side of a tree of n leaves is the largest complete tree smaller than n; the root of the
   empty tree is the SHA-256 of nothing.
3. Storage keeps the leaf hashes (tile level 0) and the roots of complete subtrees of 256 leaves
   (tile level 1), 256 * 256 leaves (tile level 2) and so on: the tiles of C2SP tlog-tiles, 1/255
   more rows than leaves. Every other hash is computed from at most 256 neighbours of one tile.
4. What is stored never changes: appending leaves only adds the nodes that they complete.
5. A proof lists sibling hashes from the leaf upwards. It has exactly one length for its positions;
   a hash too many or too few refuses it, as does any hash that is not 32 bytes long.
6. An inclusion proof shows that a leaf stands at an index below a size; a consistency proof shows
   that the first leaves of a log are still the same ones in the same order.

Sizes, indexes and counts are numbers of leaves or nodes and never negative; hashes are 32 bytes.
Asking for a proof that cannot exist is a ValueError; a proof that does not hold is a ProofError.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

HASH_SIZE = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
EMPTY_ROOT = hashlib.sha256(b"").digest()

Read = Callable[[int, int, int], Sequence[bytes]]
"""read(tile_level, start, count): stored roots of complete subtrees of 256**tile_level leaves."""


class ProofError(Exception):
    """The proof does not hold: the log entry or the log history is not what was signed."""


class _Sibling(NamedTuple):
    """The leaves [start, end) that hang beside a path through the tree."""

    start: int
    end: int
    is_left: bool


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(size: int, read: Read) -> bytes:
    """Return the root of the first `size` leaves."""
    return _Tree(size, read).over(0, size) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: Read) -> list[bytes]:
    """Return the siblings of leaf `index` in the tree of `size` leaves, leaf first."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not among the first {size} leaves")
    tree = _Tree(size, read)
    return [tree.over(sibling.start, sibling.end) for sibling in _siblings(index, index + 1, size)]


def consistency_proof(old_size: int, new_size: int, read: Read) -> list[bytes]:
    """Return the proof that the tree of `old_size` leaves begins the tree of `new_size` leaves."""
    if not 0 <= old_size <= new_size:
        raise ValueError(f"a log of {old_size} leaves cannot begin a log of {new_size} leaves")
    if old_size in (0, new_size):
        return []
    tree = _Tree(new_size, read)
    start = _start_of_last_subtree(old_size)
    proof = [tree.over(start, old_size)] if start else []
    siblings = _siblings(start, old_size, new_size)
    return proof + [tree.over(sibling.start, sibling.end) for sibling in siblings]


def completed(
    old_size: int, new_leaf_hashes: Sequence[bytes], read: Read
) -> list[tuple[int, int, bytes]]:
    """Return (tile level, index, hash) of every stored node that these new leaves complete.

    Reads at most one tile per level, and that only when the new leaves fill it.
    """
    nodes: list[tuple[int, int, bytes]] = []
    level, first, hashes = 0, old_size, new_leaf_hashes
    while first % TILE_WIDTH + len(hashes) >= TILE_WIDTH:
        waiting = first % TILE_WIDTH
        row = [*_read(read, level, first - waiting, waiting), *hashes]
        full = len(row) - len(row) % TILE_WIDTH
        hashes = [fold(row[at : at + TILE_WIDTH]) for at in range(0, full, TILE_WIDTH)]
        level, first = level + 1, first // TILE_WIDTH
        nodes += [(level, first + offset, node) for offset, node in enumerate(hashes)]
    return nodes


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Refuse with a ProofError unless the leaf stands at `index` of the tree with this root."""
    if not 0 <= index < size:
        raise ProofError(f"Leaf {index} cannot be in a log of {size} entries.")
    _require_hashes(leaf_hash, root, *proof)
    siblings = list(_siblings(index, index + 1, size))
    _require_length(proof, len(siblings))
    computed = leaf_hash
    for sibling, hashed in zip(siblings, proof, strict=True):
        computed = node_hash(hashed, computed) if sibling.is_left else node_hash(computed, hashed)
    if computed != root:
        raise ProofError(f"Leaf {index} is not the entry that the root of {size} entries binds.")


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Refuse with a ProofError unless the new tree begins with exactly the leaves of the old."""
    if not 0 <= old_size <= new_size:
        raise ProofError(f"A log of {new_size} entries cannot continue one of {old_size}.")
    _require_hashes(old_root, new_root, *proof)
    if old_size in (0, new_size):
        _require_length(proof, 0)
        if old_root != (new_root if old_size else EMPTY_ROOT):
            raise ProofError(f"Two different roots are given for a log of {old_size} entries.")
        return
    start = _start_of_last_subtree(old_size)
    siblings = list(_siblings(start, old_size, new_size))
    _require_length(proof, len(siblings) + bool(start))
    # Where the old tree is one complete subtree, its root is the seed and the proof leaves it out.
    seed, *hashes = proof if start else [old_root, *proof]
    old = new = seed
    for sibling, hashed in zip(siblings, hashes, strict=True):
        if sibling.is_left:
            old, new = node_hash(hashed, old), node_hash(hashed, new)
        else:
            new = node_hash(new, hashed)
    if (old, new) != (old_root, new_root):
        raise ProofError(f"The first {old_size} entries of the log are not what they were.")


def _siblings(start: int, end: int, size: int) -> list[_Sibling]:
    """List what hangs beside the path from the subtree over [start, end) up to the root."""
    siblings = []
    low, high = 0, size
    while (low, high) != (start, end):
        middle = low + _largest_power_below(high - low)
        if end <= middle:
            siblings.append(_Sibling(middle, high, is_left=False))
            high = middle
        else:
            siblings.append(_Sibling(low, middle, is_left=True))
            low = middle
    return siblings[::-1]


def _start_of_last_subtree(size: int) -> int:
    """Return where the last, smallest complete subtree of a tree of `size` leaves starts."""
    return size & (size - 1)


def _largest_power_below(count: int) -> int:
    """Return the largest power of two that is smaller than `count`, for a count of 2 or more."""
    return 1 << ((count - 1).bit_length() - 1)


def _complete_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut [start, end) into complete subtrees, the largest first, as (height, index)."""
    while start < end:
        height = (end - start).bit_length() - 1
        yield height, start >> height
        start += 1 << height


class _Tree:
    """Hashes over ranges of the first `size` leaves; reads each stored tile at most once."""

    def __init__(self, size: int, read: Read) -> None:
        self._size = size
        self._read = read
        self._tiles: dict[tuple[int, int], Sequence[bytes]] = {}

    def over(self, start: int, end: int) -> bytes:
        """Return the hash of the subtree over the leaves [start, end)."""
        *larger, smallest = [self._complete(*at) for at in _complete_subtrees(start, end)]
        hashed = smallest
        for left in reversed(larger):
            hashed = node_hash(left, hashed)
        return hashed

    def _complete(self, height: int, index: int) -> bytes:
        level, above = divmod(height, TILE_HEIGHT)
        number, offset = divmod(index << above, TILE_WIDTH)
        return fold(self._tile(level, number)[offset : offset + (1 << above)])

    def _tile(self, level: int, number: int) -> Sequence[bytes]:
        if (level, number) not in self._tiles:
            start = number * TILE_WIDTH
            stored = self._size >> (TILE_HEIGHT * level)
            width = min(TILE_WIDTH, stored - start)
            self._tiles[level, number] = _read(self._read, level, start, width)
        return self._tiles[level, number]


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a power of two of neighbouring nodes."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def _read(read: Read, level: int, start: int, count: int) -> Sequence[bytes]:
    """Read stored nodes, and refuse to build on a log with a hole in it."""
    hashes = read(level, start, count) if count else []
    if len(hashes) != count:
        raise ValueError(f"{count} nodes from {start} on tile level {level} are not all stored")
    return hashes


def _require_hashes(*hashes: bytes) -> None:
    if any(len(hashed) != HASH_SIZE for hashed in hashes):
        raise ProofError("A hash of the proof is not 32 bytes long.")


def _require_length(proof: Sequence[bytes], length: int) -> None:
    if len(proof) != length:
        raise ProofError(f"The proof has {len(proof)} hashes where it must have {length}.")
