"""The OSCAL documents of an engagement as it stands, without a pack: a ZIP or a folder."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from audits import packs
from audits.models import Engagement
from reports.base import Progress, Report
from reports.oscal import gathering, plan_of_action_and_milestones
from reports.oscal.documents import Documents
from reports.pack import contents, samples
from reports.pack.container import Container

_CHUNK = 256 * 1024


def write(engagement: Engagement, file: BinaryIO, *, progress: Progress | None = None) -> None:
    """Write the documents as a ZIP; ContradictionError."""
    with _made(engagement, progress) as folder, Container(file) as container:
        for path in sorted(folder.iterdir()):
            container.add(path.name, path.stat().st_size, _read(path))
        container.finish()


def write_folder(
    engagement: Engagement, folder: Path, *, progress: Progress | None = None
) -> list[Path]:
    """Write the documents into a folder, over older ones, and return them; ContradictionError.

    Nothing is there before all of them are whole; a plan of action of before, for which there is
    no ground any more, is removed.
    """
    with _made(engagement, progress) as made:
        (folder / plan_of_action_and_milestones.NAME).unlink(missing_ok=True)
        return [Path(shutil.move(path, folder / path.name)) for path in sorted(made.iterdir())]


REPORT = Report(title="OSCAL documents", media_type="application/zip", suffix=".zip", write=write)


@contextmanager
def _made(engagement: Engagement, progress: Progress | None) -> Iterator[Path]:
    selection = packs.selected(engagement)
    facts = gathering.of_selection(selection, samples.recorded(selection))
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as name, Documents(facts) as made:
        for number, packed in enumerate(contents.packed(selection), 1):
            made.add(packed)
            if progress:
                progress(number, len(selection.items), packed.item.ref)
        for title, pieces in made.files():
            with (Path(name) / title).open("wb") as file:
                file.writelines(pieces)
        yield Path(name)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
