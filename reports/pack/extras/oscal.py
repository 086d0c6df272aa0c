"""oscal/: what the pack tells, as OSCAL documents for the tools of others."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from reports.oscal import gathering
from reports.oscal.documents import Documents
from reports.pack import contents
from reports.pack.extras import File
from reports.pack.frozen import Frozen

FOLDER = "oscal"


def files(frozen: Frozen) -> Iterator[File]:
    """Yield five or six documents; ContradictionError."""
    facts = gathering.of_pack(frozen.pack, frozen.selection, frozen.records)
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as name, Documents(facts) as made:
        for packed in contents.packed(frozen.selection):
            made.add(packed)
        path = Path(name) / "document.json"
        for title, pieces in made.files():
            with path.open("wb") as file:
                file.writelines(pieces)
            yield f"{FOLDER}/{title}", path
