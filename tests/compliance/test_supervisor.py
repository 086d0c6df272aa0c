"""The supervisor keeps its processes alive, stops them all, and never leaves one behind."""

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from compliance import supervisor
from compliance.supervisor import Child, Part
from tests.installation import HOUSE, children_of, command_of, is_alive, kill, wait_until

# A process of the house: holds on to its supervisor and works until it is told to stop.
STEADY = """
import time
from compliance import lifeline
lifeline.hold_supervisor()
time.sleep(900)
"""
STUBBORN = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{STEADY}"
PARENT = f"import subprocess\nsubprocess.Popen(['sleep', '900'])\n{STEADY}"
DRIVER = """
import json, pathlib, sys
from compliance.supervisor import Part, Supervisor
parts = [Part(name, [sys.executable, "-c", code]) for name, code in json.loads(sys.argv[1]).items()]
log = pathlib.Path(sys.argv[2])
say = lambda text: log.open("a").write(text + "\\n")
is_up = pathlib.Path(sys.argv[3]).exists
when_up = lambda: say("up")
Supervisor(parts, is_up=is_up, when_up=when_up, say=say, grace=float(sys.argv[4])).run()
say("stopped")
"""


@dataclass
class House:
    """A supervisor over small parts, as a process of its own."""

    folder: Path
    process: "subprocess.Popen[bytes]"
    known: set[int] = field(default_factory=set)

    @property
    def said(self) -> list[str]:
        log = self.folder / "log"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    def children(self) -> list[int]:
        """Return the parts that have come so far as to run their own code."""
        pids = [pid for pid in children_of(self.process.pid) if "-c" in command_of(pid)]
        self.known.update(pids)
        return pids

    def await_children(self, count: int, *, without: int = 0) -> list[int]:
        wait_until(
            lambda: len([pid for pid in self.children() if pid != without]) == count,
            what=f"{count} children",
        )
        return self.children()

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def house_of(tmp_path: Path) -> Iterator[Callable[..., House]]:
    made: list[House] = []

    def start(grace: float = 60.0, **codes: str) -> House:
        files = [str(tmp_path / "log"), str(tmp_path / "ready")]
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, json.dumps(codes), *files, str(grace)], cwd=HOUSE
        )
        made.append(House(tmp_path, process))
        return made[-1]

    yield start
    for house in made:
        for pid in {house.process.pid, *house.known}:
            kill(pid)
        with contextlib.suppress(subprocess.TimeoutExpired):
            house.process.wait(60)


def all_gone(pids: set[int]) -> bool:
    return not any(is_alive(pid) for pid in pids)


def test_it_starts_a_killed_process_again(house_of: Callable[..., House]) -> None:
    house = house_of(one=STEADY, two=STEADY)
    victim, other = house.await_children(2)

    kill(victim)
    house.await_children(2, without=victim)

    assert is_alive(other)
    assert any("ended (SIGKILL); it starts again." in line for line in house.said)


def test_it_kills_what_a_dead_process_leaves_behind(house_of: Callable[..., House]) -> None:
    house = house_of(one=PARENT)
    (victim,) = house.await_children(1)
    wait_until(lambda: len(children_of(victim)) == 1, what="the grandchild")
    (grandchild,) = children_of(victim)
    house.known.add(grandchild)

    kill(victim)

    wait_until(lambda: not is_alive(grandchild), what="the grandchild to go")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_stops_all_cleanly(house_of: Callable[..., House], number: int) -> None:
    house = house_of(one=STEADY, two=STEADY)
    house.await_children(2)

    assert house.stop(number) == 0

    assert all_gone(house.known)
    assert house.said[-1] == "stopped"
    assert not any("was killed" in line for line in house.said)


def test_it_kills_what_does_not_stop_in_time(house_of: Callable[..., House]) -> None:
    house = house_of(grace=0.2, one=STUBBORN)
    house.await_children(1)
    wait_until(lambda: _ignores_term(house.children()[0]), what="the child to be stubborn")

    assert house.stop(signal.SIGTERM) == 0

    assert all_gone(house.known)
    assert any("was killed" in line for line in house.said)


def test_it_kills_at_once_at_the_second_signal(house_of: Callable[..., House]) -> None:
    house = house_of(grace=900, one=STUBBORN)
    house.await_children(1)
    wait_until(lambda: _ignores_term(house.children()[0]), what="the child to be stubborn")

    house.process.send_signal(signal.SIGINT)
    wait_until(lambda: any("Stopping" in line for line in house.said), what="the first signal")
    assert house.stop(signal.SIGINT) == 0

    assert all_gone(house.known)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each child watches by itself")
def test_its_children_go_with_it_when_it_is_killed(house_of: Callable[..., House]) -> None:
    house = house_of(one=STEADY, two=STUBBORN)
    pids = set(house.await_children(2))

    kill(house.process.pid)
    house.process.wait(60)

    wait_until(lambda: all_gone(pids), what="the children to follow")


def test_it_tells_once_when_the_house_is_up(house_of: Callable[..., House]) -> None:
    house = house_of(one=STEADY)
    house.await_children(1)
    assert "up" not in house.said

    (house.folder / "ready").touch()
    wait_until(lambda: "up" in house.said, what="the announcement")
    kill(house.children()[0])
    wait_until(lambda: len(house.said) == 2, what="the restart")
    house.stop(signal.SIGTERM)

    assert house.said.count("up") == 1


def test_it_starts_a_process_again_that_ends_by_itself(house_of: Callable[..., House]) -> None:
    house = house_of(one="raise SystemExit(3)")

    wait_until(lambda: len(house.said) >= 3, what="three deaths")

    assert all("one ended (exit code 3); it starts again" in line for line in house.said)
    # The first time at once, then with growing pauses.
    assert house.said[0].endswith("again.")
    assert house.said[1].endswith("again in 0.5 s.")
    assert house.said[2].endswith("again in 1 s.")


def test_it_waits_longer_for_a_process_that_keeps_dying_and_forgives_a_steady_one() -> None:
    child = Child(Part("one", ["true"]))
    waits = []
    now = 100.0
    for _ in range(9):
        child.started_at = now
        child.plan_restart(now + 1)
        waits.append(child.start_at - (now + 1))
        now = child.start_at

    assert waits == [0, 0.5, 1, 2, 4, 8, 16, 30, 30]
    child.started_at = now
    child.plan_restart(now + supervisor.STEADY_SECONDS)
    assert child.start_at == now + supervisor.STEADY_SECONDS
    assert child.delay == 0


def test_it_knows_the_processes_of_an_installation() -> None:
    parts = supervisor.parts(listen="127.0.0.1:8123", threads=5, workers=3)

    assert list(parts) == ["web", "worker", "beat"]
    web, worker, beat = (" ".join(part.command) for part in parts.values())
    assert "--bind 127.0.0.1:8123 --worker-class gthread --workers 1 --threads 5" in web
    # Its control socket would lie in the home folder, which may be read-only.
    assert "--no-control-socket" in web
    assert "--queues clock,jobs --pool prefork --concurrency 3" in worker
    assert " beat " in beat


def _ignores_term(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (mask,) = [line.split()[1] for line in status.splitlines() if line.startswith("SigIgn")]
    return bool(int(mask, 16) & (1 << (signal.SIGTERM - 1)))
