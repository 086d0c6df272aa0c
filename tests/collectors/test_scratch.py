"""Folders of runs: private, and gone with their run."""

import fcntl
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from collectors import scratch


def folders(var_dir: Path) -> list[Path]:
    return sorted((var_dir / "scratch").glob("run-*"))


def test_a_folder_is_private_and_goes_with_the_run(var_dir: Path) -> None:
    with scratch.folder() as folder:
        (folder / "copy.sqlite3").write_bytes(b"everything")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
        assert list(folder.iterdir()) == [folder / "copy.sqlite3"]
    assert folders(var_dir) == []


def test_it_goes_when_the_run_fails(var_dir: Path) -> None:
    with pytest.raises(RuntimeError), scratch.folder():
        raise RuntimeError
    assert folders(var_dir) == []


def test_a_folder_in_use_is_not_swept(var_dir: Path) -> None:
    with scratch.folder() as first, scratch.folder() as second:
        assert scratch.sweep() == 0
        assert first.exists()
        assert second.exists()


def test_the_folder_of_a_killed_process_is_swept_by_the_next_run(var_dir: Path) -> None:
    code = (
        "import fcntl, os, pathlib, sys, time\n"
        "folder = pathlib.Path(sys.argv[1]); folder.mkdir()\n"
        "(folder / 'copy.sqlite3').write_text('everything')\n"
        "lock = os.open(folder / '.lock', os.O_RDWR | os.O_CREAT)\n"
        "fcntl.flock(lock, fcntl.LOCK_EX)\n"
        "print('held', flush=True); time.sleep(60)\n"
    )
    left = var_dir / "scratch" / "run-killed"
    process = subprocess.Popen([sys.executable, "-c", code, str(left)], stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"held\n"
    assert scratch.sweep() == 0
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with scratch.folder():
        assert not left.exists()


def test_a_sweep_in_the_middle_of_making_takes_nothing(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker may look at the very moment when the folder is not locked yet."""
    real = fcntl.flock
    swept: list[int] = []

    def flock(descriptor: int, operation: int) -> None:
        if not swept:
            swept.append(descriptor)
            assert scratch.sweep() == 0
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with scratch.folder() as path:
        (path / "copy").write_bytes(b"rows")
    assert swept


def test_a_folder_that_goes_while_it_is_looked_at_is_no_fault(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = var_dir / "scratch" / "run-ending"
    left.mkdir()
    (left / ".lock").touch()
    real = os.open

    def gone(path: Path, *rest: int) -> int:
        (left / ".lock").unlink()
        left.rmdir()
        return real(path, *rest)

    monkeypatch.setattr(os, "open", gone)
    assert scratch.sweep() == 0
