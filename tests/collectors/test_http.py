"""How collectors speak HTTP, tried on a real server that does everything wrong once."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest

from collectors.deadline import Deadline
from collectors.errors import (
    SourceBrokenError,
    SourceBusyError,
    SourceDeniedError,
    SourceError,
    SourceNonsenseError,
    SourceRefusedError,
    SourceUnreachableError,
)
from collectors.trail import Trail
from collectors.wire.answers import LONGEST_PAUSE
from collectors.wire.http import Client
from jobs.errors import TransientError
from tests.collectors.loopback import Loopback, Reply

JSON = Reply(b'{"users": [{"fee": 0.10}]}', headers={"Content-Type": "application/json"})


@contextmanager
def client(url: str, *, seconds: float = 10, **options: Any) -> Iterator[Client]:
    deadline = Deadline.after(timedelta(seconds=seconds))
    with Client(url, deadline=deadline, **{"trail": Trail(), **options}) as made:
        yield made


def ask(*replies: Reply, **options: Any) -> Any:
    with Loopback(*replies) as server, client(server.url, **options) as made:
        return made.get_json("/users")


def test_it_decodes_json_with_exact_decimals() -> None:
    assert ask(JSON) == {"users": [{"fee": Decimal("0.10")}]}


def test_it_sends_parameters_headers_and_credentials() -> None:
    with (
        Loopback(JSON) as server,
        client(server.url, headers={"X-Team": "red"}, auth=("ann", "key")) as made,
    ):
        made.get_json("/users", params={"page": "2"})
    asked = server.asked[0]
    assert asked.path == "/users?page=2"
    assert asked.headers["X-Team"] == "red"
    assert asked.headers["Accept"] == "application/json"
    assert asked.headers["Authorization"].startswith("Basic ")


def test_it_notes_every_answer_in_the_trail() -> None:
    trail = Trail()
    moment = "Sat, 21 Nov 2026 10:00:00 GMT"
    first, second = Reply(b"[1]", headers={"Date": moment}), Reply(b"[2]")
    with Loopback(first, second) as server, client(server.url, trail=trail) as made:
        made.get_json("/a")
        made.get_json("/b")
    assert trail.pages == 2
    assert trail.raw_digests == [sha256(b"[1]").hexdigest(), sha256(b"[2]").hexdigest()]
    assert trail.source_clock is not None


def test_it_reads_the_clock_of_the_source() -> None:
    trail = Trail()
    with (
        Loopback(Reply(b"[]", headers={"Date": "Sat, 21 Nov 2020 10:00:00 GMT"})) as server,
        client(server.url, trail=trail) as made,
    ):
        reply = made.get("/")
    assert reply.clock == trail.source_clock == datetime(2020, 11, 21, 10, tzinfo=UTC)


@pytest.mark.parametrize("status", [401, 403])
def test_it_says_that_credentials_are_refused(status: int) -> None:
    with pytest.raises(SourceDeniedError, match=f"answered {status}.*Renew or widen"):
        ask(Reply(status=status))


def test_a_denial_is_not_tried_again() -> None:
    server = Loopback(Reply(status=401))
    with server, client(server.url) as made, pytest.raises(SourceDeniedError):
        made.get("/")
    assert len(server.asked) == 1
    assert not issubclass(SourceDeniedError, TransientError)


def test_a_busy_source_names_its_pause() -> None:
    with pytest.raises(SourceBusyError) as caught:
        ask(Reply(status=429, headers={"Retry-After": "120"}))
    assert caught.value.retry_after == timedelta(seconds=120)
    assert isinstance(caught.value, TransientError)


def test_a_pause_may_be_a_date() -> None:
    later = datetime.now(UTC) + timedelta(minutes=10)
    written = later.strftime("%a, %d %b %Y %H:%M:%S GMT")
    with pytest.raises(SourceBusyError) as caught:
        ask(Reply(status=429, headers={"Retry-After": written}))
    assert caught.value.retry_after is not None
    assert timedelta(minutes=9) < caught.value.retry_after <= timedelta(minutes=11)


@pytest.mark.parametrize("words", ["", "soon", "-5", "Thu, 32 Foo 2026"])
def test_an_unreadable_pause_is_no_pause(words: str) -> None:
    with pytest.raises(SourceBusyError) as caught:
        ask(Reply(status=429, headers={"Retry-After": words}))
    assert caught.value.retry_after is None


def test_an_endless_pause_is_cut() -> None:
    with pytest.raises(SourceBusyError) as caught:
        ask(Reply(status=429, headers={"Retry-After": "99999999"}))
    assert caught.value.retry_after == LONGEST_PAUSE


def test_a_short_pause_is_waited_for_at_once() -> None:
    busy = Reply(status=429, headers={"Retry-After": "1"})
    assert ask(busy, JSON) == {"users": [{"fee": Decimal("0.10")}]}


def test_a_fault_of_the_moment_is_tried_again_at_once() -> None:
    assert ask(Reply(status=502), Reply(status=500), JSON)["users"]


def test_a_lasting_fault_is_left_to_the_job() -> None:
    server = Loopback(Reply(status=500))
    with (
        server,
        client(server.url) as made,
        pytest.raises(SourceBrokenError, match="fault of its own"),
    ):
        made.get("/")
    assert len(server.asked) == 3
    assert issubclass(SourceBrokenError, TransientError)


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_it_says_that_the_question_is_refused(status: int) -> None:
    with pytest.raises(SourceRefusedError, match="Check address and settings"):
        ask(Reply(status=status))


def test_it_follows_no_redirect() -> None:
    moved = Reply(status=302, headers={"Location": "http://169.254.169.254/latest/"})
    server = Loopback(moved)
    with server, client(server.url) as made, pytest.raises(SourceRefusedError, match="redirect"):
        made.get("/")
    assert len(server.asked) == 1


def test_a_web_page_is_no_json() -> None:
    page = Reply(b"\n<!doctype html><title>Sign in</title>", headers={"Content-Type": "text/html"})
    with pytest.raises(SourceNonsenseError, match="web page instead of JSON"):
        ask(page)


@pytest.mark.parametrize(
    "body",
    [
        b'{"users": [{"id": 1}, {"id"',
        b"",
        b"[NaN]",
        b"\xff\xfe[1]",
        b"[" * 100_000,
        b"[1] [2]",
        b"[" + b"9" * 5000 + b"]",
    ],
)
def test_broken_json_is_refused_for_good(body: bytes) -> None:
    with pytest.raises(SourceNonsenseError, match="broken or cut off"):
        ask(Reply(body))
    assert not issubclass(SourceNonsenseError, TransientError)


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    with pytest.raises(SourceUnreachableError, match="broke off"):
        ask(Reply(b'{"users": [', declared_length=500))


def test_a_connection_that_is_closed_without_a_word() -> None:
    with pytest.raises(SourceUnreachableError, match="broke off"):
        ask(Reply(hang_up=True))


def test_a_source_that_hangs_is_left_in_time() -> None:
    started = time.monotonic()
    with pytest.raises(SourceUnreachableError, match="did not answer in time"):
        ask(Reply(b"[]", wait=20), seconds=0.5)
    assert time.monotonic() - started < 5


def test_a_source_that_drips_is_left_in_time() -> None:
    started = time.monotonic()
    with pytest.raises(SourceUnreachableError, match="did not answer in time"):
        ask(Reply(b"[" + b"1," * 500 + b"1]", drip=0.05), request_seconds=0.5)
    assert time.monotonic() - started < 5


def test_a_server_that_drips_its_headers_is_left_in_time() -> None:
    """No time-out of the library would ever fire: every byte starts it anew."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with client(f"http://127.0.0.1:{port}", request_seconds=0.4) as made:
            accepted: list[socket.socket] = []

            def drip() -> None:
                connected, _ = server.accept()
                accepted.append(connected)
                try:
                    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 400:
                        connected.send(bytes([byte]))
                        time.sleep(0.02)
                except OSError:
                    pass

            thread = threading.Thread(target=drip)
            thread.start()
            started = time.monotonic()
            with pytest.raises(SourceUnreachableError, match="did not answer in time"):
                made.get("/")
            assert time.monotonic() - started < 3
            thread.join()
            accepted[0].close()


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with client(address) as made, pytest.raises(SourceUnreachableError, match="broke off"):
        made.get("/")


def test_a_name_that_does_not_exist() -> None:
    with client("http://nowhere.invalid") as made, pytest.raises(SourceUnreachableError):
        made.get("/")


def test_no_more_than_the_limit_is_read() -> None:
    with pytest.raises(SourceNonsenseError, match="more than 1,000 bytes"):
        ask(Reply(b"[" + b"1," * 5000 + b"1]"), most_bytes=1000)


def test_the_limit_counts_unpacked_bytes() -> None:
    packed = gzip.compress(b" " * 10_000_000)
    with pytest.raises(SourceNonsenseError, match="more than 100,000 bytes"):
        ask(Reply(packed, headers={"Content-Encoding": "gzip"}), most_bytes=100_000)


def test_a_body_that_is_not_packed_as_it_says() -> None:
    with pytest.raises(SourceRefusedError, match="no usable answer"):
        ask(Reply(b"plain", headers={"Content-Encoding": "gzip"}))


@pytest.mark.parametrize("address", ["ftp://example.org/x", "/only/a/path", "http://[::1", "x"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(SourceError), client("") as made:
        made.get(address)


def test_a_link_local_address_is_refused_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The peer decides, not the name: here the loopback plays a name that leads to a trap."""
    with Loopback(JSON) as server, client(server.url) as made:
        real = socket.socket.getpeername
        monkeypatch.setattr(socket.socket, "getpeername", lambda _: ("169.254.169.254", 80))
        with pytest.raises(SourceRefusedError, match=r"169\.254\.169\.254"):
            made.get("/")
        monkeypatch.setattr(socket.socket, "getpeername", real)
    assert server.asked == []


def test_no_query_and_no_password_shows_in_an_error() -> None:
    with Loopback(Reply(status=404)) as server, client("") as made:
        address = server.url.replace("http://", "http://ann:geheim@") + "/x?token=s3cret"
        with pytest.raises(SourceRefusedError) as caught:
            made.get(address)
    assert "geheim" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_the_environment_sends_it_through_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert ask(JSON)


def test_a_quota_that_is_used_up_is_no_denial() -> None:
    filled = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
    headers = {
        "Date": "Sat, 21 Nov 2026 10:00:00 GMT",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int(filled.timestamp())),
    }
    with pytest.raises(SourceBusyError) as caught:
        ask(Reply(status=403, headers=headers))
    assert caught.value.retry_after == timedelta(minutes=5)
    with pytest.raises(SourceBusyError):
        ask(Reply(status=403, headers={"Retry-After": "60"}))
    with pytest.raises(SourceDeniedError):
        ask(Reply(status=403, headers={"X-RateLimit-Remaining": "4999"}))


@pytest.mark.parametrize("address", ["http://elsewhere.example/users", "https://127.0.0.1/users"])
def test_credentials_are_not_carried_to_another_server(address: str) -> None:
    with (
        Loopback(JSON) as server,
        client(server.url, auth=("ann", "key")) as made,
        pytest.raises(SourceRefusedError, match="not the server that was named"),
    ):
        made.get(address)
    assert server.asked == []


def test_a_status_may_be_an_answer() -> None:
    trail = Trail()
    with Loopback(Reply(b'{"message": "none"}', status=404)) as server:
        with client(server.url, trail=trail) as made:
            page = made.get_page("/users", also={404})
        with client(server.url) as made, pytest.raises(SourceRefusedError):
            made.get_page("/users")
    assert (page.reply.status, page.content) == (404, {"message": "none"})
    assert trail.pages == 1


def test_the_trail_names_what_was_answered_once_and_without_its_query() -> None:
    trail = Trail()
    with Loopback(JSON) as server, client(server.url, trail=trail) as made:
        for number in range(40):
            made.get_json("/users", params={"key": "hunter2"})
            made.get_json(f"/users/{number}")
    assert trail.places[0] == f"GET {server.url}/users"
    assert len(trail.places) == len(set(trail.places)) == 20
    assert "hunter2" not in str(trail.places)
