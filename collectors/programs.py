"""Runs other programs for collectors: no shell, no questions, no time beyond the deadline."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from collectors.deadline import Deadline
from collectors.errors import SourceUnreachableError

_COMPLAINT = 2000


class ProgramError(Exception):
    """A program ended with an error; `complaint` is the end of what it said."""

    def __init__(self, name: str, code: int, complaint: str) -> None:
        super().__init__(f"{name} ended with code {code}: {complaint}")
        self.complaint = complaint


def run(
    command: Sequence[str],
    *,
    deadline: Deadline,
    scratch: Path,
    environment: Mapping[str, str],
    output: Path | None = None,
    given: Path | None = None,
) -> str:
    """Run a program to its end and return its output, or write it to a file.

    Only the given environment is passed on. Raises ProgramError, SourceUnreachableError.
    """
    target = output or scratch / "output"
    complaints = scratch / "complaints"
    with (
        target.open("wb") as out,
        complaints.open("wb") as err,
        (given or Path(os.devnull)).open("rb") as asked,
    ):
        # Output goes to files: pipes held open by a grandchild would outlive the deadline.
        process = subprocess.Popen(  # noqa: S603  # no shell; callers put no wish of a user first
            command,
            stdin=asked,
            stdout=out,
            stderr=err,
            env=dict(environment),
            cwd=scratch,
            start_new_session=True,
        )
        code = _wait(process, Path(command[0]).name, deadline)
    if code != 0:
        said = complaints.read_bytes()[-_COMPLAINT:].decode(errors="replace").strip()
        raise ProgramError(Path(command[0]).name, code, said)
    return "" if output else target.read_text(encoding="utf-8", errors="replace")


def _wait(process: "subprocess.Popen[bytes]", name: str, deadline: Deadline) -> int:
    try:
        return process.wait(timeout=deadline.left())
    except subprocess.TimeoutExpired as error:
        message = f"{name} had not ended after {deadline.seconds:.0f} seconds."
        raise SourceUnreachableError(message) from error
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the program, unless it ended, and whatever it started in its session."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def output(command: Sequence[str], *, seconds: float = 10) -> str:
    """Return the short output of a program that only tells something; ProgramError, OSError."""
    try:
        done = subprocess.run(  # noqa: S603  # no shell; the command is ours
            command, capture_output=True, text=True, timeout=seconds, check=True
        )
    except subprocess.SubprocessError as error:
        raise ProgramError(Path(command[0]).name, -1, str(error)) from error
    return done.stdout
