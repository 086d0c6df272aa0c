"""The S3 endpoint goes away in the middle of a file and comes back: all is kept, or nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from collectors.models import Run
from collectors.run import perform
from evidence import intake, ledger, store, stores
from evidence.errors import StoreError
from evidence.models import Blob, Evidence
from tests.api import calls
from tests.api.calls import EVIDENCE, Program
from tests.collectors import world
from tests.evidence import items
from tests.faults.servers import Road

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
BIG = b"0123456789abcdef" * 65_536


@pytest.fixture(scope="module")
def endpoint() -> Iterator[tuple[str, int]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()
    server.stop()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What happens instead of the pauses between two tries of the S3 client."""
    deeds: list[Callable[[], None]] = []

    def sleep(_seconds: float) -> None:
        for deed in deeds:
            deed()

    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=sleep))
    return deeds


@pytest.fixture
def road(
    endpoint: tuple[str, int],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    pauses: list[Callable[[], None]],
) -> Iterator[Road]:
    """The way to a bucket of this test alone."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    way = Road(endpoint)
    way.mend()
    bucket = f"faults-{abs(hash(request.node.nodeid))}"
    settings.STORE_URL = f"s3://{bucket}/kept"
    settings.STORE_S3_ENDPOINT = f"http://127.0.0.1:{way.port}"
    settings.STORE_S3_MODE = "GOVERNANCE"
    client(endpoint).create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    yield way
    way.cut()
    stores._connected.cache_clear()


@pytest.fixture
def robot(alice: Any) -> Program:
    return calls.program(alice)


def client(endpoint: tuple[str, int]) -> Any:
    return boto3.client("s3", endpoint_url="http://{}:{}".format(*endpoint))


def kept(endpoint: tuple[str, int], settings: Settings) -> int:
    """Count the versions of files in the bucket, past the product."""
    bucket = settings.STORE_URL.split("/")[2]
    return len(client(endpoint).list_object_versions(Bucket=bucket).get("Versions", []))


def staged(settings: Settings) -> list[Path]:
    return [path for path in Path(settings.SCRATCH_DIR).rglob("*") if path.is_file()]


def read(evidence: Evidence) -> bytes:
    return b"".join(store.stream(evidence.blob_id))


def test_while_it_is_away_nothing_is_taken_in_and_a_program_is_told_so(
    road: Road, endpoint: tuple[str, int], settings: Settings, robot: Program
) -> None:
    road.cut()
    answer = robot.push("one")
    calls.error(answer, 503, "store_away")
    assert answer.headers["Retry-After"] == "30"
    assert (Evidence.objects.count(), ledger.size(), staged(settings)) == (0, 0, [])
    road.mend()
    assert robot.push("one").status_code == 201
    assert robot.push("one").status_code == 200
    assert (Evidence.objects.count(), kept(endpoint, settings)) == (1, 1)


def test_cut_off_in_a_file_and_back_in_time_it_is_kept_once(
    road: Road,
    endpoint: tuple[str, int],
    settings: Settings,
    pauses: list[Callable[[], None]],
) -> None:
    pauses.append(road.mend)
    road.cut_after = len(BIG) // 2
    evidence = intake.receive(items.submission(content=BIG, filename="big.txt"), actor="system")
    assert read(evidence) == BIG
    assert kept(endpoint, settings) == 1
    assert staged(settings) == []


def test_cut_off_in_the_last_file_of_many_none_is_taken_in(
    road: Road, endpoint: tuple[str, int], settings: Settings
) -> None:
    wanted = [
        items.submission(content=BIG + bytes([number]), filename=f"{number}.txt")
        for number in range(4)
    ]
    road.cut_after = 3 * len(BIG)
    with pytest.raises(StoreError):
        intake.receive_many(wanted, actor="system")
    assert (Evidence.objects.count(), Blob.objects.count(), ledger.size()) == (0, 0, 0)
    assert staged(settings) == []
    road.mend()
    made = intake.receive_many(wanted, actor="system")
    assert [read(one) for one in made] == [one.content for one in wanted]


def test_what_is_kept_cannot_be_read_meanwhile_and_is_there_afterwards(
    road: Road, robot: Program
) -> None:
    ref = robot.push("one").json()["ref"]
    road.cut()
    calls.error(robot.get(f"{EVIDENCE}/{ref}/content"), 503, "store_away")
    road.mend()
    answer = robot.get(f"{EVIDENCE}/{ref}/content")
    assert b"".join(answer.streaming_content) == b"day,result\n2026-10-05,ok\n"


def test_a_run_says_that_the_store_was_away_and_the_next_one_works(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = world.source(world.install(monkeypatch))
    road.cut()
    run = perform(source, period=None, key="night", attempt=1)
    assert (run.state, run.transient, run.evidence) == (Run.State.FAILED, True, None)
    assert "did not answer" in run.reason
    road.mend()
    run = perform(source, period=None, key="night", attempt=2)
    assert run.state == Run.State.COMPLETE
    assert run.evidence
    assert read(run.evidence)
