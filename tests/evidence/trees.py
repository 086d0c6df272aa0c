"""Logs and trees to test ours with: known vectors, logs in memory, and a naive twin of RFC 6962."""

import hashlib
from collections.abc import Sequence

from evidence import merkle

# The eight leaves, roots and proofs that the reference implementation of certificate transparency
# tests itself with.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    bytes.fromhex(root)
    for root in (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
INCLUSION = {  # (index, size): proof
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {  # (old size, new size): proof
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 7): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}


class Log:
    """A log in memory that stores what storage stores, and counts what is read from it."""

    def __init__(self, leaf_hashes: Sequence[bytes] = ()) -> None:
        self.nodes: list[list[bytes]] = [[]]
        self.reads: list[tuple[int, int, int]] = []
        self.append(leaf_hashes)

    def append(self, leaf_hashes: Sequence[bytes]) -> list[tuple[int, int, bytes]]:
        done = merkle.completed(len(self.nodes[0]), leaf_hashes, self.read)
        self.nodes[0].extend(leaf_hashes)
        for level, index, node in done:
            if level == len(self.nodes):
                self.nodes.append([])
            assert index == len(self.nodes[level]), "nodes complete in order, without a gap"
            self.nodes[level].append(node)
        return done

    def read(self, level: int, start: int, count: int) -> Sequence[bytes]:
        self.reads.append((level, start, count))
        return self.nodes[level][start : start + count]

    @property
    def leaves(self) -> list[bytes]:
        return self.nodes[0]


class Uniform:
    """A log of as many equal leaves as one likes: every node of a level is the same hash."""

    def __init__(self) -> None:
        self.heights = [merkle.leaf_hash(b"equal")]
        while len(self.heights) <= 48:
            self.heights.append(naive_node(self.heights[-1], self.heights[-1]))
        self.reads: list[tuple[int, int, int]] = []

    def read(self, level: int, start: int, count: int) -> Sequence[bytes]:
        self.reads.append((level, start, count))
        return [self.heights[8 * level]] * count

    def naive_root(self, size: int) -> bytes:
        height = size.bit_length() - 1
        rest = size - (1 << height)
        if not rest:
            return self.heights[height]
        return naive_node(self.heights[height], self.naive_root(rest))


def naive_node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(bytes([1]) + left + right).digest()


def split(count: int) -> int:
    k = 1
    while 2 * k < count:
        k *= 2
    return k


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word, over leaf hashes."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return naive_node(naive_root(leaves[:k]), naive_root(leaves[k:]))


def naive_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*naive_path(index, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(index - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(old: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return [*naive_subproof(old, leaves[:k], whole=whole), naive_root(leaves[k:])]
    return [*naive_subproof(old - k, leaves[k:], whole=False), naive_root(leaves[:k])]


def numbered(count: int) -> list[bytes]:
    return [merkle.leaf_hash(b"%d" % number) for number in range(count)]
