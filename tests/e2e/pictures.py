"""Pictures of pages for the documentation: light and dark, wide and narrow, small files."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Page, ViewportSize

WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
LOCALE = "en-GB"
COLOURS = 96
_SETTLING_MS = 300

Scheme = Literal["light", "dark"]
_SCHEMES: tuple[tuple[Scheme, str], ...] = (("light", ""), ("dark", "-dark"))


@dataclass(frozen=True)
class Album:
    """A folder of pictures; each is `NAME.png` and `NAME-dark.png`."""

    folder: Path

    def keep(
        self,
        page: Page,
        name: str,
        *,
        size: ViewportSize = WIDE,
        show: str = "",
        reload: bool = True,
        prepare: Callable[[Page], object] | None = None,
    ) -> None:
        """Keep a page as it stands, in light and in dark.

        `show` is a selector of what is scrolled to the top of the picture. `reload` draws the page
        anew for each scheme, which pages of ours need, and `prepare` does again what was done on
        it; a page that follows the scheme by itself can be left alone.
        """
        page.set_viewport_size(size)
        for scheme, suffix in _SCHEMES:
            page.emulate_media(color_scheme=scheme)
            if reload:
                page.reload(wait_until="networkidle")
            if prepare:
                prepare(page)
            if show:
                page.locator(show).first.evaluate("one => one.scrollIntoView({block: 'start'})")
            page.wait_for_timeout(_SETTLING_MS)
            self._write(f"{name}{suffix}", page.screenshot())
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(WIDE)

    def see(
        self, page: Page, address: str, name: str, *, size: ViewportSize = WIDE, show: str = ""
    ) -> None:
        """Go to an address and keep what stands there."""
        page.goto(address, wait_until="networkidle")
        self.keep(page, name, size=size, show=show)

    def _write(self, name: str, png: bytes) -> None:
        """Write a picture with few colours: pages are flat, and the repository keeps the files."""
        few = Image.open(BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(self.folder / f"{name}.png", optimize=True)
