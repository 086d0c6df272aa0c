"""A minute of everything at once: programs push, others write inside, somebody downloads a pack.

Meanwhile parts are killed at times that a seed gives. In the end each answer has its item exactly
once, the log is whole, and the pack never came as anything but itself.
"""

import hashlib
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.faults.house import House, Program, judge
from tests.faults.servers import Postgres, Redis
from tests.installation import Installation, kill, wait_until

pytestmark = pytest.mark.slow
SECONDS = 40
SEED = int(os.environ.get("SOAK_SEED", "20261122"))
PACK = """
import django
django.setup()
from accounts.models import User
from audits.models import PackFile
from evidence import checkpoint
from reports import issue
from tests.audits.world import World
from tests.reports.making import frozen
pack = frozen(World(User.objects.get()))
file = issue.issue(pack)
print(file.evidence.ref, file.evidence.blob_id)
"""
# Takes in several items at a time in the process itself, and tells each only when it is committed.
WRITER = """
import django, json, sys, time
django.setup()
from django.db import Error, connection
from evidence import intake
from evidence.group_commit import GroupError
from tests.evidence import items
name, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for number in range(first, last + 1):
    keys = [f"{name}-{number}-{place}" for place in range(3)]
    wanted = [
        items.submission(content=f"{key}\\n".encode() * 100, title=key, idempotency_key=key)
        for key in keys
    ]
    while True:
        try:
            made = intake.receive_many(wanted, actor="system")
            break
        except (Error, GroupError):
            connection.close()
            time.sleep(0.1)
    told = {key: {"ref": one.ref, "sha256": one.blob_id} for key, one in zip(keys, made)}
    print(json.dumps([number, told]), flush=True)
"""


@dataclass
class Inside:
    """A writer inside the house, begun again with the items that it may not have told of."""

    house: House
    name: str
    told: dict[str, dict[str, str]] = field(default_factory=dict)
    _next: int = 1

    def start(self, *, last: int = 10**6) -> None:
        self._process = self.house.begin(WRITER, self.name, str(self._next), str(last))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def crash(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def finish(self) -> None:
        """Kill it, and have what was on its way said again: the keys are the same."""
        self.crash()
        self.start(last=self._next)
        assert self._process.wait(60) == 0
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                number, told = json.loads(line)
                self.told |= told
                self._next = number + 1


@dataclass
class Reader:
    """Downloads a pack again and again, and compares it each time."""

    house: House
    ref: str
    digest: str
    whole: int = 0
    wrong: list[str] = field(default_factory=list)

    def start(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)

    def _work(self) -> None:
        while not self._stop.wait(0.2):
            try:
                answer = httpx2.get(
                    f"{self.house.url}/evidence/{self.ref}/content",
                    headers=self.house.headers,
                    timeout=30,
                )
            except httpx2.HTTPError:
                continue
            if answer.status_code == 200:
                self.whole += 1
                if hashlib.sha256(answer.content).hexdigest() != self.digest:
                    self.wrong.append(f"{len(answer.content)} bytes")
            elif answer.status_code != 503:
                self.wrong.append(answer.text)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[tuple[House, Postgres, Redis]]:
    postgres, redis = Postgres(), Redis(tmp_path)
    installation = Installation(tmp_path / "house")
    installation.folder.mkdir()
    try:
        installation.environment["BROKER_URL"] = redis.start()
        made = House(installation, postgres.start())
        made.set_up()
        yield made, postgres, redis
    finally:
        installation.end()
        redis.end()
        postgres.end()


@dataclass
class Storm:
    """Kills one part after the other, at times that a seed gives."""

    house: House
    postgres: Postgres
    redis: Redis
    inside: Inside
    chance: random.Random

    def rage(self, seconds: float) -> None:
        faults = (self._postgres, self._redis, self._web, self._worker, self._writer)
        end = time.monotonic() + seconds
        # Each at least once, and then as it comes.
        waiting = list(faults)
        self.chance.shuffle(waiting)
        while time.monotonic() < end or waiting:
            time.sleep(self.chance.uniform(1, 4))
            strike = waiting.pop() if waiting else self.chance.choice(faults)
            strike()

    def _postgres(self) -> None:
        self._away(self.postgres)

    def _redis(self) -> None:
        self._away(self.redis)

    def _away(self, server: Postgres | Redis) -> None:
        server.crash()
        time.sleep(self.chance.uniform(0, 1))
        server.start()

    def _web(self) -> None:
        self._kill("web")

    def _worker(self) -> None:
        self._kill("worker")

    def _kill(self, part: str) -> None:
        pid = self.house.installation.part(part)
        if pid is not None:
            kill(pid)

    def _writer(self) -> None:
        self.inside.crash()
        self.inside.start()


def test_a_minute_of_faults(ground: tuple[House, Postgres, Redis]) -> None:
    house, postgres, redis = ground
    ref, digest = house.run(PACK).split()
    house.start()
    programs = [Program(house, f"program-{number}") for number in range(2)]
    inside, reader = Inside(house, "inside"), Reader(house, ref, digest)
    for program in programs:
        program.start()
    inside.start()
    reader.start()
    Storm(house, postgres, redis, inside, random.Random(SEED)).rage(SECONDS)  # noqa: S311  a storm is no secret
    wait_until(house.answers, what="the web server", seen=house.installation.output)
    answers: dict[str, Any] = {}
    for program in programs:
        program.stop()
        assert program.refused == []
        assert program.statuses["500"] == 0, house.installation.output()
        assert program.answers
        answers |= program.answers
    inside.finish()
    reader.stop()
    assert reader.wrong == []
    assert reader.whole > 0
    assert inside.told
    judge(house, {**answers, **inside.told})
