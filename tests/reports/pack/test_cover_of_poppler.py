"""The cover as a reader of PDF files that is not ours sees it: Debian's poppler."""

import subprocess
from pathlib import Path

import pytest

from audits import packs
from audits.pack_stamps import Stamps
from reports.pack.cover import Cover, Manifest
from tests.audits.world import World
from tests.conftest import demand
from tests.reports.making import frozen

pytestmark = pytest.mark.debian


def test_another_reader_finds_its_words_and_nothing_to_mend(world: World, tmp_path: Path) -> None:
    pack = frozen(world)
    with Cover() as cover:
        manifest = Manifest("manifest.json", "c0ffee" * 10 + "beef", 2, [b"{}"])
        cover.begin(pack, packs.selection_of(pack), Stamps((), ()), manifest)
        paper = cover.finish()
    path = tmp_path / paper.name
    path.write_bytes(paper.content)
    text = _told(demand("pdftotext", "poppler-utils"), "-layout", str(path), "-")
    assert paper.name == "cover.pdf"
    assert pack.ref in text
    assert pack.selection_digest in "".join(text.split())
    about = _told(demand("pdfinfo", "poppler-utils"), str(path))
    assert "Tagged:          yes" in about
    assert "JavaScript:      no" in about
    assert "1 embedded files" in _told(demand("pdfdetach", "poppler-utils"), "-list", str(path))


def _told(*command: str) -> str:
    """What a program says; poppler complains of a broken file on its error channel."""
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    assert ran.stderr == ""
    return ran.stdout
