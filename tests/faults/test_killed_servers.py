"""PostgreSQL and Redis are killed amid pushes and jobs; the soak kills the other parts as well."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.faults.house import House, Program, judge
from tests.faults.servers import Postgres, Redis
from tests.installation import Installation, wait_until

pytestmark = pytest.mark.slow
JOBS = 12


@dataclass
class Ground:
    """An installation with its servers, and all that was answered so far."""

    house: House
    postgres: Postgres
    redis: Redis
    told: dict[str, dict[str, Any]] = field(default_factory=dict)

    def jobs(self, name: str) -> dict[str, int]:
        """Count the planted jobs of a name by state."""
        question = "SELECT state, count(*) FROM jobs_job WHERE key LIKE '{}-%' GROUP BY state"
        return dict(self.house.ask(question.format(name)))


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("killed")
    postgres, redis = Postgres(), Redis(folder)
    installation = Installation(
        folder / "house",
        {
            "PLUGINS": "tests.jobs.effects",
            "JOB_LEASE_SECONDS": "2",
            "JOB_RESEND_SECONDS": "2",
            "JOB_TICK_SECONDS": "1",
        },
    )
    installation.folder.mkdir()
    try:
        installation.environment["BROKER_URL"] = redis.start()
        house = House(installation, postgres.start())
        house.set_up()
        house.start()
        yield Ground(house, postgres, redis)
    finally:
        installation.end()
        redis.end()
        postgres.end()


def away(server: Postgres | Redis) -> None:
    server.crash()
    server.start()


FAULTS: dict[str, Callable[[Ground], None]] = {
    "postgres": lambda ground: away(ground.postgres),
    "redis": lambda ground: away(ground.redis),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_lost_and_nothing_doubled(ground: Ground, fault: str) -> None:
    house = ground.house
    programs = [Program(house, f"{fault}-{number}") for number in range(3)]
    for program in programs:
        program.start()
    planted = ("plant", "effects.leave", str(JOBS), "--name", fault, "--seconds", "0.3")
    ended = house.installation.manage(*planted)
    assert ended.returncode == 0, ended.stderr
    for _ in range(2):
        before = sum(len(program.answers) for program in programs)
        FAULTS[fault](ground)
        wait_until(
            lambda before=before: sum(len(one.answers) for one in programs) > before + 5,  # type: ignore[misc]
            what=f"pushes after {fault} was killed",
            seen=house.installation.output,
        )
    for program in programs:
        program.stop()
        assert program.refused == []
        # Something that is away is told as such, and never as a fault of ours.
        assert program.statuses["500"] == 0, house.installation.output()
        ground.told |= program.answers
    wait_until(
        lambda: ground.jobs(fault) == {"done": JOBS},
        what=f"the jobs after {fault} was killed",
        seen=lambda: f"{ground.jobs(fault)}\n{house.installation.output()}",
    )
    ((effects,),) = house.ask(f"SELECT count(*) FROM effect WHERE name LIKE '{fault}-%'")
    assert effects == JOBS
    judge(house, ground.told)
