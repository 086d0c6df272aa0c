"""A whole installation as real processes in its own folder, for tests that kill parts of it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 240.0
# What the test run sets for itself and a real installation must not see.
OURS = ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "BROKER_URL", "TEST_DIR", "TEST_DATABASE")


def wait_until(
    happened: Callable[[], bool],
    *,
    what: str,
    seen: Callable[[], str] = lambda: "",
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Wait for a condition, however slow the machine is.

    Fails with what was waited for, and with what was `seen` at the end of the patience.
    """
    deadline = time.monotonic() + patience
    while not happened():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain: {what}\n{seen()}")
        time.sleep(0.05)


@dataclass
class Installation:
    """`manage.py up` with its own VAR_DIR; the database and the broker come by environment."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    supervisor: "subprocess.Popen[bytes] | None" = None

    @property
    def log(self) -> Path:
        return self.folder / "terminal.log"

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    def manage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a management command to its end; returns its output and exit code."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=HOUSE,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def start(self, *arguments: str, command: tuple[str, ...] = ("up",)) -> None:
        """Start `manage.py up`, or another command that becomes it, and go on at once."""
        with self.log.open("ab") as log:
            self.supervisor = subprocess.Popen(
                [sys.executable, "manage.py", *command, *arguments],
                cwd=HOUSE,
                env=self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def signal(self, number: int) -> None:
        assert self.supervisor is not None
        self.supervisor.send_signal(number)

    def wait(self) -> int:
        assert self.supervisor is not None
        return self.supervisor.wait(PATIENCE_SECONDS)

    def part(self, name: str) -> int | None:
        """Return the process id of a running part: web, worker or beat."""
        assert self.supervisor is not None
        marks = {"web": "gunicorn", "worker": " worker ", "beat": " beat "}
        for pid in children_of(self.supervisor.pid):
            if marks[name] in command_of(pid):
                return pid
        return None

    def await_part(self, name: str, *, not_pid: int | None = None) -> int:
        """Wait until a part runs (as another process than `not_pid`) and return its id."""
        found: list[int] = []

        def runs() -> bool:
            pid = self.part(name)
            if pid is not None and pid != not_pid:
                found.append(pid)
            return bool(found)

        wait_until(runs, what=f"the part {name} to run", seen=self.output)
        return found[0]

    def processes(self) -> list[int]:
        """Return every process of this installation: they carry its folder in their environment."""
        mark = f"VAR_DIR={self.folder}".encode()
        return [pid for pid in _all_processes() if mark in _environment_of(pid).split(b"\0")]

    def end(self) -> None:
        """Kill whatever is left."""
        for pid in self.processes():
            kill(pid)
        if self.supervisor is not None:
            self.supervisor.wait(PATIENCE_SECONDS)

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        return inherited | {"VAR_DIR": str(self.folder)} | self.environment


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that is dead and not yet collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def children_of(parent: int) -> list[int]:
    return [pid for pid in _all_processes() if _parent_of(pid) == parent]


def command_of(pid: int) -> str:
    return _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace")


def _all_processes() -> list[int]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if is_alive(pid)]


def _parent_of(pid: int) -> int:
    fields = _read(pid, "stat").rpartition(b")")[2].split()
    return int(fields[1]) if fields else 0


def _environment_of(pid: int) -> bytes:
    return _read(pid, "environ")


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""
