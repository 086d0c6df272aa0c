"""Tiles: their names, and that the tree can be built from them alone."""

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from evidence import ledger, merkle, tiles
from evidence.tiles import NoSuchTileError, Tile
from tests.evidence.test_signing import grow


@pytest.mark.parametrize(
    ("name", "tile"),
    [
        ("0/000", Tile(0, 0)),
        ("0/x001/x234/067", Tile(0, 1_234_067)),
        ("1/005.p/12", Tile(1, 5, 12)),
        ("7/x999/999", Tile(7, 999_999)),
    ],
)
def test_names_are_those_of_the_specification(name: str, tile: Tile) -> None:
    assert Tile.named(name) == tile
    assert tile.name == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "0", "0/1", "0/0001", "0/x000/001", "0/001/002", "0/x001", "8/000", "-1/000"),
        *("0/000.p/0", "0/000.p/256", "0/000.p/012", "0/000/", "entries/000", "0/\u0660" * 3),
    ],
)
def test_each_tile_has_one_name(name: str) -> None:
    with pytest.raises(NoSuchTileError):
        Tile.named(name)


@given(st.integers(0, 7), st.integers(0, 10**12), st.integers(1, 256))
def test_names_come_back(level: int, number: int, width: int) -> None:
    assert Tile.named(Tile(level, number, width).name) == Tile(level, number, width)


@pytest.mark.django_db
@pytest.mark.usefixtures("var_dir")
def test_a_client_that_has_only_tiles_gets_the_same_root() -> None:
    size = 600
    grow(size)

    def from_tiles(level: int, start: int, count: int) -> list[bytes]:
        number, offset = divmod(start, merkle.TILE_WIDTH)
        content = tiles.read(Tile(level, number, offset + count))
        hashes = [content[at : at + 32] for at in range(0, len(content), 32)]
        return hashes[offset:]

    assert merkle.root(size, from_tiles) == ledger.root(size)


@pytest.mark.django_db
@pytest.mark.usefixtures("var_dir")
def test_what_the_log_has_not_yet_is_no_tile() -> None:
    with transaction.atomic():
        grow(3)
    assert len(tiles.read(Tile(0, 0, 3))) == 96
    for tile in (Tile(0, 0, 4), Tile(0, 0), Tile(0, 1, 1), Tile(1, 0, 1)):
        with pytest.raises(NoSuchTileError):
            tiles.read(tile)
