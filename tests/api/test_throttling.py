"""One token cannot crowd the others out, whichever web process it asks; counting is cheap."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from compliance.api import throttling
from compliance.api.throttling import Meter, SharedMeter
from tests.api import calls
from tests.api.calls import EVIDENCE, Program
from tests.installation import HOUSE, OURS, PATIENCE_SECONDS

# A web process as far as counting goes: it takes all that it gets at one moment.
WEB_PROCESS = """
import django, sys
django.setup()
from compliance.api.throttling import SharedMeter
meter, granted = SharedMeter(), 0
sys.stdin.readline()
while not meter.take("a", per_minute=97, now=1000.0):
    granted += 1
print(granted)
"""


class _Clock:
    """Stands in for the module `time` of the meter."""

    def __init__(self) -> None:
        self.now = 30.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    made = _Clock()
    monkeypatch.setattr(throttling, "time", made)
    return made


def spent(meter: SharedMeter, *, per_minute: int, now: float, key: str = "a") -> int:
    """Take calls until one is refused; returns how many were granted."""
    granted = 0
    while not meter.take(key, per_minute=per_minute, now=now):
        granted += 1
    return granted


class TestMeter:
    def test_a_minute_may_be_spent_at_once(self) -> None:
        meter = Meter()
        assert [meter.take("a", per_minute=3, now=10.0) for _ in range(3)] == [0, 0, 0]
        assert meter.take("a", per_minute=3, now=10.0) == pytest.approx(20)

    def test_what_was_spent_comes_back_evenly(self) -> None:
        meter = Meter()
        for _ in range(60):
            meter.take("a", per_minute=60, now=0.0)
        assert meter.take("a", per_minute=60, now=0.5) == pytest.approx(0.5)
        assert meter.take("a", per_minute=60, now=1.0) == 0
        assert meter.take("a", per_minute=60, now=1.0) == pytest.approx(1.0)

    def test_a_refused_call_is_not_counted(self) -> None:
        meter = Meter()
        meter.take("a", per_minute=1, now=0.0)
        for _ in range(50):
            assert meter.take("a", per_minute=1, now=1.0) == pytest.approx(59)
        assert meter.take("a", per_minute=1, now=60.0) == 0

    def test_keys_do_not_share(self) -> None:
        meter = Meter()
        meter.take("a", per_minute=1, now=0.0)
        assert meter.take("b", per_minute=1, now=0.0) == 0

    def test_it_forgets_first_who_called_longest_ago(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(throttling, "_MOST_KEYS", 3)
        meter = Meter()
        for key in ("a", "b", "c", "a", "d"):
            meter.take(key, per_minute=2, now=0.0)
        assert list(meter._due) == ["c", "a", "d"]
        assert meter.take("a", per_minute=2, now=0.0) > 0


class TestSharedMeter:
    """Two meters on one cache are two web processes."""

    @pytest.fixture
    def shared(self, request: pytest.FixtureRequest) -> LocMemCache:
        return LocMemCache(request.node.nodeid, {})

    def test_a_minute_may_be_spent_at_once(self, shared: LocMemCache) -> None:
        assert spent(SharedMeter(shared), per_minute=1200, now=1000.0) == 1200

    def test_two_processes_grant_the_rate_once(self, shared: LocMemCache) -> None:
        one, other = SharedMeter(shared), SharedMeter(shared)
        granted = 0
        while True:
            waits = [meter.take("a", per_minute=60, now=1000.0) for meter in (one, other)]
            granted += waits.count(0.0)
            if all(waits):
                break
        assert granted == 60

    def test_it_says_when_the_next_call_is_granted(self, shared: LocMemCache) -> None:
        meter = SharedMeter(shared)
        assert spent(meter, per_minute=2, now=60.0) == 2
        assert meter.take("a", per_minute=2, now=70.0) == pytest.approx(20)
        assert meter.take("a", per_minute=2, now=89.9) == pytest.approx(0.1)
        assert meter.take("a", per_minute=2, now=90.0) == 0
        assert meter.take("a", per_minute=2, now=90.0) == pytest.approx(30)

    def test_keys_do_not_share(self, shared: LocMemCache) -> None:
        meter = SharedMeter(shared)
        assert spent(meter, per_minute=3, now=60.0) == 3
        assert spent(meter, per_minute=3, now=60.0, key="b") == 3

    def test_what_was_claimed_lapses_unspent(self, shared: LocMemCache) -> None:
        meter = SharedMeter(shared)
        assert meter.take("a", per_minute=1200, now=1000.0) == 0
        assert spent(meter, per_minute=1200, now=1000.0 + 3600) == 1200

    def test_a_clock_that_was_set_back_makes_nobody_wait_for_ever(
        self, shared: LocMemCache
    ) -> None:
        meter = SharedMeter(shared)
        assert spent(meter, per_minute=5, now=100_000.0) == 5
        assert spent(meter, per_minute=5, now=5_000.0) == 5

    def test_a_refused_call_does_not_ask_the_cache_again(self, shared: LocMemCache) -> None:
        meter = SharedMeter(shared)
        assert spent(meter, per_minute=5, now=100.0) == 5
        shared.clear()
        assert meter.take("a", per_minute=5, now=100.0) > 0

    def test_it_forgets_first_who_called_longest_ago(
        self, shared: LocMemCache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(throttling, "_MOST_KEYS", 2)
        meter = SharedMeter(shared)
        for key in ("a", "b", "a", "c"):
            meter.take(key, per_minute=40, now=0.0)
        assert [key for key, _ in meter._purses] == ["a", "c"]
        # What was forgotten stays claimed, so that forgetting grants nothing.
        assert spent(meter, per_minute=40, now=0.0, key="b") == 38

    @given(
        rate=st.integers(1, 500),
        steps=st.lists(st.tuples(st.integers(0, 2), st.floats(0, 40), st.integers(1, 200))),
        start=st.floats(0, 2e9),
    )
    def test_no_minute_grants_more_than_twice_the_rate_and_no_hour_more_than_its_share(
        self, rate: int, steps: list[tuple[int, float, int]], start: float
    ) -> None:
        shared = LocMemCache(f"property-{rate}-{start}", {})
        shared.clear()
        meters = [SharedMeter(shared) for _ in range(3)]
        now, granted = start, 0
        for place, pause, asked in steps:
            now += pause
            waits = [meters[place].take("a", per_minute=rate, now=now) for _ in range(asked)]
            granted += waits.count(0.0)
            assert all(0 <= wait <= 60 for wait in waits)
        # A whole minute in hand at the start, and what came in since.
        assert granted <= rate + (now - start) / 60 * rate + -(-rate // throttling.SLICES)

    @pytest.mark.django_db(transaction=True)
    def test_of_many_threads_each_slice_is_claimed_by_one(self) -> None:
        meters = [SharedMeter() for _ in range(4)]

        def work(meter: SharedMeter) -> int:
            try:
                return spent(meter, per_minute=60, now=1000.0)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(work, meters)) == 60

    def test_two_processes_of_one_installation_grant_the_rate_once(self, tmp_path: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        environment = kept | {
            "DJANGO_SETTINGS_MODULE": "compliance.settings",
            "VAR_DIR": str(tmp_path),
            "PYTHONPATH": str(HOUSE),
        }
        subprocess.run(
            [sys.executable, "manage.py", "createcachetable"],
            cwd=HOUSE,
            env=environment,
            check=True,
        )
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", WEB_PROCESS],
                cwd=HOUSE,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        told = [one.communicate("go\n", timeout=PATIENCE_SECONDS)[0] for one in processes]
        # 97 calls come in slices of 5, of which 19 fit into a minute.
        assert sum(map(int, told)) == 95


@pytest.mark.django_db
class TestDoor:
    def test_a_token_that_calls_too_often_must_wait(
        self, robot: Program, alice: User, settings: Settings, clock: _Clock
    ) -> None:
        settings.API_REQUESTS_PER_MINUTE = 2
        assert robot.get(EVIDENCE).status_code == 200
        assert robot.get(EVIDENCE).status_code == 200
        answer = robot.get(EVIDENCE)
        calls.error(answer, 429, "throttled")
        assert answer.headers["Retry-After"] == "30"
        assert calls.program(alice).get(EVIDENCE).status_code == 200
        clock.now = 60.0
        assert robot.get(EVIDENCE).status_code == 200

    @pytest.mark.usefixtures("clock")
    def test_another_web_process_grants_no_more(
        self, robot: Program, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.API_REQUESTS_PER_MINUTE = 1
        assert robot.get(EVIDENCE).status_code == 200
        monkeypatch.setattr(throttling, "_CALLS", SharedMeter())
        calls.error(robot.get(EVIDENCE), 429, "throttled")

    def test_counting_costs_a_query_per_slice_only(self, robot: Program) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                assert robot.get("/api/v1/runs").status_code == 200
            return sum("api-rate" in query["sql"] for query in queries)

        assert asked() > 0
        assert [asked() for _ in range(3)] == [0, 0, 0]

    @pytest.mark.usefixtures("clock")
    def test_refused_scopes_count_too(self, alice: User, settings: Settings) -> None:
        settings.API_REQUESTS_PER_MINUTE = 1
        reader = calls.program(alice, "runs:read")
        calls.error(reader.get(EVIDENCE), 403, "insufficient_scope")
        calls.error(reader.get(EVIDENCE), 429, "throttled")

    def test_guessing_tokens_is_slowed_down_by_address(
        self, robot: Program, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(throttling, "FAILURES_PER_MINUTE", 2)
        guess = {"Authorization": "Bearer cs_p_guess"}

        def answer(address: str) -> int:
            return client.get(EVIDENCE, headers=guess, REMOTE_ADDR=address).status_code

        assert [answer("192.0.2.1") for _ in range(3)] == [401, 401, 429]
        assert answer("192.0.2.2") == 401
        assert (
            robot.client.get(
                EVIDENCE,
                headers={"Authorization": f"Bearer {robot.secret}"},
                REMOTE_ADDR="192.0.2.1",
            ).status_code
            == 200
        )
