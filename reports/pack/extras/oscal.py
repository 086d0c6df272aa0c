"""oscal/: what the pack tells, as OSCAL documents for the tools of others."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from reports.oscal import gathering as facts_of
from reports.oscal.documents import Documents
from reports.pack.contents import Packed
from reports.pack.extras import File
from reports.pack.frozen import Frozen

FOLDER = "oscal"


class _Gatherer:
    def __init__(self, documents: Documents, path: Path) -> None:
        self._documents, self._path = documents, path

    def add(self, packed: Packed) -> None:
        self._documents.add(packed)

    def files(self) -> Iterator[File]:
        """Yield five or six documents."""
        for title, pieces in self._documents.files():
            with self._path.open("wb") as file:
                file.writelines(pieces)
            yield f"{FOLDER}/{title}", self._path


@contextmanager
def gathering(frozen: Frozen) -> Iterator[_Gatherer]:
    """Take in every item, then write the documents; ContradictionError."""
    facts = facts_of.of_pack(frozen.pack, frozen.selection, frozen.records)
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as name, Documents(facts) as made:
        yield _Gatherer(made, Path(name) / "document.json")
