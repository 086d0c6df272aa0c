"""The chat: JSON over real HTTP, never to a trap, tried again, and without the address in words."""

import json
import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from audits import days
from compliance import chat, environment
from compliance.notices import morning, tasks, webhook
from compliance.notices.errors import ChatRefusedError
from jobs import performing, queue
from jobs.errors import RetryLater, TransientError
from jobs.models import Job
from tests.notices.test_digest import at
from tests.readiness.ground import Ground, ago

SECRET = "T00/B00/geheim"


class Chat:
    """A chat on the loopback: keeps what it was told, and answers as it is set."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.answers: list[tuple[int, dict[str, str]]] = [(200, {})]
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                chat.heard.append((self.path, json.loads(self.rfile.read(length))))
                status, headers = chat.answers.pop(0) if chat.answers[1:] else chat.answers[0]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Tests speak for themselves."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/services/{SECRET}"


@pytest.fixture
def room(settings: Settings) -> Iterator[Chat]:
    made = Chat()
    thread = Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    settings.CHAT_WEBHOOK_URL, settings.CHAT_WEBHOOK_PRIVATE = made.url, True
    settings.SITE_URL, settings.ORGANISATION = "https://trust.example", "Pay GmbH"
    try:
        yield made
    finally:
        made.server.shutdown()
        thread.join()
        made.server.server_close()


class TestSaying:
    def test_it_posts_a_text_as_json(self, room: Chat) -> None:
        webhook.say("Zürich: 3 tasks")
        assert room.heard == [(f"/services/{SECRET}", {"text": "Zürich: 3 tasks"})]

    def test_long_words_are_cut(self, room: Chat) -> None:
        webhook.say("a" * 9_999)
        assert len(room.heard[0][1]["text"]) == webhook.LONGEST_TEXT

    def test_a_loopback_address_is_refused_before_a_byte_is_sent(
        self, room: Chat, settings: Settings
    ) -> None:
        settings.CHAT_WEBHOOK_PRIVATE = False
        with pytest.raises(ChatRefusedError, match="no public address") as refused:
            webhook.say("secret words")
        assert room.heard == []
        assert SECRET not in str(refused.value)

    def test_a_redirect_is_not_followed(self, room: Chat) -> None:
        room.answers = [(302, {"Location": "http://169.254.169.254/latest"})]
        with pytest.raises(ChatRefusedError, match="status 302"):
            webhook.say("A")
        assert len(room.heard) == 1

    @pytest.mark.parametrize("status", [500, 503])
    def test_what_breaks_is_tried_again(self, room: Chat, status: int) -> None:
        room.answers = [(status, {})]
        with pytest.raises(TransientError, match=str(status)):
            webhook.say("A")

    @pytest.mark.parametrize(
        ("told", "seconds"),
        [("120", 120), ("999999", 3600), ("0", 1), ("soon", 60)],
    )
    def test_it_waits_for_as_long_as_the_chat_asks(
        self, room: Chat, told: str, seconds: int
    ) -> None:
        room.answers = [(429, {"Retry-After": told})]
        with pytest.raises(RetryLater) as later:
            webhook.say("A")
        assert later.value.after == timedelta(seconds=seconds)

    def test_a_chat_that_is_gone_is_tried_again(self, settings: Settings) -> None:
        settings.CHAT_WEBHOOK_PRIVATE = True
        settings.CHAT_WEBHOOK_URL = "http://127.0.0.1:9/hooks/geheim"
        with pytest.raises(TransientError, match="ConnectError") as error:
            webhook.say("A")
        assert "geheim" not in str(error.value)

    def test_without_an_address_nothing_is_said(self, settings: Settings) -> None:
        settings.CHAT_WEBHOOK_URL = ""
        with pytest.raises(ChatRefusedError, match="Set CHAT_WEBHOOK_URL"):
            webhook.say("A")


class TestGuard:
    PRIVATE: Sequence[str] = (
        *("10.0.0.1", "192.168.1.1", "172.16.0.9", "127.0.0.1", "::1", "fd12::1", "100.64.0.1"),
        *("::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"),
    )
    TRAPS: Sequence[str] = (
        *("169.254.169.254", "fe80::1", "fd00:ec2::254", "0.0.0.0", "224.0.0.1", "::"),  # noqa: S104
        *("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"),
    )

    @pytest.mark.parametrize("address", [*PRIVATE, *TRAPS])
    def test_private_addresses_and_traps_are_refused(
        self, settings: Settings, address: str
    ) -> None:
        settings.CHAT_WEBHOOK_PRIVATE = False
        with pytest.raises(ChatRefusedError):
            webhook.refuse_unfit(address)

    @pytest.mark.parametrize("address", PRIVATE)
    def test_private_addresses_pass_where_they_are_allowed(
        self, settings: Settings, address: str
    ) -> None:
        settings.CHAT_WEBHOOK_PRIVATE = True
        webhook.refuse_unfit(address)

    @pytest.mark.parametrize("address", TRAPS)
    def test_traps_are_refused_all_the_same(self, settings: Settings, address: str) -> None:
        settings.CHAT_WEBHOOK_PRIVATE = True
        with pytest.raises(ChatRefusedError):
            webhook.refuse_unfit(address)

    @pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111"])
    def test_public_addresses_pass(self, settings: Settings, address: str) -> None:
        settings.CHAT_WEBHOOK_PRIVATE = False
        webhook.refuse_unfit(address)


@pytest.mark.django_db
class TestJob:
    def test_the_job_says_it_and_tries_again(self, room: Chat) -> None:
        room.answers = [(503, {}), (200, {})]
        job = queue.enqueue(chat.KIND, key="one", payload={"text": "A"})
        performing.perform(job.pk)
        job.refresh_from_db()
        assert (job.state, "503" in job.error) == (Job.State.WAITING, True)
        Job.objects.update(run_after=job.created_at - timedelta(days=1))
        performing.perform(job.pk)
        job.refresh_from_db()
        assert job.state == Job.State.DONE
        assert len(room.heard) == 2

    def test_no_log_and_no_job_holds_the_address(
        self, room: Chat, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        room.answers = [(200, {}), (404, {}), (404, {})]
        for key in ("one", "two"):
            job = queue.enqueue(chat.KIND, key=key, payload={"text": "A"})
            performing.perform(job.pk)
        job.refresh_from_db()
        assert job.state == Job.State.FAILED
        assert "status 404" in job.error
        kept = f"{caplog.text}{list(Job.objects.values())}"
        assert "geheim" not in kept

    def test_the_morning_is_said_once_and_only_where_something_is_due(
        self, room: Chat, ground: Ground
    ) -> None:
        def tick(hour: int) -> None:
            tasks.begin_the_day(at(hour))
            for job in Job.objects.filter(kind=chat.KIND, state=Job.State.WAITING):
                performing.perform(job.pk)

        tick(6)
        assert not Job.objects.filter(kind=chat.KIND).exists()
        ground.token(name="key of Eve", owner="eve@example.org", rotate_by=ago(2).isoformat())
        ground.token(owner="eve@example.org", rotate_by=ago(0).isoformat())
        tick(8)
        tick(9)
        assert Job.objects.get(kind=chat.KIND).max_attempts == queue.PATIENT_ATTEMPTS
        ((_, said),) = room.heard
        assert said["text"].startswith("Countersign of Pay GmbH, tasks: 1 overdue and 1 due today.")
        assert "https://trust.example/admin/work/?whose=all" in said["text"]
        assert "Eve" not in said["text"]
        assert "eve@" not in said["text"]

    def test_a_quiet_day_says_nothing(self, room: Chat) -> None:
        assert morning.words(days.today()) == ""
        job = queue.enqueue(chat.KIND, key="q", payload={"day": days.today().isoformat()})
        performing.perform(job.pk)
        assert room.heard == []
        assert Job.objects.get().state == Job.State.DONE


class TestSetting:
    @pytest.mark.parametrize(
        ("given", "is_private"),
        [
            ("http://chat.example/x/geheim", False),
            ("ftp://chat.example/x/geheim", True),
            ("https:///geheim", False),
            ("https://eve:geheim@chat.example/x", False),
            ("https://chat.example:99999/geheim", False),
            ("geheim", False),
        ],
    )
    def test_a_wrong_address_stops_the_start_without_repeating_it(
        self, monkeypatch: pytest.MonkeyPatch, given: str, is_private: bool
    ) -> None:
        monkeypatch.setenv("HOOK", given)
        with pytest.raises(ImproperlyConfigured, match="HOOK is not an address") as error:
            environment.webhook("HOOK", is_private=is_private)
        assert "geheim" not in str(error.value)

    @pytest.mark.parametrize(
        ("given", "is_private"),
        [("https://chat.example/x", False), ("http://chat.internal/x", True), ("", False)],
    )
    def test_a_right_address_is_read(
        self, monkeypatch: pytest.MonkeyPatch, given: str, is_private: bool
    ) -> None:
        monkeypatch.setenv("HOOK", given)
        assert environment.webhook("HOOK", is_private=is_private) == given

    @given(st.lists(st.integers(0, 9999), max_size=5))
    def test_lists_of_days_are_read(self, numbers: list[int]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DAYS", ", ".join(map(str, numbers)))
            assert environment.wholes("DAYS", "1") == frozenset(numbers)

    @pytest.mark.parametrize("given", ["-1", "a", "1;2", "1.5", "99999"])
    def test_wrong_lists_of_days_stop_the_start(
        self, monkeypatch: pytest.MonkeyPatch, given: str
    ) -> None:
        monkeypatch.setenv("DAYS", given)
        with pytest.raises(ImproperlyConfigured, match=r"DAYS is .*7,1"):
            environment.wholes("DAYS", "7,1")

    def test_an_hour_beyond_the_day_stops_the_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOUR", "24")
        with pytest.raises(ImproperlyConfigured, match="at most 23"):
            environment.whole("HOUR", 7, most=23)
