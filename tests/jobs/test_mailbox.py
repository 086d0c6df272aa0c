"""The embedded broker: files in a folder, safe against kill -9, doubles and pile-ups."""

from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from celery import Celery

from jobs import mailbox


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "broker"


@pytest.fixture
def app(folder: Path) -> Iterator[Celery]:
    app = Celery("test", broker="filesystem://", set_as_current=False)
    app.conf.broker_transport = "jobs.mailbox:Transport"
    app.conf.broker_transport_options = {"folder": str(folder), "polling_interval": 0.01}
    yield app
    app.close()


@pytest.fixture
def channel(app: Celery) -> Iterator[Any]:
    with app.connection_for_read() as connection:
        yield connection.default_channel


def send(app: Celery, *ids: str, queue: str = "jobs") -> None:
    for name in ids:
        app.send_task("test.task", args=[name], task_id=name, queue=queue)


def read(channel: Any, queue: str = "jobs") -> list[str]:
    names = []
    while (message := channel.basic_get(queue, no_ack=True)) is not None:
        names.append(message.payload[0][0])
    return names


def test_it_carries_messages_from_a_sender_to_a_reader(app: Celery, channel: Any) -> None:
    send(app, "job-1", "job-2")

    assert read(channel) == ["job-1", "job-2"]
    assert read(channel) == []


def test_it_keeps_queues_apart(app: Celery, channel: Any) -> None:
    send(app, "job-1")
    send(app, "tick", queue="clock")

    assert read(channel, "clock") == ["tick"]
    assert read(channel, "jobs") == ["job-1"]


def test_it_replaces_an_unread_call_for_the_same_job(app: Celery, folder: Path) -> None:
    for _ in range(50):
        send(app, "job-1", "tick")

    assert [file.name for file in sorted(folder.iterdir())] == [
        "job-1.jobs.msg",
        "tick.jobs.msg",
    ]


def test_it_never_shows_a_half_written_message(app: Celery, channel: Any, folder: Path) -> None:
    send(app, "job-2")
    # What a sender leaves that was killed while it wrote.
    (folder / ".job-1.0123456789abcdef").write_text('{"body": "W1tq', encoding="ascii")

    assert read(channel) == ["job-2"]
    assert channel._size("jobs") == 0


def test_it_gives_each_message_to_one_of_two_readers(app: Celery, channel: Any) -> None:
    names = [f"job-{number:03d}" for number in range(100)]
    send(app, *names)
    with app.connection_for_read() as connection:
        other: Any = connection.default_channel
        taken: list[str] = []
        # Both hold the same listing in mind; whoever removes the file has the message.
        while True:
            before = len(taken)
            for reader in (channel, other):
                message = reader.basic_get("jobs", no_ack=True)
                taken += [message.payload[0][0]] if message else []
            if len(taken) == before:
                break

    assert sorted(taken) == names


def test_it_notices_new_messages_while_it_works_off_a_listing(app: Celery, channel: Any) -> None:
    send(app, *(f"job-{number:03d}" for number in range(100, 200)))
    first = channel.basic_get("jobs", no_ack=True).payload[0][0]
    send(app, "job-001")

    rest = read(channel)

    assert first == "job-100"
    assert rest.index("job-001") < mailbox.LISTING
    assert len(rest) == 100


def test_it_tells_how_much_is_unread_and_can_forget_it(app: Celery, channel: Any) -> None:
    send(app, "job-1", "job-2")
    send(app, "tick", queue="clock")

    assert channel.queue_declare("jobs", passive=True).message_count == 2
    assert channel.queue_purge("jobs") == 2
    assert read(channel) == []
    assert read(channel, "clock") == ["tick"]


def test_it_says_when_nothing_is_there(channel: Any) -> None:
    with pytest.raises(Empty):
        channel._get("jobs")


def test_it_names_files_safely(app: Celery, folder: Path, channel: Any) -> None:
    send(app, "../../escape")

    assert [file.parent for file in folder.rglob("*")] == [folder]
    assert read(channel) == ["../../escape"]


def test_it_clears_away_half_written_messages_only(app: Celery, channel: Any, folder: Path) -> None:
    send(app, "job-1")
    (folder / ".job-2.0123456789abcdef").touch()

    mailbox.tidy(folder)

    assert [file.name for file in folder.iterdir()] == ["job-1.jobs.msg"]
    assert read(channel) == ["job-1"]


def test_it_makes_the_folder_that_it_tidies(folder: Path) -> None:
    mailbox.tidy(folder)

    assert folder.stat().st_mode & 0o777 == 0o700


class Loop:
    """The two doors of Celery's event loop that a transport uses."""

    def __init__(self) -> None:
        self.on_tick: set[Any] = set()
        self.timers: list[float] = []

    def call_repeatedly(self, seconds: float, _call: Any) -> None:
        self.timers.append(seconds)


def test_it_delivers_from_the_event_loop_as_much_as_the_worker_takes(app: Celery) -> None:
    send(app, "job-1", "job-2", "job-3")
    got: list[str] = []
    loop = Loop()
    with app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        channel.basic_qos(0, 2)
        channel.basic_consume("jobs", False, lambda m: got.append(m.payload[0][0]), "tag")
        connection.transport.register_with_event_loop(connection, loop)
        (tick,) = loop.on_tick

        tick()
        assert got == ["job-1", "job-2"]
        channel.qos.ack(next(iter(channel.qos._delivered)))
        tick()

    assert got == ["job-1", "job-2", "job-3"]
    assert loop.timers == [0.01]
