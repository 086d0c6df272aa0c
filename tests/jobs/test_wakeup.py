"""Wake-up calls carry an id and limits; a broker that is away costs a log line, never the job."""

from collections.abc import Callable

import pytest
from celery import current_app

from jobs import tasks, wakeup
from tests.jobs.conftest import Handle, Messages


def test_it_sends_the_id_and_the_limits_of_the_kind(handle: Handle, messages: Messages) -> None:
    handle(lambda _work: None, limit_seconds=90)

    assert wakeup.send(42, "test.work")

    (message,) = messages.take()
    assert message["arguments"] == [42]
    assert message["task"] == tasks.perform.name == wakeup.TASK
    assert message["id"] == "job-000000000042"
    # Celery writes the hard limit first, the soft one second.
    assert message["timelimit"] == [90 + wakeup.KILL_GRACE_SECONDS, 90]


def test_it_sends_a_job_whose_plug_in_was_removed_so_that_it_can_fail(messages: Messages) -> None:
    assert wakeup.send(42, "gone.kind")
    assert messages.job_ids() == [42]


def test_it_counts_what_lies_unread(messages: Messages) -> None:
    assert wakeup.unread() == 0
    wakeup.send(1, "test.work")
    wakeup.send(2, "test.work")
    assert wakeup.unread() == 2


@pytest.mark.parametrize("broker", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1//"])
def test_it_goes_on_when_the_broker_is_away(
    dead_broker: Callable[[str], None], broker: str, caplog: pytest.LogCaptureFixture
) -> None:
    dead_broker(broker)

    assert not wakeup.send(42, "test.work")
    assert wakeup.unread() is None
    assert "did not take job 42" in caplog.text


def test_it_does_not_wait_for_a_dead_broker_with_every_job(
    dead_broker: Callable[[str], None],
    messages: Messages,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    dead_broker("redis://127.0.0.1:1/0")

    sent = [wakeup.send(number, "test.work") for number in range(100)]

    assert not any(sent)
    assert caplog.text.count("did not take job") == 1
    # The broker is back, and so is the voice after a while.
    monkeypatch.setattr(wakeup, "current_app", current_app)
    wakeup._silence["until"] -= wakeup.SILENCE_SECONDS
    assert wakeup.send(7, "test.work")
    assert messages.job_ids() == [7]


def test_the_workers_know_what_the_messages_and_the_beat_ask_for() -> None:
    scheduled = {entry["task"] for entry in current_app.conf.beat_schedule.values()}

    assert scheduled == {tasks.tick.name}
    assert {wakeup.TASK, *scheduled} <= set(current_app.tasks)
    assert current_app.conf.task_default_queue == wakeup.QUEUE
