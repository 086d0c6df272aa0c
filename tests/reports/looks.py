"""Pictures of papers beside those that are kept: small, grey, and compared with a tolerance.

Pages are drawn at 40 dots an inch, and cut into squares of two and a half millimetres: a square
differs where its mean grey does. Letters that are drawn a little bolder, or one word that
became another, change few squares by little; a column that moved, a table that was cut or a footer
that is gone changes many by much.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops

from tests.conftest import demand

KEPT = Path(__file__).parent / "pictures"
DOTS = 40
_PAGES = 3
_GREYS = 16
_SQUARE = 4
_FAR = 20
"""Means of a square that are farther apart, of 255, make it differ."""
_BAND = 80
"""Squares beside each other, about a page: what differs on one page is not made less by others."""
MOST = 0.003
"""The part of the squares of a band that may differ, some thirty."""


def drawn(paper: Path) -> Image.Image:
    """Draw the first pages of a PDF beside each other, in few greys."""
    poppler = demand("pdftoppm", "poppler-utils")
    into = paper.with_suffix("")
    command: list[str | Path] = [poppler, "-r", str(DOTS), "-gray", "-l", str(_PAGES), paper, into]
    subprocess.run(command, check=True, capture_output=True)
    pages = [Image.open(each) for each in sorted(paper.parent.glob(f"{into.name}-*.pgm"))]
    beside = Image.new("L", (sum(each.width for each in pages), max(p.height for p in pages)), 128)
    left = 0
    for page in pages:
        beside.paste(page, (left, 0))
        left += page.width
    return beside.quantize(_GREYS, dither=Image.Dither.NONE).convert("L")


def opened(name: str) -> Image.Image:
    """Return the picture that is kept under a name."""
    with Image.open(KEPT / f"{name}.png") as kept:
        return kept.convert("L")


def keep(picture: Image.Image, name: str) -> None:
    """Keep a picture as the one to compare with."""
    few = picture.quantize(_GREYS, dither=Image.Dither.NONE)
    few.save(KEPT / f"{name}.png", optimize=True, bits=4)


@dataclass(frozen=True)
class Difference:
    """How much of a picture differs from the kept one, and where."""

    part: float
    """Of the band that differs most."""
    squares: Image.Image

    @property
    def is_too_much(self) -> bool:
        return self.part > MOST


def difference(got: Image.Image, wanted: Image.Image) -> Difference:
    """Compare two pictures; those of another size or number of pages differ wholly."""
    if got.size != wanted.size:
        return Difference(1.0, Image.new("L", got.size, 255))
    apart = ImageChops.difference(got.reduce(_SQUARE), wanted.reduce(_SQUARE))
    squares = apart.point([255 if grey > _FAR else 0 for grey in range(256)])
    bands = [
        squares.crop((left, 0, min(left + _BAND, squares.width), squares.height))
        for left in range(0, squares.width, _BAND)
    ]
    most = max(band.histogram()[255] for band in bands)
    return Difference(most / (_BAND * squares.height), squares)


def told(name: str, got: Image.Image, wanted: Image.Image, folder: Path) -> str:
    """Write what came, what was wanted and where they differ, and say where that lies."""
    folder.mkdir(parents=True, exist_ok=True)
    found = difference(got, wanted)
    for what, picture in (("got", got), ("wanted", wanted), ("difference", found.squares)):
        picture.save(folder / f"{name}-{what}.png")
    return f"{name}: {found.part:.2%} differ; look at {folder}/{name}-*.png"
