"""The log as tiles (C2SP tlog-tiles): pieces of the tree that never change once they are full.

Rules, after c2sp.org/tlog-tiles:

1. A tile holds up to 256 hashes of one level; level 0 is of leaves, each level stands 8 above.
2. Its number is written in groups of three digits, all but the last with an x: x001/x234/067.
3. A tile that is not full is named with its width: 067.p/12. It is there while the log is at least
   so large; a full tile is asked for without a width.
"""

import re
from dataclasses import dataclass

from evidence import ledger, merkle

_NUMBER = re.compile(r"(?:x[0-9]{3}/){0,5}[0-9]{3}")
_NAME = re.compile(r"(?P<level>0|[1-7])/(?P<number>[0-9x/]+?)(?:\.p/(?P<width>[1-9][0-9]{0,2}))?")


class NoSuchTileError(Exception):
    """The log has no such tile, or not yet."""


@dataclass(frozen=True)
class Tile:
    """A place in the tree: level, number and how many hashes are asked for."""

    level: int
    number: int
    width: int = merkle.TILE_WIDTH

    @classmethod
    def named(cls, name: str) -> "Tile":
        """Read a name as it follows `tile/`; raises NoSuchTileError."""
        found = _NAME.fullmatch(name)
        if not found or not _NUMBER.fullmatch(found["number"]):
            raise NoSuchTileError
        groups = found["number"].replace("x", "").split("/")
        if len(groups) > 1 and groups[0] == "000":
            raise NoSuchTileError
        width = int(found["width"] or merkle.TILE_WIDTH)
        if found["width"] and width >= merkle.TILE_WIDTH:
            raise NoSuchTileError
        return cls(int(found["level"]), int("".join(groups)), width)

    @property
    def name(self) -> str:
        digits = str(self.number)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        part = "" if self.width == merkle.TILE_WIDTH else f".p/{self.width}"
        return f"{self.level}/{number}{part}"


def read(tile: Tile) -> bytes:
    """Return the hashes of a tile, one after the other; raises NoSuchTileError."""
    start = tile.number * merkle.TILE_WIDTH
    stored = ledger.size() >> (merkle.TILE_HEIGHT * tile.level)
    if start + tile.width > stored:
        raise NoSuchTileError
    return b"".join(ledger.read(tile.level, start, tile.width))
