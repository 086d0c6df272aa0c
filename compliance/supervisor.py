"""Keeps the processes of the house alive: starts them, restarts one that dies, stops them all."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from compliance import lifeline

HOUSE = Path(__file__).resolve().parent.parent
STOP_GRACE_SECONDS = 20.0
PROBE_SECONDS = 0.25
# A process that lived this long is restarted at once; one that dies younger waits, doubled each
# time.
STEADY_SECONDS = 10.0
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0


@dataclass(frozen=True)
class Part:
    """One process of the house: what to call it and how to start it."""

    name: str
    command: Sequence[str]


@dataclass
class Child:
    """A part as it runs, or waits for its next start."""

    part: Part
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    delay: float = 0.0

    def start(self, now: float) -> None:
        environment = os.environ | {lifeline.SUPERVISOR: str(os.getpid()), "PYTHONPATH": _path()}
        # A session of its own keeps the terminal's Ctrl-C away: the supervisor decides who stops.
        self.process = subprocess.Popen(  # noqa: S603  the command is ours
            self.part.command, env=environment, start_new_session=True, stdin=subprocess.DEVNULL
        )
        self.started_at = now

    def send(self, number: signal.Signals) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def kill_family(self) -> None:
        """Kill the process and what it started; also after its own death."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def plan_restart(self, now: float) -> None:
        steady = now - self.started_at >= STEADY_SECONDS
        self.start_at = now if steady else now + self.delay
        longer = max(FIRST_DELAY_SECONDS, self.delay * 2)
        self.delay = 0.0 if steady else min(longer, LONGEST_DELAY_SECONDS)
        self.process = None


@dataclass
class Supervisor:
    """Runs parts until SIGTERM, SIGINT or SIGHUP.

    `is_up` is asked until it says yes; then `when_up` is called once. A second signal, or a stop
    that outlasts the grace, kills what is left.
    """

    parts: Sequence[Part]
    is_up: Callable[[], bool] = lambda: True
    when_up: Callable[[], None] = lambda: None
    say: Callable[[str], None] = lambda _: None
    grace: float = STOP_GRACE_SECONDS
    _stops: int = field(default=0, init=False)

    def run(self) -> None:
        """Block until all processes are gone again."""
        children = [Child(part) for part in self.parts]
        with self._signals() as alarm:
            try:
                self._supervise(children, alarm)
                self._stop(children, alarm)
            finally:
                for child in children:
                    child.kill_family()

    def _supervise(self, children: list[Child], alarm: socket.socket) -> None:
        announced = False
        while not self._stops:
            now = time.monotonic()
            for child in children:
                self._tend(child, now)
            if not announced and self.is_up():
                announced = True
                self.when_up()
            starts = [child.start_at - now for child in children if child.process is None]
            if not announced:
                starts.append(PROBE_SECONDS)
            _sleep(alarm, min(starts, default=None))

    def _tend(self, child: Child, now: float) -> None:
        if child.process is not None and child.process.poll() is not None:
            code = child.process.returncode
            child.kill_family()
            child.plan_restart(now)
            wait = f" in {child.start_at - now:g} s" if child.start_at > now else ""
            self.say(f"{child.part.name} ended ({_cause(code)}); it starts again{wait}.")
        if child.process is None and child.start_at <= now:
            child.start(now)

    def _stop(self, children: list[Child], alarm: socket.socket) -> None:
        self.say("Stopping. The same signal again kills what still runs.")
        for child in children:
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + self.grace
        while any(child.process and child.process.poll() is None for child in children):
            left = deadline - time.monotonic()
            if self._stops > 1 or left <= 0:
                self.say("Some work did not stop in time and was killed; it runs again later.")
                break
            _sleep(alarm, left)
        for child in children:
            child.kill_family()
            if child.process is not None:
                child.process.wait()

    def _note_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stops += 1

    @contextlib.contextmanager
    def _signals(self) -> Iterator[socket.socket]:
        """Turn signals, also the death of a child, into bytes that `_sleep` wakes up from."""
        alarm, bell = socket.socketpair()
        alarm.setblocking(False)
        bell.setblocking(False)
        stops = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        before = {number: signal.signal(number, self._note_stop) for number in stops}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        old_bell = signal.set_wakeup_fd(bell.fileno(), warn_on_full_buffer=False)
        try:
            yield alarm
        finally:
            signal.set_wakeup_fd(old_bell)
            for number, handler in before.items():
                signal.signal(number, handler)
            alarm.close()
            bell.close()


def _sleep(alarm: socket.socket, seconds: float | None) -> None:
    ready, _, _ = select.select([alarm], [], [], None if seconds is None else max(seconds, 0))
    if ready:
        alarm.recv(4096)


def _path() -> str:
    # The children find the house from any working directory, which they keep: a relative VAR_DIR
    # must mean the same folder to all.
    before = os.environ.get("PYTHONPATH", "")
    return os.pathsep.join([str(HOUSE), before] if before else [str(HOUSE)])


def _cause(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return signal.Signals(-code).name


def parts(*, listen: str, threads: int, workers: int) -> dict[str, Part]:
    """Return the processes of an installation by name."""
    celery = (sys.executable, "-m", "celery", "--quiet", "--skip-checks", "--app", "compliance")
    web = (
        *(sys.executable, "-m", "gunicorn", "compliance.wsgi"),
        *("--config", "python:compliance.gunicorn_hooks", "--no-control-socket"),
        *("--bind", listen, "--worker-class", "gthread"),
        *("--workers", "1", "--threads", str(threads), "--log-level", "warning"),
    )
    worker = (
        *(*celery, "worker", "--queues", "clock,jobs", "--pool", "prefork"),
        *("--concurrency", str(workers), "--loglevel", "warning"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    )
    beat = (*celery, "beat", "--loglevel", "warning")
    return {
        part.name: part for part in (Part("web", web), Part("worker", worker), Part("beat", beat))
    }
