"""The clock goes on after ticks that nobody read in time."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import Installation, wait_until
from tests.jobs.test_kill import Truth, run

pytestmark = pytest.mark.slow


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Installation]:
    url = f"sqlite:///{tmp_path}/countersign.sqlite3"
    found = Installation(
        tmp_path,
        {
            "PLUGINS": "tests.jobs.effects",
            "DATABASE_URL": url,
            "BROKER_URL": "filesystem://",
            "JOB_TICK_SECONDS": "1",
            "JOB_RESEND_SECONDS": "1",
        },
    )
    yield found
    found.end()


def test_a_worker_that_meets_an_old_tick_hears_the_next_ones(house: Installation) -> None:
    run(house, "migrate", "--verbosity", "0")
    run(house, "plant", "effects.leave", "1")
    broker = house.folder / "broker"
    for call in broker.glob("job-*"):
        call.unlink()  # Now only a tick can bring the job to a worker.
    tick = broker / "tick.clock.msg"
    house.start("--only", "beat", "--no-prepare")
    wait_until(tick.exists, what="the first tick", seen=house.output)
    house.end()
    time.sleep(5)

    house.start("--only", "worker", "--no-prepare")
    wait_until(lambda: not tick.exists(), what="the old tick to be read", seen=house.output)
    clock = Installation(house.folder, house.environment)
    clock.start("--only", "beat", "--no-prepare")

    truth = Truth(house.environment["DATABASE_URL"])
    wait_until(lambda: truth.count("done") == 1, what="the job to be done", seen=house.output)
    clock.end()
