"""Webhooks: added, signed, tried five times, logged and sent again."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from evidence import resealing
from merchants import changing, issuing, parties, signing
from merchants.models import (
    Application,
    Delivery,
    Event,
    Webhook,
)
from merchants.webhooks import delivering, wire
from tests.finix import calls, things
from tests.finix.calls import Program
from tests.finix.receiver import Receiver
from tests.merchants import shops

pytestmark = pytest.mark.django_db


def add(program: Program, url: str, **more: Any) -> dict[str, Any]:
    made = program.post("webhooks", {"url": url, **more})
    assert made.status_code == 201, made.content
    return dict(made.json())


def run(hook: Webhook) -> dict[str, object]:
    hook.refresh_from_db()
    return delivering.run(hook)


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in receiver.events]


class TestAdding:
    """What an address must be, and what is told of it."""

    def test_an_address_is_sent_an_empty_test_event(
        self, robot: Program, receiver: Receiver
    ) -> None:
        shape = add(robot, receiver.url)
        ((headers, body),) = receiver.got
        assert body == b""
        said = headers["Finix-Signature"]
        now = int(timezone.now().timestamp())
        assert things.holds(said, b"", secret=shape["secret_signing_key"], now=now)
        assert shape["enabled"]
        assert shape["is_accepting_events"]
        assert shape["previous_secret_expires_at"] is None
        assert len(shape["secret_signing_key"]) == 64

    @pytest.mark.parametrize("status", [302, 404, 500])
    def test_an_address_that_refuses_it_is_not_switched_on(
        self, robot: Program, receiver: Receiver, status: int
    ) -> None:
        receiver.status = status
        shape = add(robot, receiver.url)
        assert not shape["enabled"]
        assert len(receiver.got) == 1
        receiver.status = 200
        tried = robot.post(f"webhooks/{shape['id']}/test_events", {}).json()
        assert tried["is_accepted"]
        assert robot.put(f"webhooks/{shape['id']}", {"enabled": True}).json()["enabled"]

    def test_the_key_stands_in_one_and_not_in_a_list(self, robot: Program, hook: Webhook) -> None:
        assert robot.get(f"webhooks/{hook.ref}").json()["secret_signing_key"]
        (listed,) = robot.get("webhooks").json()["_embedded"]["webhooks"]
        assert "secret_signing_key" not in listed
        assert robot.get(f"webhooks/{hook.ref}").json()["secret_signing_key"] not in hook.secret

    def test_credentials_are_sent_and_never_told(self, robot: Program, receiver: Receiver) -> None:
        said = {"type": "BASIC", "basic": {"username": "us", "password": "a password of theirs"}}
        shape = add(robot, receiver.url, authentication=said)
        assert shape["authentication"] == {"type": "BASIC"}
        assert receiver.got[0][0]["Authorization"] == calls.basic("us", "a password of theirs")
        changed = {"type": "BEARER", "bearer": {"token": "word"}}
        path = f"webhooks/{shape['id']}"
        assert "word" not in robot.put(path, {"authentication": changed}).content.decode()
        robot.post(f"{path}/test_events", {})
        assert receiver.got[1][0]["Authorization"] == "Bearer word"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"url": None}, "url"),
            ({"url": "http://127.0.0.1/" + "x" * 120}, "url"),
            ({"url": "ftp://127.0.0.1/"}, "url"),
            ({"url": "http://"}, "url"),
            ({"url": "http://us:pw@127.0.0.1/"}, "url"),
            ({"url": "http://127.0.0.1:99999/"}, "url"),
            ({"url": "http://169.254.169.254/latest"}, "url"),
            ({"url": "http://127.0.0.1/a b"}, "url"),
            ({"url": 7}, "url"),
            ({"enabled": "yes"}, "enabled"),
            ({"enabled_events": {}}, "enabled_events"),
            ({"enabled_events": [{"types": ["created"]}]}, "enabled_events"),
            ({"enabled_events": [{"entity": "a"}, {"entity": "a"}]}, "enabled_events"),
            ({"enabled_events": [{"entity": "a", "types": "created"}]}, "enabled_events"),
            ({"authentication": {"type": "KERBEROS"}}, "authentication.type"),
            ({"authentication": {"type": "BASIC"}}, "authentication.basic.username"),
            ({"authentication": {"type": "BEARER", "bearer": {"token": "a\r\nb"}}},
             "authentication.bearer.token"),
        ],
    )  # fmt: skip
    def test_a_field_that_does_not_fit_is_named(
        self, robot: Program, settings: Settings, changes: dict[str, Any], field: str
    ) -> None:
        settings.PRIVATE_ADDRESSES = frozenset({"webhooks"})
        body = {"url": "http://127.0.0.1:1/", **changes}
        calls.errors(robot.post("webhooks", body), 422, "INVALID_FIELD", field=field)
        assert not Webhook.objects.exists()

    def test_a_private_address_is_refused_unless_it_is_allowed(
        self, robot: Program, settings: Settings
    ) -> None:
        settings.PRIVATE_ADDRESSES = frozenset({"sources"})
        refused = robot.post("webhooks", {"url": "http://127.0.0.1:1/"})
        calls.errors(refused, 422, "INVALID_FIELD", field="url")

    def test_what_is_connected_to_is_looked_at_again(
        self, hook: Webhook, receiver: Receiver, settings: Settings
    ) -> None:
        settings.PRIVATE_ADDRESSES = frozenset()
        answer = wire.post(hook, {"a": 1})
        assert answer.status == 0
        assert not receiver.events

    def test_a_partner_has_its_own(
        self, robot: Program, partner: Program, sandbox: Program, receiver: Receiver
    ) -> None:
        own, other = add(partner, receiver.url)["id"], add(robot, receiver.url)["id"]
        assert partner.ids("webhooks") == [own]
        assert robot.ids("webhooks") == [other, own]
        assert sandbox.ids("webhooks") == []
        below = ("", "/deliveries", "/deliveries/delivery_1")
        for path in (f"webhooks/{other}{end}" for end in below):
            calls.errors(partner.get(path), 404, "NOT_FOUND")
        for path in ("test_events", "secret_rotations", "deliveries/delivery_1/redeliveries"):
            refused = partner.post(f"webhooks/{other}/{path}", {})
            calls.errors(refused, 404, "NOT_FOUND")
        calls.errors(partner.put(f"webhooks/{other}", {"enabled": False}), 404, "NOT_FOUND")


class TestTelling:
    """What is told, to whom."""

    def test_the_life_of_a_form_is_told(
        self, alice: User, hook: Webhook, receiver: Receiver, robot: Program
    ) -> None:
        form = shops.form(alice)
        signing.sign(form, shops.ERNA, actor="api:US1", basis="document")
        assert run(hook) == {"sent": 4, "failed": 0}
        told = bodies(receiver)
        assert [(one["entity"], one["type"]) for one in told] == [
            ("merchant", "created"),
            ("merchant", "underwritten"),
            ("compliance_form", "created"),
            ("compliance_form", "updated"),
        ]
        created, updated = (one["_embedded"]["compliance_forms"][0] for one in told[2:])
        assert (created["state"], updated["state"]) == ("INCOMPLETE", "COMPLETE")
        assert updated["pci_saq_a"]["name"] == "Erna Ofenloch"
        assert set(told[0]) == {
            "id", "type", "entity", "occurred_at", "system_generated_idempotency_id", "_embedded",
        }  # fmt: skip
        assert len(told[0]["occurred_at"]) == len("2026-03-09T14:00:01.532")
        assert robot.ids("events") == [one["id"] for one in reversed(told)]
        seen = robot.get(f"events/{told[3]['id']}").json()
        assert seen["_embedded"] == told[3]["_embedded"]
        assert robot.ids("events?entity=merchant&type=created") == [told[0]["id"]]

    def test_a_body_is_signed_at_each_try(
        self, alice: User, hook: Webhook, receiver: Receiver, robot: Program
    ) -> None:
        key = robot.get(f"webhooks/{hook.ref}").json()["secret_signing_key"]
        shops.merchant(alice)
        run(hook)
        ((headers, body),) = receiver.events
        now = int(timezone.now().timestamp())
        said = headers["Finix-Signature"]
        assert things.holds(said, body, secret=key, now=now)
        assert not things.holds(said, body + b" ", secret=key, now=now)
        assert not things.holds(said, body, secret=key, now=now + 301)
        assert not things.holds(said, body, secret="0" * 64, now=now)
        assert "Finix-Signature-Previous" not in headers

    def test_a_webhook_is_told_what_it_asked_for(
        self, alice: User, robot: Program, receiver: Receiver
    ) -> None:
        events = [{"entity": "compliance_form", "types": ["updated"]}]
        hook = Webhook.objects.get(ref=add(robot, receiver.url, enabled_events=events)["id"])
        form = shops.form(alice)
        changing.invalidate(form, by=alice, reason="Sold.")
        run(hook)
        (told,) = bodies(receiver)
        assert told["_embedded"]["compliance_forms"][0]["state"] == "INVALID"

    def test_a_partner_is_told_of_its_own_platform(
        self, alice: User, partner: Program, platform: Application, receiver: Receiver
    ) -> None:
        hook = Webhook.objects.get(ref=add(partner, receiver.url)["id"])
        shops.merchant(alice)
        own = shops.merchant(alice, of=platform)
        sandboxed = shops.application(alice, environment="sandbox")
        shops.merchant(alice, of=sandboxed)
        run(hook)
        (told,) = bodies(receiver)
        assert told["_embedded"]["merchants"][0]["id"] == own.ref
        assert partner.ids("events") == [told["id"]]

    def test_where_nobody_asks_nothing_is_written(self, alice: User) -> None:
        shops.form(alice)
        assert not Event.objects.exists()

    def test_a_sweep_is_told_in_each_environment(
        self, alice: User, robot: Program, sandbox: Program, receiver: Receiver
    ) -> None:
        for program in (robot, sandbox):
            add(program, receiver.url)
        forms = [
            shops.form(alice, of=shops.application(alice, environment=name))
            for name in ("sandbox", "live")
        ]
        changing.sweep(forms[1].due_at + timedelta(seconds=1))
        for program, form in ((sandbox, forms[0]), (robot, forms[1])):
            told = program.get("events").json()["_embedded"]["events"]
            assert len(told) == 4
            (shape,) = told[0]["_embedded"]["compliance_forms"]
            assert (told[0]["type"], shape["id"]) == ("updated", form.ref)
            assert f"/finix/{form.environment}/" in shape["_links"]["self"]["href"]
            hook = Webhook.objects.get(environment=form.environment)
            assert hook.deliveries.count() == 4

    @pytest.mark.usefixtures("hook")
    def test_a_batch_costs_the_same_number_of_queries(
        self, alice: User, django_assert_max_num_queries: Any
    ) -> None:
        of = shops.application(alice)
        made = parties.add_merchants(of, [shops.applicant() for _ in range(20)], by=alice)
        with django_assert_max_num_queries(40):
            issuing.issue(made, actor="system")
        assert Delivery.objects.filter(event__entity="compliance_form").count() == 20


class TestKeys:
    """The key that events are signed by."""

    def test_a_key_is_exchanged_and_the_former_one_signs_along(
        self, robot: Program, hook: Webhook, receiver: Receiver, alice: User
    ) -> None:
        former = robot.get(f"webhooks/{hook.ref}").json()["secret_signing_key"]
        shape = robot.post(f"webhooks/{hook.ref}/secret_rotations", {}).json()
        assert shape["secret_signing_key"] != former
        assert shape["previous_secret_expires_at"]
        shops.merchant(alice)
        run(hook)
        ((headers, body),) = receiver.events
        now = int(timezone.now().timestamp())
        new = shape["secret_signing_key"]
        assert things.holds(headers["Finix-Signature"], body, secret=new, now=now)
        said = headers["Finix-Signature-Previous"]
        assert things.holds(said, body, secret=former, now=now)
        Webhook.objects.update(previous_secret_expires_at=timezone.now())
        hook.refresh_from_db()
        wire.post(hook, {})
        assert "Finix-Signature-Previous" not in receiver.got[-1][0]

    @pytest.mark.usefixtures("receiver")
    def test_an_exchange_of_the_sealing_key_keeps_it(self, robot: Program, hook: Webhook) -> None:
        former = robot.get(f"webhooks/{hook.ref}").json()["secret_signing_key"]
        resealing.begin()
        resealing.go_on()
        assert not resealing.needed()
        assert robot.get(f"webhooks/{hook.ref}").json()["secret_signing_key"] == former
