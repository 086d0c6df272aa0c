"""A child process goes when its parent is gone."""

import signal
import subprocess
import sys

import pytest

from compliance import lifeline
from tests.installation import HOUSE, PATIENCE_SECONDS, children_of, is_alive, kill, wait_until

CHILD = """
import os, time
from compliance import lifeline
{}
print("tied", flush=True)
time.sleep(900)
"""
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"


def family(deed: str) -> tuple["subprocess.Popen[str]", int]:
    """Start a parent whose child does the deed; returns both when the child has done it."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD.format(deed)],
        cwd=HOUSE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "tied\n"
    (child,) = children_of(parent.pid)
    return parent, child


@pytest.mark.parametrize(
    "deed",
    [
        "lifeline.watch(os.getppid())",
        "os.environ[lifeline.SUPERVISOR] = str(os.getppid()); lifeline.hold_supervisor()",
    ],
)
def test_the_child_follows_a_killed_parent(deed: str) -> None:
    parent, child = family(deed)

    kill(parent.pid)
    parent.wait()

    wait_until(lambda: not is_alive(child), what="the child to follow")
    assert parent.stdout is not None
    parent.stdout.close()


def test_the_child_lives_while_its_parent_does() -> None:
    parent, child = family("lifeline.watch(os.getppid()); time.sleep(2.5)")

    assert is_alive(child)
    assert parent.stdout is not None
    parent.stdout.close()
    kill(child)
    parent.wait()


def test_it_ends_a_process_whose_supervisor_died_before_it_could_hold_on() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", CHILD.format("lifeline.hold_supervisor()")],
        cwd=HOUSE,
        env={lifeline.SUPERVISOR: "999999999"},
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert ended.returncode == -signal.SIGKILL


def test_it_leaves_a_process_alone_that_nobody_supervises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(lifeline.SUPERVISOR, raising=False)

    lifeline.hold_supervisor()
