"""Inclusion proofs of many leaves at one size of the log; every hash is computed once.

`evidence.merkle` proves one leaf, and reads and folds up to 256 neighbours for it. A pack proves
ten thousands: here each tile of 256 is folded once into all its inner nodes, and the hashes are
read in blocks. Ask for leaves in ascending order, so that few tiles are held at a time.
"""

from collections.abc import Sequence
from functools import lru_cache

from evidence.merkle import TILE_HEIGHT, TILE_WIDTH, Read, node_hash

_BLOCK = 16 * TILE_WIDTH
_BLOCKS_HELD = 4
_TILES_HELD = 64


class ProofTree:
    """The tree of the first `size` leaves, read through `read` (see `evidence.merkle.Read`)."""

    def __init__(self, size: int, read: Read) -> None:
        self._size = size
        self._read = read
        self._edges: dict[tuple[int, int], bytes] = {}
        self._tile = lru_cache(maxsize=_TILES_HELD)(self._folded_tile)
        self._block = lru_cache(maxsize=_BLOCKS_HELD)(self._read_block)

    def path(self, index: int) -> list[bytes]:
        """Return the siblings of a leaf, leaf first, as RFC 6962 section 2.1.1 orders them."""
        if not 0 <= index < self._size:
            raise ValueError(f"leaf {index} is not among the first {self._size} leaves")
        siblings = []
        low, high = 0, self._size
        while high - low > 1:
            middle = low + (1 << ((high - low - 1).bit_length() - 1))
            if index < middle:
                siblings.append(self._over(middle, high))
                high = middle
            else:
                siblings.append(self._over(low, middle))
                low = middle
        return siblings[::-1]

    def _over(self, start: int, end: int) -> bytes:
        """Return the hash over the leaves [start, end)."""
        count = end - start
        if count & (count - 1) == 0:
            return self._complete(count.bit_length() - 1, start)
        # Only the right edge of the tree is not complete: few ranges, each asked for again.
        if (start, end) not in self._edges:
            middle = start + (1 << ((count - 1).bit_length() - 1))
            self._edges[start, end] = node_hash(self._over(start, middle), self._over(middle, end))
        return self._edges[start, end]

    def _complete(self, height: int, start: int) -> bytes:
        level, above = divmod(height, TILE_HEIGHT)
        number, place = divmod(start >> (TILE_HEIGHT * level), TILE_WIDTH)
        return self._tile(level, number)[above][place >> above]

    def _folded_tile(self, level: int, number: int) -> list[list[bytes]]:
        """Return the nodes of a tile by height: the stored ones, their pairs, and so on."""
        begin = number * TILE_WIDTH % _BLOCK
        stored = self._block(level, number * TILE_WIDTH // _BLOCK)[begin : begin + TILE_WIDTH]
        rows = [list(stored)]
        while len(rows[-1]) > 1:
            row = rows[-1]
            rows.append(
                [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - len(row) % 2, 2)]
            )
        return rows

    def _read_block(self, level: int, number: int) -> Sequence[bytes]:
        start = number * _BLOCK
        stored = self._size >> (TILE_HEIGHT * level)
        return self._read(level, start, min(_BLOCK, stored - start))
