"""Every bad answer of the trade through a whole run: a clear reason, nothing stored, recovery."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.base import Answer, Ask, Row
from collectors.models import Run
from collectors.wire import http
from collectors.wire.answers import LONGEST_PAUSE
from evidence.models import Blob, Evidence
from tests.collectors import world
from tests.collectors.loopback import Loopback, Reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]

GOOD = Reply(b'[{"door": "front", "locked": true}]')
SECRET = "hunter2-hunter2"


@dataclass(frozen=True)
class Case:
    """One bad answer and what a person is to learn from it."""

    reply: Reply
    words: str
    passes: bool
    pause: timedelta | None = None


CASES = {
    "401": Case(Reply(status=401), "answered 401: our credentials are refused", passes=False),
    "403": Case(Reply(status=403), "answered 403: our credentials are refused", passes=False),
    "404": Case(Reply(status=404), "does not accept the question", passes=False),
    "429": Case(Reply(status=429), "we ask too often", passes=True),
    "429 with a pause": Case(
        Reply(status=429, headers={"Retry-After": "90"}),
        "we ask too often",
        passes=True,
        pause=timedelta(seconds=90),
    ),
    "500": Case(Reply(status=500), "a fault of its own", passes=True),
    "503 with a pause": Case(
        Reply(status=503, headers={"Retry-After": "600"}),
        "a fault of its own",
        passes=True,
        pause=timedelta(minutes=10),
    ),
    "a redirect": Case(
        Reply(status=307, headers={"Location": "https://sign-in.example.org/"}),
        "a redirect, which is not followed",
        passes=False,
    ),
    "HTML": Case(
        Reply(b"<html><body>Sign in</body></html>"),
        "a web page instead of JSON",
        passes=False,
    ),
    "truncated JSON": Case(Reply(b'[{"door": "fro'), "broken or cut off at byte", passes=False),
    "nothing": Case(Reply(b""), "broken or cut off", passes=False),
    "a connection that breaks": Case(
        Reply(b'[{"door": "fro', declared_length=900), "broke off", passes=True
    ),
    "a closed door": Case(Reply(hang_up=True), "broke off", passes=True),
    "silence": Case(Reply(b"[]", wait=30), "did not answer in time", passes=True),
    "a drip": Case(
        Reply(b"[" + b" " * 900 + b"]", drip=0.02), "did not answer in time", passes=True
    ),
    "another shape": Case(Reply(b'{"doors": []}'), "The collector has a fault", passes=False),
    "wrong types": Case(
        Reply(b'[{"door": 7, "locked": "yes"}]'), "does not fit the declared columns", passes=False
    ),
}


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A collector that asks over HTTP, as most do."""

    def rows(ask: Ask[Any]) -> Iterator[Row]:
        secret = ask.settings.token.get_secret_value()
        headers = {"Authorization": f"Bearer {secret}"}
        with ask.http(ask.settings.house, headers=headers, request_seconds=0.4) as api:
            answered: Any = api.get_json("/doors", params={"key": secret})
            for door in answered:
                yield (door["door"], door["locked"])

    def collect(ask: Ask[Any]) -> Answer:
        return world.answer(rows(ask), source_system=ask.settings.house)

    world.install(monkeypatch, collect)


@pytest.mark.parametrize("name", CASES)
def test_a_bad_answer_is_a_failed_run_and_the_next_one_works(
    monkeypatch: pytest.MonkeyPatch, own_folders: Path, name: str
) -> None:
    case = CASES[name]
    install(monkeypatch)
    with Loopback(case.reply) as server:
        source = world.source(values={"house": server.url, "token": SECRET})
        failed = world.collect(source)
        assert failed.state == Run.State.FAILED
        assert case.words in failed.reason
        assert failed.transient is case.passes
        assert failed.retry_after == case.pause
        assert SECRET not in failed.reason
        assert world.leaf(failed)["state"] == "failed"
        assert (Evidence.objects.count(), Blob.objects.count()) == (0, 0)
        assert [path for path in (own_folders / "store").rglob("*") if path.is_file()] == []
        assert list((own_folders / "scratch").iterdir()) == []
        server.replies = [GOOD]
        # What a worker was told to wait is over by then.
        later = time.time() + LONGEST_PAUSE.total_seconds()
        monkeypatch.setattr("collectors.wire.pauses.time", lambda: later)
        run = world.collect(source, attempt=2)
    assert run.state == Run.State.COMPLETE, run.reason
    assert world.text(run.evidence) == "door,locked\nfront,true\n"  # type: ignore[arg-type]


def test_a_reason_is_a_sentence_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    for number, case in enumerate(CASES.values()):
        with Loopback(case.reply) as server:
            source = world.source(values={"house": server.url, "token": SECRET})
            reason = world.collect(source, key=f"ticket-{number}").reason
        assert "Traceback" not in reason
        assert "object at 0x" not in reason
        assert len(reason) <= 1000


def test_a_pause_of_seconds_is_waited_for_within_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    busy = Reply(status=429, headers={"Retry-After": "1"})
    with Loopback(busy, GOOD) as server:
        run = world.collect(world.source(values={"house": server.url, "token": SECRET}))
    assert run.state == Run.State.COMPLETE
    assert len(server.asked) == 2


def test_a_pause_is_kept_for_the_other_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another source with the same credential is not asked either, and says for how long."""
    install(monkeypatch)
    with Loopback(Reply(status=429, headers={"Retry-After": "90"}), GOOD) as server:
        first, other = (
            world.collect(
                world.source(values={"house": server.url, "token": SECRET}), key=f"ticket-{each}"
            )
            for each in range(2)
        )
        assert len(server.asked) == 1
    assert [first.state, other.state] == [Run.State.FAILED, Run.State.FAILED]
    assert "asked one of our workers to wait" in other.reason
    assert other.transient
    assert other.retry_after
    assert timedelta(0) < other.retry_after <= timedelta(seconds=90)


def test_an_answer_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MOST_BYTES", 1000)

    def rows(ask: Ask[Any]) -> Iterator[Row]:
        with ask.http(ask.settings.house, most_bytes=http.MOST_BYTES) as api:
            api.get_json()
            yield ("front", True)

    world.install(monkeypatch, lambda ask: world.answer(rows(ask)))
    with Loopback(Reply(b"[" + b" " * 5000 + b"]")) as server:
        run = world.collect(world.source(values={"house": server.url}))
    assert run.state == Run.State.FAILED
    assert "more than 1,000 bytes" in run.reason
