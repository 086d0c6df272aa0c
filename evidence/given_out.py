"""The last checkpoint given out, kept in a file beside the key: a restored database lacks it.

Rules:
- The file is replaced whole and synced before a checkpoint leaves the house.
- It never goes back: a smaller checkpoint does not replace a larger one.
- Two different checkpoints of one size are never both given out.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from evidence import signed_note
from evidence.errors import SigningRefusedError

NAME = "given_out.note"
RESTORED = "restored_from"
_LOCK = "given_out.lock"


def path() -> Path:
    return Path(settings.KEYS_DIR) / NAME


def read() -> str:
    """Return the note that was given out last; empty where there is none.

    Bytes that no note has are replaced, so that a damaged file is told and can be recorded. Raises
    SigningRefusedError where the file cannot be read.
    """
    try:
        text = path().read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise _out_of_reach(error) from error
    return text.replace("\0", "\ufffd")


def stated(note: str) -> signed_note.Checkpoint:
    """Return what a note states, whoever signed it; raises SigningRefusedError."""
    try:
        return signed_note.Checkpoint.from_text(signed_note.text_of(note))
    except signed_note.NoteError as error:
        raise SigningRefusedError(
            f"The file {NAME} beside the key is damaged ({error}). Put it back from a backup of"
            " the keys, or let an administrator take the log up again, with a reason."
        ) from error


def keep(note: str) -> None:
    """Keep a note as the last one given out, synced; raises SigningRefusedError."""
    with _locked():
        known, new = read(), stated(note)
        if known:
            last = stated(known)
            if last.size == new.size and last.root != new.root:
                raise SigningRefusedError(
                    f"Two different logs of {new.size} leaves were signed with this key. Find out"
                    " which database is the true one, and stop the other installation."
                )
            if last.size >= new.size:
                return
        _replace(note)


def set_aside(name: str) -> None:
    """Keep the file under another name, so that the next checkpoint starts a new one."""
    with _locked():
        path().with_name(RESTORED).unlink(missing_ok=True)
        if path().exists():
            path().rename(path().with_name(name))
        _sync_folder()


def mark_restored(sentence: str) -> None:
    """Remember that the log came out of a backup: what was given out after it is unknown here."""
    with _locked():
        _replace(sentence, RESTORED)


def restored() -> str:
    """Say from which backup the log came, until it was taken up again; empty where from none."""
    try:
        return path().with_name(RESTORED).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise _out_of_reach(error) from error


def _replace(text: str, name: str = NAME) -> None:
    partial = path().with_name(f".{name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path().with_name(name))
    _sync_folder()


def _sync_folder() -> None:
    descriptor = os.open(path().parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked() -> Iterator[None]:
    try:
        descriptor = os.open(path().with_name(_LOCK), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _out_of_reach(error) from error


def _out_of_reach(error: OSError) -> SigningRefusedError:
    return SigningRefusedError(
        f"The file {error.filename or path()} cannot be read or written ({error.strerror}). Without"
        " it nobody knows what was given out: let the service own the folder of keys, and see that"
        " the disk is not full."
    )
