"""Every kind of report still looks as it did when somebody last looked at its pages.

After a change that is meant, renew the pictures and look at each that changed:
RENEW_SNAPSHOTS=1 .venv/bin/pytest tests/reports/test_pictures.py
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image, ImageChops, ImageFilter

from accounts.models import User
from reports import pdf_engine
from reports.written import pdf, registry
from reports.written.document import Column, Document, Row, Section, Table, readings_of
from tests.audits.world import World, clock
from tests.conftest import demand
from tests.reports import looks, pictured
from tests.reports.written.reading import AT, HEAD

_ROWS = 8
"""So many rows of a table are drawn: enough to see its columns, few enough to be quick."""
_FAILED = settings.BASE_DIR / "var" / "pictures"


@pytest.fixture(scope="module")
def condensed() -> None:
    """The face of the papers: without it the lines are longer and break elsewhere."""
    asked = [demand("fc-match", "fontconfig"), "--format=%{style}", "DejaVu Sans:condensed"]
    found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    if "Condensed" not in found:
        message = "DejaVu Sans Condensed is missing; on Debian: apt-get install fonts-dejavu-extra"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


def shortened(document: Document) -> Document:
    """Return a document whose papers show the first rows of its tables."""

    def short(section: Section) -> Section:
        blocks = [
            replace(each, shown=min(each.shown, _ROWS)) if isinstance(each, Table) else each
            for each in section.blocks
        ]
        return replace(section, blocks=blocks)

    return replace(document, sections=[short(each) for each in document.sections])


def papers(summer: pictured.Summer, folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield every kind with its paper."""
    for slug, kind in registry.kinds().items():
        with clock(pictured.AT):
            document = shortened(kind.build(summer.asked(slug)))
            head = replace(HEAD, kind=slug)
            place = folder / slug
            place.mkdir()
            path, _ = pdf.write(document, head, place, readings=readings_of(document))
        yield slug, path


@pytest.mark.usefixtures("pdf", "condensed")
@pytest.mark.slow
def test_every_kind_looks_as_it_did(world: World, bob: User, tmp_path: Path) -> None:
    summer = pictured.summer(world, bob, tmp_path)
    failed = []
    for slug, paper in papers(summer, tmp_path):
        got, kept = looks.drawn(paper), looks.KEPT / f"{slug}.png"
        if os.environ.get("RENEW_SNAPSHOTS"):
            if not kept.exists() or looks.difference(got, looks.opened(slug)).part:
                looks.keep(got, slug)
        elif not kept.exists():
            failed.append(f"{slug}: no picture is kept of it")
        elif looks.difference(got, wanted := looks.opened(slug)).is_too_much:
            failed.append(looks.told(slug, got, wanted, _FAILED))
    assert not failed, "\n".join([*failed, (__doc__ or "").strip()])


class TestComparison:
    """Pictures of one page: what a machine draws otherwise passes, what a layout changes fails."""

    def test_the_same_page_in_another_hand_passes(self) -> None:
        kept = looks.opened("control_matrix")
        softer = kept.filter(ImageFilter.GaussianBlur(0.5))
        bolder = kept.point([max(0, grey - 12) for grey in range(256)])
        nudged = ImageChops.offset(kept, 1, 0)
        for drawn in (kept, softer, bolder, Image.blend(kept, nudged, 0.3)):
            assert not looks.difference(drawn, kept).is_too_much

    def test_a_moved_column_and_a_cut_table_fail(self) -> None:
        kept = looks.opened("control_matrix")
        width, height = kept.size
        moved, cut = kept.copy(), kept.copy()
        column = (width // 9, height // 2, 2 * width // 9, height)
        moved.paste(kept.crop(column), (column[0] + 9, column[1]))
        cut.paste(255, (0, int(height * 0.8), width // 3, int(height * 0.95)))
        for drawn in (moved, cut, ImageChops.offset(kept, 0, 9), kept.crop((0, 0, 9, height))):
            assert looks.difference(drawn, kept).is_too_much

    def test_the_three_pictures_of_a_failure_are_named(self, tmp_path: Path) -> None:
        kept = looks.opened("control_matrix")
        said = looks.told("kind", ImageChops.offset(kept, 0, 9), kept, tmp_path / "var")
        assert f"look at {tmp_path}/var/kind-*.png" in said
        names = sorted(each.name for each in (tmp_path / "var").iterdir())
        assert names == ["kind-difference.png", "kind-got.png", "kind-wanted.png"]


@pytest.mark.usefixtures("pdf")
def test_what_a_change_of_the_layout_does_to_a_paper_is_seen(tmp_path: Path) -> None:
    said = _document(Column("Number", 10), Column("Words", 40, wraps=True), Column("Day", 12))
    wider = _document(Column("Number", 26), Column("Words", 40, wraps=True), Column("Day", 12))
    html = pdf.page(said, HEAD)
    wanted = _drawn(html, tmp_path / "as-it-is.pdf")
    for name, changed in {
        "wider": pdf.page(wider, HEAD),
        "closer": html.replace("padding: 1mm 2.4mm 1mm 0", "padding: 0.8mm 2.4mm 0.8mm 0"),
        "bigger": html.replace("html { font: 8.4pt", "html { font: 9pt"),
        "cut": html.replace("width: 100%; margin", "width: 112%; margin"),
        "bare": html.replace("@bottom-left {", "@bottom-nowhere {"),
    }.items():
        assert changed != html, name
        got = _drawn(changed, tmp_path / f"{name}.pdf")
        assert looks.difference(got, wanted).is_too_much, name
    again = _drawn(html, tmp_path / "again.pdf")
    assert looks.difference(again, wanted).part == 0


def _document(*columns: Column) -> Document:
    rows: list[Row] = [
        [number, "Words that say something. " * 3, AT.date()] for number in range(12)
    ]
    return Document("A report", "Of things", [Section("All", [Table("All", columns, rows)])])


def _drawn(html: str, path: Path) -> Image.Image:
    path.write_bytes(pdf_engine.warm.render(html, identifier=b"0" * 16))
    return looks.drawn(path)


def test_every_picture_is_of_a_kind_and_small() -> None:
    found = {each.stem: each.stat().st_size for each in looks.KEPT.iterdir()}
    assert set(found) == set(registry.kinds())
    assert sum(found.values()) < 1_000_000
