"""Leaves checkpoints in a folder, such as one that another machine owns or that is written once."""

import os
from pathlib import Path

from django.conf import settings

from evidence.anchors.note import Note
from evidence.errors import AnchorError

TITLE = "Folder"


def where() -> str:
    return str(settings.ANCHOR_DIR)


def deposit(note: Note) -> str:
    target = Path(settings.ANCHOR_DIR) / note.path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write(target, note.text)
        except FileExistsError:
            if target.read_text(encoding="utf-8") != note.text:
                raise AnchorError(f"{target} holds something else already.") from None
    except OSError as error:
        raise AnchorError(f"{target} cannot be written: {error.strerror}.") from error
    return str(target)


def _write(target: Path, text: str) -> None:
    # A name of its own until it is whole, and a link because that never replaces a file.
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
