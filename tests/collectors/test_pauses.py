"""What one worker was told by a source holds the others back, and nobody else."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache.backends.locmem import LocMemCache

from collectors.deadline import Deadline
from collectors.errors import SourceBrokenError, SourceBusyError
from collectors.trail import Trail
from collectors.wire import pauses
from collectors.wire.answers import LONGEST_PAUSE, UNTOLD_PAUSE
from collectors.wire.http import Client
from collectors.wire.pauses import Quota
from tests.collectors.loopback import Loopback, Reply

HOUSE = "of the house"
GOOD = Reply(b"[]")
BUSY = Reply(status=429, headers={"Retry-After": "120"})


@pytest.fixture
def shared() -> Iterator[LocMemCache]:
    """What the workers share; the database does the same."""
    cache = LocMemCache("pauses", {})
    yield cache
    cache.clear()


def worker(server: Loopback, shared: LocMemCache, token: str = HOUSE) -> Client:
    """A client as another process would make it."""
    headers = {"Authorization": f"Bearer {token}"}
    shown = pauses.who(auth=None, headers=headers, otherwise="source")
    return Client(
        server.url,
        deadline=Deadline.after(timedelta(seconds=60)),
        trail=Trail(),
        headers=headers,
        quota=Quota(shared, server.url, shown),
    )


def test_a_pause_holds_the_other_workers_back(shared: LocMemCache) -> None:
    with Loopback(BUSY, GOOD) as server:
        with worker(server, shared) as first, pytest.raises(SourceBusyError):
            first.get_json()
        with worker(server, shared) as second, pytest.raises(SourceBusyError) as caught:
            second.get_json()
        assert len(server.asked) == 1
    left = caught.value.retry_after
    assert left
    assert timedelta(seconds=60) < left <= timedelta(seconds=120)


def test_it_is_over_when_it_is_over(shared: LocMemCache, monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback(BUSY, GOOD) as server:
        with worker(server, shared) as first, pytest.raises(SourceBusyError):
            first.get_json()
        later = time.time() + 121
        monkeypatch.setattr("collectors.wire.pauses.time", lambda: later)
        with worker(server, shared) as second:
            assert second.get_json() == []


def test_another_credential_has_a_quota_of_its_own(shared: LocMemCache) -> None:
    with Loopback(BUSY, GOOD) as server:
        with worker(server, shared) as first, pytest.raises(SourceBusyError):
            first.get_json()
        with worker(server, shared, "of the neighbours") as second:
            assert second.get_json() == []


def test_another_server_is_not_meant(shared: LocMemCache) -> None:
    with Loopback(BUSY) as server, worker(server, shared) as first, pytest.raises(SourceBusyError):
        first.get_json()
    with Loopback(GOOD) as server, worker(server, shared) as second:
        assert second.get_json() == []


def test_a_good_answer_may_be_the_last_for_a_while(shared: LocMemCache) -> None:
    """The one that was answered keeps its answer; nobody asks until the quota is filled again."""
    last = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 600)}
    with Loopback(Reply(b"[1]", headers=last), GOOD) as server:
        with worker(server, shared) as first:
            assert first.get_json() == [1]
            with pytest.raises(SourceBusyError):
                first.get_json()
        with worker(server, shared) as second, pytest.raises(SourceBusyError):
            second.get_json()
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "40"}, 40),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "3600"}, 3600),
        ({"Retry-After": "7"}, 7),
        ({}, UNTOLD_PAUSE.total_seconds()),
        ({"Retry-After": "9999999"}, LONGEST_PAUSE.total_seconds()),
    ],
)
def test_how_long_is_told_in_several_ways(
    shared: LocMemCache, headers: dict[str, str], seconds: float
) -> None:
    with Loopback(Reply(status=429, headers=headers)) as server:
        with worker(server, shared) as first, pytest.raises(SourceBusyError):
            first.get_json()
        with worker(server, shared) as second, pytest.raises(SourceBusyError) as caught:
            second.get_json()
    left = caught.value.retry_after
    assert left
    assert seconds - 60 < left.total_seconds() <= seconds


def test_what_is_left_of_a_quota_holds_nobody_back(shared: LocMemCache) -> None:
    more = {"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": str(int(time.time()) + 600)}
    with Loopback(Reply(b"[1]", headers=more)) as server, worker(server, shared) as first:
        assert (first.get_json(), first.get_json()) == ([1], [1])


def test_a_fault_without_a_pause_holds_nobody_back(shared: LocMemCache) -> None:
    with Loopback(Reply(status=500)) as server:
        with worker(server, shared) as first, pytest.raises(SourceBrokenError):
            first.get_json()
        asked = len(server.asked)
        with worker(server, shared) as second, pytest.raises(SourceBrokenError):
            second.get_json()
        assert len(server.asked) > asked


def test_a_source_that_is_shut_for_an_hour_is_left_alone(shared: LocMemCache) -> None:
    with Loopback(Reply(status=503, headers={"Retry-After": "3600"})) as server:
        with worker(server, shared) as first, pytest.raises(SourceBrokenError):
            first.get_json()
        with worker(server, shared) as second, pytest.raises(SourceBusyError):
            second.get_json()
        assert len(server.asked) == 1


def test_a_clock_that_was_set_back_makes_nobody_wait_for_ever(
    shared: LocMemCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback(BUSY) as server:
        with worker(server, shared) as first, pytest.raises(SourceBusyError):
            first.get_json()
        earlier = time.time() - 10 * 24 * 3600
        monkeypatch.setattr("collectors.wire.pauses.time", lambda: earlier)
        with worker(server, shared) as second, pytest.raises(SourceBusyError) as caught:
            second.get_json()
    assert caught.value.retry_after == LONGEST_PAUSE


def test_the_shared_cache_learns_neither_server_nor_credential(shared: LocMemCache) -> None:
    with Loopback(BUSY) as server:
        with worker(server, shared, "planted-token") as first, pytest.raises(SourceBusyError):
            first.get_json()
        kept = repr(vars(shared))
        assert kept.count("collectors-pause-") >= 1
        assert "planted-token" not in kept
        assert str(server.port) not in kept


@pytest.mark.parametrize(
    ("auth", "headers", "expected"),
    [
        (("user", "word"), None, ("user", "word")),
        (None, {"Accept": "x", "Authorization": "Bearer a"}, ("Bearer a",)),
        (None, {"PRIVATE-TOKEN": "b"}, ("b",)),
        (None, {"DD-API-KEY": "c", "DD-APPLICATION-KEY": "d"}, ("c", "d")),
        (None, {"X-GitHub-Api-Version": "1"}, ("source",)),
    ],
)
def test_a_quota_belongs_to_the_credential(
    auth: tuple[str, str] | None, headers: dict[str, str] | None, expected: tuple[str, ...]
) -> None:
    assert pauses.who(auth=auth, headers=headers, otherwise="source") == expected
