"""What the tests of the room share: handlers for one test, and the messages that were sent."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from celery import Celery, current_app

from jobs import handlers, periodic, wakeup
from jobs.handlers import Handler
from jobs.work import Work


class Handle(Protocol):
    def __call__(
        self, run: Callable[[Work], Any], kind: str = "test.work", **limits: Any
    ) -> Handler: ...


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Handle:
    """Register a handler for one test."""
    monkeypatch.setattr(handlers, "_handlers", dict(handlers._handlers))

    def register(
        run: Callable[[Work], Any], kind: str = "test.work", **limits: Any
    ) -> handlers.Handler:
        handlers.handler(kind, **limits)(run)
        return handlers.find(kind)

    return register


@pytest.fixture
def no_periodic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start with an empty registry of periodic work."""
    monkeypatch.setattr(periodic, "_registry", {})


class Messages:
    """What lies unread in the broker of the test run, which lives in memory."""

    def take(self) -> list[dict[str, Any]]:
        with current_app.connection_for_read() as connection:
            channel: Any = connection.default_channel
            taken = []
            while (message := channel.basic_get(wakeup.QUEUE, no_ack=True)) is not None:
                taken.append(message.headers | {"arguments": message.payload[0]})
        return taken

    def job_ids(self) -> list[int]:
        return [message["arguments"][0] for message in self.take()]


@pytest.fixture
def messages() -> Iterator[Messages]:
    box = Messages()
    box.take()
    yield box
    box.take()


@pytest.fixture
def dead_broker(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let wake-up calls go to a broker where nobody listens."""

    def use(url: str) -> None:
        app = Celery("dead", broker=url, set_as_current=False)
        app.conf.broker_connection_timeout = 1
        monkeypatch.setattr(wakeup, "current_app", app)
        monkeypatch.setattr(wakeup, "_silence", {"until": 0.0})

    return use
