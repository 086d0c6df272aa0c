"""A workspace in a plain folder: libraries as folders, the columns in index.xlsx beside them."""

import json
import shutil
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from reports.errors import WorkspaceError
from reports.workspace.filing import Filed
from reports.workspace.places import Standing

_MEMORY = ".countersign.json"
"""What we wrote, with size and time: a file that still has both is not read again."""


class Folder:
    """Writes each file beside its place and moves it there whole."""

    def __init__(self, root: Path) -> None:
        self.root, self.name = root, f"folder {root}"
        self._known: dict[str, dict[str, Any]] = {}

    def open(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            kept = self.root / _MEMORY
            self._known = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
        except (OSError, ValueError) as error:
            message = (
                f"The folder {self.root} cannot be used: {error}. Choose another one, or remove "
                f"{_MEMORY} in it so that all files are written anew."
            )
            raise WorkspaceError(message) from error

    def standing(self, wanted: Mapping[str, Filed]) -> dict[str, Standing]:
        del wanted  # The columns stand in the index, which is written as a whole.
        return {path: Standing(self._digest(path), is_described=True) for path in self._known}

    def put(self, item: Filed, read: Callable[[], BinaryIO]) -> None:
        target = self._inside(item.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{item.ref}.partial")
        try:
            with read() as source, partial.open("wb") as file:
                shutil.copyfileobj(source, file, 1024 * 1024)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        self._known[item.path] = {"sha256": item.digest, **_look(target)}

    def describe(self, item: Filed) -> None:
        """The index tells the columns."""

    def remove(self, path: str) -> None:
        target = self._inside(path)
        target.unlink(missing_ok=True)
        del self._known[path]
        for folder in (target.parent, target.parent.parent):
            if folder != self.root and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def close(self) -> None:
        partial = self.root / f"{_MEMORY}.partial"
        partial.write_text(json.dumps(self._known, indent=0, sort_keys=True), "utf-8")
        partial.replace(self.root / _MEMORY)

    def _digest(self, path: str) -> str:
        """Return the digest of what stands there now, reading only what somebody has touched."""
        target, known = self._inside(path), self._known[path]
        if target.is_symlink() or not target.is_file():
            return ""
        if {"sha256": known["sha256"], **_look(target)} == known:
            return str(known["sha256"])
        running = sha256()
        with target.open("rb") as file:
            while piece := file.read(1024 * 1024):
                running.update(piece)
        return running.hexdigest()

    def _inside(self, path: str) -> Path:
        """Return the place of a path; the memory lies where others can write."""
        target = self.root / path
        if not target.resolve().is_relative_to(self.root.resolve()):
            message = f"{_MEMORY} names {path}, which lies outside the workspace. Remove that file."
            raise WorkspaceError(message)
        return target


def _look(path: Path) -> dict[str, int]:
    found = path.stat()
    return {"size": found.st_size, "changed": found.st_mtime_ns}
