"""What tests about the key of the log ask of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from evidence import signed_note, verification
from evidence.log_models import LogCheck

WHY = "The yearly exchange of keys."
Committed = Callable[[], AbstractContextManager[object]]


def problems() -> list[str]:
    check = verification.go_on(verification.begin())
    assert isinstance(check, LogCheck)
    return [str(one) for one in check.problems.all()]


def opens(note: str, vkey: str) -> bool:
    try:
        signed_note.open_note(note, [signed_note.Verifier.from_vkey(vkey)])
    except signed_note.NoteError:
        return False
    return True
