"""One real worker with a mixed queue: a long queue of events lets other work through."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.house import House
from tests.finix.receiver import listening
from tests.installation import Installation, wait_until

pytestmark = pytest.mark.slow
EVENTS, OTHERS = 150, 5
# Eight at a time, so that all of it takes longer than the five seconds of a stretch.
ANSWERED_AFTER = 0.4
FILL = """
import sys
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("createcachetable", verbosity=0)
from accounts import roles
from jobs.queue import enqueue
from merchants import parties
from merchants.webhooks import hooks
from tests import cast
from tests.merchants import shops
roles.sync()
alice = cast.person("compliance-lead", email="alice@example.org")
hooks.add(hooks.Wish(url=sys.argv[1]), environment="live", application=None, actor="system")
parties.add_merchants(
    shops.application(alice), [shops.applicant()] * int(sys.argv[2]), by=alice
)
for number in range(int(sys.argv[3])):
    enqueue("merchants.sweep", key=f"meanwhile-{number}", payload={})
"""
QUESTIONS = {
    "delivered": "SELECT count(*) FROM merchants_delivery WHERE state = 'DELIVERED'",
    "events_until": "SELECT max(at) FROM merchants_deliveryattempt",
    "stretches": "SELECT count(*) FROM jobs_job WHERE kind = 'merchants.webhooks'",
    "others": "SELECT count(*) FROM jobs_job WHERE key LIKE 'meanwhile-%' AND state = 'done'",
    "others_until": "SELECT max(finished_at) FROM jobs_job WHERE key LIKE 'meanwhile-%'",
}


def test_other_work_is_done_before_the_last_of_many_events(tmp_path: Path) -> None:
    said = {"WORKERS": "1", "PRIVATE_ADDRESSES": "webhooks"}
    installation = Installation(tmp_path, said)
    house = House(installation, database="")
    with listening() as receiver:
        house.run(FILL, receiver.url, str(EVENTS), str(OTHERS))
        receiver.seconds = ANSWERED_AFTER
        installation.start("--only", "worker", "--no-prepare")
        try:
            wait_until(
                lambda: len(receiver.events) >= EVENTS, what="every event", seen=installation.output
            )
            wait_until(lambda: told(tmp_path)["delivered"] == EVENTS, what="the last note")
        finally:
            installation.end()
        found = told(tmp_path)
    assert found["others"] == OTHERS
    assert found["stretches"] >= 2
    assert found["others_until"] < found["events_until"]


def told(folder: Path) -> dict[str, Any]:
    """Return what the database says, read past the worker."""
    with closing(sqlite3.connect(folder / "countersign.sqlite3", timeout=60)) as file:
        return {name: file.execute(asked).fetchone()[0] for name, asked in QUESTIONS.items()}
