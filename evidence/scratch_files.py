"""Copies that live as long as they are needed, in a folder that nobody else can read."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def copied(source: BinaryIO, *, folder: Path, name: str) -> Iterator[Path]:
    """Copy what is left of a file to a path that goes away at the end."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        path = Path(own) / name
        with path.open("xb") as target:
            shutil.copyfileobj(source, target, 1024 * 1024)
        yield path
