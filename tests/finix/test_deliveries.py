"""Deliveries: five tries with back-off, a log of each, and sent again when asked for."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from jobs.models import Job
from jobs.queue import enqueue
from jobs.work import Work
from merchants import parties, tasks
from merchants.models import (
    Delivery,
    DeliveryAttempt,
    Event,
    Webhook,
)
from merchants.webhooks import delivering, telling, wire
from tests.finix import calls
from tests.finix.calls import Program
from tests.finix.receiver import Receiver
from tests.merchants import shops

pytestmark = pytest.mark.django_db


def run(hook: Webhook) -> dict[str, object]:
    hook.refresh_from_db()
    return delivering.run(hook)


class TestTries:
    """An event is tried five times, with back-off, then never again."""

    @pytest.fixture
    def delivery(self, alice: User, hook: Webhook, receiver: Receiver) -> Delivery:
        receiver.status = 503
        shops.merchant(alice)
        return Delivery.objects.get(webhook=hook)

    def _due(self) -> None:
        Delivery.objects.update(next_at=timezone.now())

    def test_each_failure_waits_longer(self, hook: Webhook, delivery: Delivery) -> None:
        waits = []
        for _ in range(5):
            self._due()
            assert run(hook) == {"sent": 0, "failed": 1}
            assert run(hook) == {"sent": 0, "failed": 0}
            delivery.refresh_from_db()
            waits.append((delivery.next_at - timezone.now()).total_seconds())
        assert delivery.state == "FAILED"
        assert waits[0] < waits[1] < waits[2] < waits[3]
        self._due()
        assert run(hook) == {"sent": 0, "failed": 0}
        assert delivery.attempts.count() == 5

    def test_a_later_try_is_ordered_as_a_job(self, hook: Webhook, delivery: Delivery) -> None:
        run(hook)
        later = Job.objects.filter(kind=telling.KIND).latest("run_after")
        delivery.refresh_from_db()
        assert later.run_after >= delivery.next_at

    def test_the_log_tells_each_try(
        self, robot: Program, hook: Webhook, delivery: Delivery, receiver: Receiver
    ) -> None:
        run(hook)
        receiver.status = 204
        self._due()
        run(hook)
        path = f"webhooks/{hook.ref}/deliveries"
        shape = robot.get(f"{path}/{delivery.ref}").json()
        assert shape["state"] == "DELIVERED"
        assert [one["status"] for one in shape["attempts"]] == [503, 204]
        assert robot.ids(f"{path}?state=DELIVERED") == [delivery.ref]
        assert robot.ids(f"{path}?state=WAITING,FAILED") == []

    def test_a_delivery_is_sent_again_when_it_is_over(
        self, robot: Program, hook: Webhook, delivery: Delivery, receiver: Receiver
    ) -> None:
        path = f"webhooks/{hook.ref}/deliveries/{delivery.ref}/redeliveries"
        calls.errors(robot.post(path, {}), 422, "UNPROCESSABLE_ENTITY")
        receiver.status = 200
        run(hook)
        assert robot.post(path, {}).status_code == 201
        assert run(hook) == {"sent": 1, "failed": 0}
        (_, first), (_, second) = receiver.events
        assert first == second

    def test_what_two_workers_see_is_sent_once(self, hook: Webhook, delivery: Delivery) -> None:
        assert delivering._claim([delivery]) == [delivery]
        assert delivering._claim([delivery]) == []
        assert run(hook) == {"sent": 0, "failed": 0}

    def test_a_silent_address_is_left_alone(
        self, alice: User, hook: Webhook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        posted = []

        def silent(_hook: Webhook, body: object, *_: object) -> wire.Answer:
            posted.append(body)
            return wire.Answer(0, "It did not answer.")

        monkeypatch.setattr(wire, "post", silent)
        parties.add_merchants(
            shops.application(alice), [shops.applicant() for _ in range(5)], by=alice
        )
        run(hook)
        assert len(posted) == delivering.SILENT
        successor = Job.objects.filter(kind=telling.KIND).latest("pk")
        assert successor.run_after > timezone.now()

    def test_a_dead_address_is_told_nothing_more(
        self, alice: User, hook: Webhook, monkeypatch: pytest.MonkeyPatch, robot: Program
    ) -> None:
        monkeypatch.setattr(wire, "post", lambda *_: wire.Answer(0, "Nothing."))
        Webhook.objects.update(accepted_at=timezone.now() - timedelta(days=4))
        parties.add_merchants(
            shops.application(alice), [shops.applicant() for _ in range(5)], by=alice
        )
        run(hook)
        shape = robot.get(f"webhooks/{hook.ref}").json()
        assert (shape["enabled"], shape["is_accepting_events"]) == (True, False)
        before = Event.objects.count()
        shops.merchant(alice)
        assert Event.objects.count() == before
        switched = robot.put(f"webhooks/{hook.ref}", {"enabled": True}).json()
        assert switched["is_accepting_events"]

    def test_a_long_queue_makes_way_after_a_stretch(
        self, alice: User, hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(delivering, "STRETCH", 3)
        parties.add_merchants(
            shops.application(alice), [shops.applicant() for _ in range(7)], by=alice
        )
        rounds = 0
        while Delivery.objects.filter(state="WAITING").exists():
            jobs = Job.objects.filter(kind=telling.KIND).count()
            run(hook)
            rounds += 1
            is_over = not Delivery.objects.filter(state="WAITING").exists()
            assert Job.objects.filter(kind=telling.KIND).count() == jobs + (not is_over)
        assert rounds == 3
        assert len(receiver.events) == 7

    def test_a_long_queue_goes_over_a_few_lines(
        self, alice: User, hook: Webhook, receiver: Receiver
    ) -> None:
        parties.add_merchants(
            shops.application(alice), [shops.applicant() for _ in range(40)], by=alice
        )
        assert run(hook) == {"sent": 40, "failed": 0}
        assert len({json.loads(body)["id"] for _, body in receiver.events}) == 40
        # A line that the receiver let go in the meantime is opened once more.
        assert 1 <= receiver.lines <= 2 * delivering.AT_ONCE
        assert DeliveryAttempt.objects.filter(status=200).count() == 40

    def test_two_events_of_one_subject_come_in_their_order(
        self, alice: User, hook: Webhook, receiver: Receiver
    ) -> None:
        merchants = parties.add_merchants(
            shops.application(alice), [shops.applicant() for _ in range(9)], by=alice
        )
        parties.approve(merchants, by=alice)
        run(hook)
        heard: dict[str, list[str]] = {}
        for _, body in receiver.events:
            event = json.loads(body)
            (shape,) = event["_embedded"].get("merchants", [{"id": ""}])
            heard.setdefault(shape["id"], []).append(event["type"])
        assert all(heard[one.ref] == ["created", "underwritten"] for one in merchants)

    def test_other_work_stands_before_the_rest_of_a_long_queue(
        self, alice: User, hook: Webhook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(delivering, "STRETCH", 5)
        parties.add_merchants(
            shops.application(alice), [shops.applicant() for _ in range(12)], by=alice
        )
        other = enqueue("merchants.sweep", key="meanwhile", payload={})
        assert run(hook) == {"sent": 5, "failed": 0}
        rest = Job.objects.filter(kind=telling.KIND).latest("pk")
        assert Delivery.objects.filter(state="WAITING").count() == 7
        assert (rest.run_after, rest.pk) > (other.run_after, other.pk)

    @pytest.mark.usefixtures("delivery")
    def test_what_was_forgotten_is_ordered(self) -> None:
        Delivery.objects.update(next_at=timezone.now() - timedelta(hours=1))
        assert delivering.ask_for_rest(timezone.now()) == 1

    @pytest.mark.usefixtures("delivery")
    def test_the_log_reaches_thirty_days(self, hook: Webhook) -> None:
        run(hook)
        assert delivering.forget(timezone.now()) == 0
        assert delivering.forget(timezone.now() + timedelta(days=31)) == 1
        assert not DeliveryAttempt.objects.exists()


@pytest.mark.usefixtures("hook")
def test_a_job_does_the_sending(alice: User, receiver: Receiver) -> None:
    shops.merchant(alice)
    job = Job.objects.get(kind=telling.KIND)
    assert tasks.send_events(Work(job.pk, job.key, job.payload)) == {"sent": 1, "failed": 0}
    assert len(receiver.events) == 1
