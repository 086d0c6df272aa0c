"""A worker that is killed in the middle of a run, as a real process on a real database."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.installation import HOUSE, OURS, PATIENCE_SECONDS, wait_until

# A collector of this test only: it writes a row, says so, and waits to be killed or let go.
COLLECTOR = '''
from pathlib import Path
import os, time
from collectors.base import Answer, Ask, AsksFor, Declaration, SourceSettings

COLLECTOR = Declaration(
    title="Slow doors", asks="Which doors are there?", kind="state", asks_for=AsksFor.MOMENT,
    evidence_type="population_export", area="access_control", columns={"door": "text"},
    completeness="All.", permission="None.", schedule="0 3 * * *",
)

class Settings(SourceSettings):
    """Nothing to set."""

def collect(ask: Ask[Settings]) -> Answer:
    ask.trail.source_count = 1
    return Answer(rows=rows(ask), source_system="the house", query="all doors")

def rows(ask):
    yield ("front",)
    (ask.scratch / "copy-of-everything").write_text("secret")
    flag = Path(os.environ["FLAG"])
    flag.touch()
    while flag.exists():
        time.sleep(0.02)
'''
WORKER = """
import django, sys
django.setup()
from unittest.mock import patch
from collectors import registry
import slow_doors
made = registry.inspect_module("slow_doors", slow_doors, version="1")
known = {**registry.collectors(), "slow_doors": made}
with patch.object(registry, "collectors", lambda: known):
    from collectors import connections, run
    from collectors.models import Run, Source
    source = Source.objects.first() or connections.connect(
        "slow_doors", slug="doors", wishes=connections.Wishes(title="Doors"), by="system"
    )
    done = run.perform(source, period=None, key="ticket", attempt=int(sys.argv[1]))
from evidence.models import Evidence
import json
print(json.dumps([done.state, done.attempt, Run.objects.count(), Evidence.objects.count()]))
"""


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "compliance.settings",
        "VAR_DIR": str(folder / "var"),
        "FLAG": str(folder / "flag"),
        "PYTHONPATH": f"{folder}{os.pathsep}{HOUSE}",
    }


def worker(folder: Path, attempt: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(attempt)],
        cwd=HOUSE,
        env=environment(folder),
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    (tmp_path / "slow_doors.py").write_text(COLLECTOR)
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=HOUSE,
        env=environment(tmp_path),
        check=True,
    )
    return tmp_path


def runs_left(folder: Path) -> list[Path]:
    return list((folder / "var" / "scratch").glob("run-*"))


def test_a_killed_run_leaves_nothing_and_the_next_one_works(installed: Path) -> None:
    flag = installed / "flag"
    for attempt in (1, 2):
        process = worker(installed, attempt)
        wait_until(flag.exists, what="the collector to be in the middle of its rows")
        process.send_signal(signal.SIGKILL)
        process.communicate()
        flag.unlink()
        assert len(runs_left(installed)) == 1
    process = worker(installed, 3)
    wait_until(flag.exists, what="the third attempt")
    # The copies that the killed ones left are gone; only the folder of this run is there.
    assert len(runs_left(installed)) == 1
    flag.unlink()
    told, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert json.loads(told) == ["complete", 3, 1, 1]
    assert runs_left(installed) == []


def test_two_workers_on_one_ticket_give_one_answer(installed: Path) -> None:
    flag = installed / "flag"
    first = worker(installed, 1)
    wait_until(flag.exists, what="the first worker")
    second = worker(installed, 2)
    wait_until(lambda: len(runs_left(installed)) == 2, what="the second worker")
    time.sleep(0.3)
    flag.unlink()
    told = sorted(
        json.loads(each.communicate(timeout=PATIENCE_SECONDS)[0])[:1] for each in (first, second)
    )
    assert told == [["complete"], ["complete"]]
    last = worker(installed, 3)
    assert json.loads(last.communicate(timeout=PATIENCE_SECONDS)[0])[2:] == [1, 1]
