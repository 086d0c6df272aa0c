"""One token cannot crowd the others out, and counting costs no query."""

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from compliance.api import throttling
from compliance.api.throttling import Meter
from tests.api import calls
from tests.api.calls import EVIDENCE, Program


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


@pytest.mark.django_db
class TestDoor:
    def test_a_token_that_calls_too_often_must_wait(
        self, robot: Program, alice: User, settings: Settings
    ) -> None:
        settings.API_REQUESTS_PER_MINUTE = 2
        assert robot.get(EVIDENCE).status_code == 200
        assert robot.get(EVIDENCE).status_code == 200
        answer = robot.get(EVIDENCE)
        calls.error(answer, 429, "throttled")
        assert 29 <= int(answer.headers["Retry-After"]) <= 30
        assert calls.program(alice).get(EVIDENCE).status_code == 200

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
