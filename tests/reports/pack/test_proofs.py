"""Many proofs at once are the same as one by one, and are read in blocks."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence import merkle
from reports.pack.proofs import ProofTree


class Log:
    """A log in memory, with the stored nodes of its complete subtrees of 256 and 65,536 leaves."""

    def __init__(self, size: int) -> None:
        self.rows = [[sha256(str(number).encode()).digest() for number in range(size)]]
        while len(self.rows[-1]) >= merkle.TILE_WIDTH:
            row = self.rows[-1]
            whole = len(row) - len(row) % merkle.TILE_WIDTH
            self.rows.append(
                [self.folded(row[at : at + 256]) for at in range(0, whole, merkle.TILE_WIDTH)]
            )
        self.reads: list[tuple[int, int, int]] = []

    def folded(self, hashes: list[bytes]) -> bytes:
        while len(hashes) > 1:
            hashes = [
                merkle.node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)
            ]
        return hashes[0]

    def read(self, level: int, start: int, count: int) -> Sequence[bytes]:
        self.reads.append((level, start, count))
        return self.rows[level][start : start + count]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_each_proof_is_the_one_of_the_merkle_module(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 1500))
    log = Log(size)
    tree = ProofTree(size, log.read)
    for index in sorted(data.draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=12))):
        assert tree.path(index) == merkle.inclusion_proof(index, size, log.read)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 4096, 4097, 65_536, 66_000])
def test_every_proof_holds_at_the_edges_of_tiles_and_blocks(size: int) -> None:
    log = Log(size)
    tree, root = ProofTree(size, log.read), merkle.root(size, log.read)
    for index in sorted({0, 1, size // 2, size - 256, size - 2, size - 1} & set(range(size))):
        merkle.verify_inclusion(log.rows[0][index], index, size, tree.path(index), root)


def test_a_smaller_tree_of_a_log_that_grew_since_is_proved_as_it_was() -> None:
    log = Log(1000)
    tree, root = ProofTree(700, log.read), merkle.root(700, log.read)
    merkle.verify_inclusion(log.rows[0][699], 699, 700, tree.path(699), root)


def test_a_leaf_outside_the_tree_has_no_proof() -> None:
    tree = ProofTree(10, Log(20).read)
    for index in (-1, 10):
        with pytest.raises(ValueError, match="not among the first 10"):
            tree.path(index)


def test_all_leaves_are_proved_by_reading_each_block_once() -> None:
    log = Log(10_000)
    tree = ProofTree(10_000, log.read)
    for index in range(10_000):
        tree.path(index)
    assert sorted(log.reads) == [(0, 0, 4096), (0, 4096, 4096), (0, 8192, 1808), (1, 0, 39)]
