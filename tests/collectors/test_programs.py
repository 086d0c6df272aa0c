"""Programs that collectors run."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from collectors import programs
from collectors.deadline import Deadline
from collectors.errors import SourceUnreachableError
from collectors.programs import ProgramError


def run(tmp_path: Path, script: str, *, seconds: float = 10, **options: object) -> str:
    return programs.run(
        ["/bin/sh", "-c", script],
        deadline=Deadline.after(timedelta(seconds=seconds)),
        scratch=tmp_path,
        **{"environment": {"PATH": os.environ["PATH"]}, **options},  # type: ignore[arg-type]
    )


def test_it_returns_what_was_said(tmp_path: Path) -> None:
    assert run(tmp_path, "echo hello") == "hello\n"


def test_it_writes_what_was_said_to_a_file(tmp_path: Path) -> None:
    assert run(tmp_path, "echo hello", output=tmp_path / "said") == ""
    assert (tmp_path / "said").read_text() == "hello\n"


def test_it_hands_over_a_file_and_otherwise_nothing(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_text("words")
    assert run(tmp_path, "cat", given=given) == "words"
    assert run(tmp_path, "cat") == ""


def test_it_passes_on_only_the_given_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "geheim")
    assert "geheim" not in run(tmp_path, "env")


def test_a_failure_carries_the_complaint(tmp_path: Path) -> None:
    with pytest.raises(ProgramError) as caught:
        run(tmp_path, "echo no such thing >&2; exit 3")
    assert caught.value.complaint == "no such thing"
    assert "code 3" in str(caught.value)


def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(SourceUnreachableError, match="had not ended"):
        run(tmp_path, "sleep 60 & echo $! > child; wait", seconds=0.5)
    assert time.monotonic() - started < 5
    child = int((tmp_path / "child").read_text())
    for _ in range(50):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the child lives on")


def test_a_short_question_is_answered(tmp_path: Path) -> None:
    assert programs.output(["/bin/sh", "-c", "echo 18.4"]) == "18.4\n"
    with pytest.raises(ProgramError):
        programs.output(["/bin/sh", "-c", "exit 1"])
    with pytest.raises(ProgramError):
        programs.output(["/bin/sh", "-c", "sleep 5"], seconds=0.1)
