"""An installation under load: programs that push until told to stop, and what it must show then."""

import hashlib
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import psycopg

from tests.faults.servers import free_port
from tests.installation import HOUSE, PATIENCE_SECONDS, Installation, wait_until

# What a program may be told while something is away, and what it does then: it sends again.
PASSING = {429, 500, 502, 503, 504}
FIELDS = {
    "evidence_type": "test_result",
    "kind": "event",
    "area": "availability",
    "source_system": "backup.example.org",
    "environment": "production",
    "covers_from": "2026-10-01",
    "covers_to": "2026-10-31",
    "collected_at": "2026-11-01T08:00:00Z",
}
SET_UP = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("createcachetable", verbosity=0)
from tests import cast
from tests.api import calls
alice = cast.person("compliance-lead", email="alice@example.org")
print(calls.give_token(alice, *calls.ALL_SCOPES))
"""


@dataclass
class House:
    """A running installation on PostgreSQL, and the token of a program."""

    installation: Installation
    database: str
    token: str = ""

    @property
    def url(self) -> str:
        return f"http://{self.installation.environment['LISTEN']}/api/v1"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def set_up(self) -> None:
        """Make the tables, and a person with a token; nothing of the house is started."""
        environment = {
            "LISTEN": f"127.0.0.1:{free_port()}",
            "API_REQUESTS_PER_MINUTE": "1000000",
            "DATABASE_URL": self.database,
            "WORKERS": "1",
        }
        self.installation.environment |= environment
        self.token = self.run(SET_UP).strip()

    def start(self, parts: str = "web,worker,beat") -> None:
        self.installation.start("--only", parts, "--no-prepare")
        if "web" in parts:
            wait_until(self.answers, what="the web server", seen=self.installation.output)

    def answers(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/openapi.json", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    def run(self, program: str, *arguments: str) -> str:
        """Run a Python program inside the installation; returns what it printed."""
        with self.begin(program, *arguments) as process:
            told, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, told
        return told

    def begin(self, program: str, *arguments: str) -> "subprocess.Popen[str]":
        environment = self.installation._environment() | {
            "DJANGO_SETTINGS_MODULE": "compliance.settings",
            "PYTHONPATH": str(HOUSE),
        }
        return subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            cwd=HOUSE,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Ask the database past Django, so that the answer shares nothing with what is tested."""
        with psycopg.connect(self.database) as server:
            return server.execute(question).fetchall()


@dataclass
class Program:
    """Pushes one item after another, each until it is taken in, as a program should."""

    house: House
    name: str
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._work, name=self.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let it finish the item that it is at."""
        self._stop.set()
        assert self._thread is not None
        self._thread.join(60)
        assert not self._thread.is_alive(), "an item is not taken in any more"

    def _work(self) -> None:
        number = 0
        with httpx2.Client(timeout=30) as client:
            while not self._stop.is_set():
                number += 1
                self._push(client, f"{self.name}-{number}")

    def _push(self, client: httpx2.Client, key: str) -> None:
        content = f"day,result\n2026-10-05,{key}\n".encode() * 200
        while True:
            try:
                answer = client.post(
                    f"{self.house.url}/evidence",
                    headers={**self.house.headers, "Idempotency-Key": key},
                    data={**FIELDS, "title": key},
                    files={"file": (f"{key}.csv", content, "text/csv")},
                )
            except httpx2.HTTPError as error:
                self.statuses[type(error).__name__] += 1
                time.sleep(0.1)
                continue
            self.statuses[str(answer.status_code)] += 1
            if answer.status_code in {200, 201}:
                said = answer.json()
                assert said["sha256"] == hashlib.sha256(content).hexdigest()
                self.answers[key] = said
                return
            if answer.status_code not in PASSING:
                self.refused.append(answer.text)
                return
            time.sleep(0.1)


def judge(house: House, answers: Mapping[str, Mapping[str, Any]]) -> None:
    """Hold the installation to what it answered: each item once, the log without a gap."""
    rows = house.ask(
        "SELECT k.key, e.ref, e.blob_id FROM evidence_intakekey k"
        " JOIN evidence_evidence e ON e.id = k.evidence_id"
    )
    kept = {key: (ref, digest) for key, ref, digest in rows}
    assert len(kept) == len(rows), "one key has two items"
    told = {key: (said["ref"], said["sha256"]) for key, said in answers.items()}
    assert kept == told
    assert len({ref for ref, _ in told.values()}) == len(told), "one item was given for two"
    ((least, most, count),) = house.ask(
        "SELECT min(index), max(index), count(*) FROM evidence_ledgerentry"
    )
    assert (least, most) == (0, count - 1), "the log has a gap"
    ((items, leaves),) = house.ask(
        "SELECT (SELECT count(*) FROM evidence_evidence),"
        " (SELECT count(*) FROM evidence_ledgerentry WHERE kind = 'evidence')"
    )
    assert items == leaves
    ended = house.installation.manage("verify_ledger")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " 0 problems." in ended.stdout
