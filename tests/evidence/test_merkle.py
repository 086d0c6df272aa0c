"""The tree against RFC 6962: known vectors, a naive twin, and every way to bend a proof."""

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence import merkle
from evidence.merkle import ProofError
from tests.evidence.trees import (
    CONSISTENCY,
    INCLUSION,
    LEAVES,
    ROOTS,
    Log,
    Uniform,
    naive_node,
    naive_path,
    naive_root,
    naive_subproof,
    numbered,
)

SOME = numbered(600)
SOME_LOG = Log(SOME)


def hexed(hashes: Sequence[bytes]) -> list[str]:
    return [hashed.hex() for hashed in hashes]


class TestKnownVectors:
    log = Log([merkle.leaf_hash(leaf) for leaf in LEAVES])

    def test_the_empty_tree_has_the_hash_of_nothing(self) -> None:
        assert merkle.EMPTY_ROOT.hex() == (
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )
        assert merkle.root(0, self.log.read) == merkle.EMPTY_ROOT

    @pytest.mark.parametrize("size", range(1, 9))
    def test_it_computes_the_known_root(self, size: int) -> None:
        assert merkle.root(size, self.log.read) == ROOTS[size - 1]

    @pytest.mark.parametrize(("index", "size"), list(INCLUSION))
    def test_it_makes_and_accepts_the_known_inclusion_proof(self, index: int, size: int) -> None:
        proof = merkle.inclusion_proof(index, size, self.log.read)
        assert hexed(proof) == INCLUSION[index, size]
        merkle.verify_inclusion(
            merkle.leaf_hash(LEAVES[index]), index, size, proof, ROOTS[size - 1]
        )

    @pytest.mark.parametrize(("old", "new"), list(CONSISTENCY))
    def test_it_makes_and_accepts_the_known_consistency_proof(self, old: int, new: int) -> None:
        proof = merkle.consistency_proof(old, new, self.log.read)
        assert hexed(proof) == CONSISTENCY[old, new]
        merkle.verify_consistency(old, ROOTS[old - 1], new, ROOTS[new - 1], proof)


class TestAgainstTheNaiveTwin:
    def test_every_small_root_agrees(self) -> None:
        for size in range(1, 70):
            assert merkle.root(size, SOME_LOG.read) == naive_root(SOME[:size])

    def test_every_inclusion_proof_of_every_small_tree_agrees(self) -> None:
        for size in range(1, 40):
            for index in range(size):
                proof = merkle.inclusion_proof(index, size, SOME_LOG.read)
                assert proof == naive_path(index, SOME[:size])
                root = naive_root(SOME[:size])
                merkle.verify_inclusion(SOME[index], index, size, proof, root)

    def test_every_consistency_proof_of_every_small_tree_agrees(self) -> None:
        roots = [naive_root(SOME[:size]) for size in range(40)]
        for new in range(1, 40):
            for old in range(1, new + 1):
                proof = merkle.consistency_proof(old, new, SOME_LOG.read)
                assert proof == naive_subproof(old, SOME[:new], whole=True)
                merkle.verify_consistency(old, roots[old], new, roots[new], proof)

    @pytest.mark.parametrize("size", [255, 256, 257, 511, 512, 513, 599, 600])
    def test_trees_at_the_edge_of_a_tile_agree(self, size: int) -> None:
        root = naive_root(SOME[:size])
        assert merkle.root(size, SOME_LOG.read) == root
        for index in {0, 1, 127, 128, 254, 255, 256, 257, 511, 512, size - 1} & set(range(size)):
            proof = merkle.inclusion_proof(index, size, SOME_LOG.read)
            assert proof == naive_path(index, SOME[:size])

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_any_inclusion_proof_across_tiles_agrees(self, data: st.DataObject) -> None:
        size = data.draw(st.integers(1, len(SOME)))
        index = data.draw(st.integers(0, size - 1))
        proof = merkle.inclusion_proof(index, size, SOME_LOG.read)
        assert proof == naive_path(index, SOME[:size])
        merkle.verify_inclusion(SOME[index], index, size, proof, naive_root(SOME[:size]))

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_any_consistency_proof_across_tiles_agrees(self, data: st.DataObject) -> None:
        new = data.draw(st.integers(1, len(SOME)))
        old = data.draw(st.integers(1, new))
        proof = merkle.consistency_proof(old, new, SOME_LOG.read)
        assert proof == naive_subproof(old, SOME[:new], whole=True)
        old_root, new_root = naive_root(SOME[:old]), naive_root(SOME[:new])
        merkle.verify_consistency(old, old_root, new, new_root, proof)


SECOND_LEVEL = [65_535, 65_536, 65_537, 65_792, 131_072, 16_777_215, 16_777_217, 2**40 + 65_537]


class TestLargeTrees:
    """Equal leaves make every complete subtree known, so that sizes cost nothing."""

    @pytest.mark.parametrize("size", SECOND_LEVEL)
    def test_the_root_agrees_across_tile_levels(self, size: int) -> None:
        log = Uniform()
        assert merkle.root(size, log.read) == log.naive_root(size)

    @pytest.mark.parametrize("size", SECOND_LEVEL)
    def test_inclusion_holds_across_tile_levels(self, size: int) -> None:
        log = Uniform()
        for index in (0, 255, 256, 65_279, size // 2, size - 2, size - 1):
            proof = merkle.inclusion_proof(index, size, log.read)
            merkle.verify_inclusion(log.heights[0], index, size, proof, log.naive_root(size))

    @pytest.mark.parametrize(("old", "new"), list(pairwise(SECOND_LEVEL)))
    def test_consistency_holds_across_tile_levels(self, old: int, new: int) -> None:
        log = Uniform()
        proof = merkle.consistency_proof(old, new, log.read)
        merkle.verify_consistency(old, log.naive_root(old), new, log.naive_root(new), proof)

    @pytest.mark.parametrize("size", SECOND_LEVEL)
    def test_it_reads_at_most_two_tiles_a_level_each_once(self, size: int) -> None:
        levels = (size.bit_length() + 7) // 8
        log = Uniform()
        for ask in (
            lambda: merkle.root(size, log.read),
            lambda: merkle.inclusion_proof(size // 3, size, log.read),
            lambda: merkle.consistency_proof(size // 3, size, log.read),
        ):
            log.reads.clear()
            ask()
            assert len(log.reads) == len(set(log.reads)) <= 2 * levels
            assert sum(count for _, _, count in log.reads) <= 512 * levels

    def test_it_never_reads_a_node_that_is_not_complete(self) -> None:
        size = 2**40 + 65_537
        log = Uniform()
        merkle.inclusion_proof(size - 1, size, log.read)
        merkle.consistency_proof(size - 300, size, log.read)
        assert all(start + count <= size >> (8 * level) for level, start, count in log.reads)


class TestCompletedNodes:
    def test_appending_one_by_one_stores_what_one_batch_stores(self) -> None:
        single = Log()
        for leaf in SOME:
            single.append([leaf])
        assert single.nodes == SOME_LOG.nodes
        assert [len(level) for level in single.nodes] == [600, 2]

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.integers(0, 300), max_size=6))
    def test_batches_of_any_size_store_the_same_nodes(self, sizes: list[int]) -> None:
        leaves = numbered(sum(sizes))
        log = Log()
        start = 0
        for size in sizes:
            log.append(leaves[start : start + size])
            start += size
        assert log.nodes == Log(leaves).nodes
        if leaves:
            assert merkle.root(len(leaves), log.read) == naive_root(leaves)

    def test_each_stored_node_is_the_root_of_its_leaves(self) -> None:
        assert SOME_LOG.nodes[1] == [naive_root(SOME[:256]), naive_root(SOME[256:512])]

    def test_a_second_level_completes_with_the_leaf_that_fills_it(self) -> None:
        log = Uniform()
        assert merkle.completed(65_535, [log.heights[0]], log.read) == [
            (1, 255, log.heights[8]),
            (2, 0, log.heights[16]),
        ]

    def test_it_reads_only_when_a_tile_completes(self) -> None:
        log = Uniform()
        leaf = log.heights[0]
        assert merkle.completed(254, [leaf], log.read) == []
        assert log.reads == []
        merkle.completed(255, [leaf], log.read)
        assert log.reads == [(0, 0, 255)]

    def test_a_large_batch_reads_one_tile_a_level(self) -> None:
        log = Uniform()
        done = merkle.completed(65_000, [log.heights[0]] * 5_000, log.read)
        assert len(done) == 21
        assert (2, 0, log.heights[16]) in done
        assert log.reads == [(0, 64_768, 232), (1, 0, 253)]


class TestRefusals:
    size = 600
    root = merkle.root(600, SOME_LOG.read)

    @pytest.mark.parametrize("index", [0, 255, 256, 599])
    def test_it_refuses_an_inclusion_proof_with_any_hash_changed(self, index: int) -> None:
        proof = merkle.inclusion_proof(index, self.size, SOME_LOG.read)
        for at in range(len(proof)):
            bent = [*proof]
            bent[at] = bytes([bent[at][0] ^ 1]) + bent[at][1:]
            with pytest.raises(ProofError):
                merkle.verify_inclusion(SOME[index], index, self.size, bent, self.root)

    @pytest.mark.parametrize(("old", "new"), [(256, 600), (255, 257), (300, 513), (599, 600)])
    def test_it_refuses_a_consistency_proof_with_any_hash_changed(self, old: int, new: int) -> None:
        proof = merkle.consistency_proof(old, new, SOME_LOG.read)
        old_root, new_root = naive_root(SOME[:old]), naive_root(SOME[:new])
        for at in range(len(proof)):
            bent = [*proof]
            bent[at] = bytes([bent[at][0] ^ 1]) + bent[at][1:]
            with pytest.raises(ProofError, match="not what they were"):
                merkle.verify_consistency(old, old_root, new, new_root, bent)

    def test_it_refuses_a_proof_with_extra_missing_or_swapped_hashes(self) -> None:
        proof = merkle.inclusion_proof(7, self.size, SOME_LOG.read)
        swapped = [proof[1], proof[0], *proof[2:]]
        for bent in ([], proof[:-1], proof[1:], [*proof, proof[-1]], swapped):
            with pytest.raises(ProofError):
                merkle.verify_inclusion(SOME[7], 7, self.size, bent, self.root)

    def test_it_refuses_consistency_with_extra_or_missing_hashes(self) -> None:
        proof = merkle.consistency_proof(300, self.size, SOME_LOG.read)
        old_root = naive_root(SOME[:300])
        for bent in ([], proof[:-1], proof[1:], [*proof, proof[-1]]):
            with pytest.raises(ProofError):
                merkle.verify_consistency(300, old_root, self.size, self.root, bent)

    def test_it_refuses_a_leaf_at_another_index(self) -> None:
        proof = merkle.inclusion_proof(7, self.size, SOME_LOG.read)
        for index in (5, 6, 8, 263):
            with pytest.raises(ProofError):
                merkle.verify_inclusion(SOME[7], index, self.size, proof, self.root)

    @pytest.mark.parametrize("index", [-1, 600, 601, 2**40])
    def test_it_refuses_an_index_outside_the_log(self, index: int) -> None:
        with pytest.raises(ProofError, match="cannot be in a log of 600 entries"):
            merkle.verify_inclusion(SOME[0], index, self.size, [], self.root)

    def test_it_refuses_any_leaf_of_an_empty_log(self) -> None:
        with pytest.raises(ProofError):
            merkle.verify_inclusion(SOME[0], 0, 0, [], merkle.EMPTY_ROOT)

    def test_it_refuses_hashes_of_another_length(self) -> None:
        proof = merkle.inclusion_proof(7, self.size, SOME_LOG.read)
        for bent in (
            [proof[0] + b"\0", *proof[1:]],
            [proof[0][:-1], *proof[1:]],
            [b"", *proof[1:]],
        ):
            with pytest.raises(ProofError, match="32 bytes"):
                merkle.verify_inclusion(SOME[7], 7, self.size, bent, self.root)
        with pytest.raises(ProofError, match="32 bytes"):
            merkle.verify_consistency(1, b"short", 2, ROOTS[1], [SOME[0]])

    def test_bytes_moved_between_two_hashes_do_not_pass(self) -> None:
        left, right = SOME[0], SOME[1]
        root = naive_node(left, right)
        with pytest.raises(ProofError):
            merkle.verify_inclusion(left + right[:1], 0, 2, [right[1:]], root)

    def test_a_node_cannot_pass_for_a_leaf(self) -> None:
        forged = merkle.leaf_hash(merkle.leaf_hash(LEAVES[0]) + merkle.leaf_hash(LEAVES[1]))
        assert forged != ROOTS[1]
        assert merkle.leaf_hash(b"") != hashlib.sha256(b"").digest()
        with pytest.raises(ProofError):
            merkle.verify_inclusion(forged, 0, 1, [], ROOTS[1])

    def test_it_refuses_a_log_that_shrank(self) -> None:
        with pytest.raises(ProofError, match="cannot continue"):
            merkle.verify_consistency(3, ROOTS[2], 2, ROOTS[1], [])

    def test_it_refuses_two_roots_of_one_size(self) -> None:
        with pytest.raises(ProofError, match="Two different roots"):
            merkle.verify_consistency(3, ROOTS[2], 3, ROOTS[3], [])

    def test_everything_continues_the_empty_log_and_nothing_else_is_its_root(self) -> None:
        merkle.verify_consistency(0, merkle.EMPTY_ROOT, 3, ROOTS[2], [])
        with pytest.raises(ProofError):
            merkle.verify_consistency(0, ROOTS[0], 3, ROOTS[2], [])
        with pytest.raises(ProofError):
            merkle.verify_consistency(0, merkle.EMPTY_ROOT, 3, ROOTS[2], [SOME[0]])

    def test_a_rewritten_history_is_not_consistent(self) -> None:
        rewritten = Log([SOME[1], *SOME[1:]])
        proof = merkle.consistency_proof(300, self.size, rewritten.read)
        new_root = merkle.root(self.size, rewritten.read)
        with pytest.raises(ProofError):
            merkle.verify_consistency(300, naive_root(SOME[:300]), self.size, new_root, proof)


class TestImpossibleQuestions:
    @pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0)])
    def test_it_makes_no_inclusion_proof_outside_the_log(self, index: int, size: int) -> None:
        with pytest.raises(ValueError, match="is not among"):
            merkle.inclusion_proof(index, size, SOME_LOG.read)

    @pytest.mark.parametrize(("old", "new"), [(-1, 5), (6, 5)])
    def test_it_makes_no_consistency_proof_backwards(self, old: int, new: int) -> None:
        with pytest.raises(ValueError, match="cannot begin"):
            merkle.consistency_proof(old, new, SOME_LOG.read)

    def test_it_makes_an_empty_consistency_proof_where_nothing_changed(self) -> None:
        assert merkle.consistency_proof(0, 5, SOME_LOG.read) == []
        assert merkle.consistency_proof(5, 5, SOME_LOG.read) == []

    def test_it_refuses_to_build_on_a_log_with_a_hole(self) -> None:
        with pytest.raises(ValueError, match="not all stored"):
            merkle.root(601, SOME_LOG.read)
        with pytest.raises(ValueError, match="not all stored"):
            merkle.completed(1_023, [SOME[0]], SOME_LOG.read)
