"""The merchants' API in the staff door: keys, webhooks, and what these were told."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from evidence.models import LedgerEntry
from jobs.models import Job
from merchants import api_users
from merchants.errors import KeyRefusedError
from merchants.models import ApiUser, ComplianceForm, Delivery, DeliveryAttempt, Webhook
from merchants.webhooks import secrets_of, telling
from tests import cast
from tests.finix import things
from tests.finix.receiver import Receiver, listening
from tests.merchants import shops
from tests.staff import desk
from tests.staff.desk import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Settings) -> Any:
    settings.PRIVATE_ADDRESSES = frozenset({"webhooks"})
    with listening() as found:
        yield found


@pytest.fixture
def form(alices: Desk) -> ComplianceForm:
    return shops.form(alices.user)


def secret_of(response: Any) -> str:
    """What the page shows this once."""
    found = re.search(r'id="secret" value="([^"]+)"', response.content.decode())
    assert found, response.content
    return found[1]


def leaves(kind: str) -> list[LedgerEntry]:
    return list(LedgerEntry.objects.filter(kind=kind).order_by("index"))


def failed(form: ComplianceForm, hook: Webhook) -> Delivery:
    """A delivery that was tried in vain."""
    made = things.delivery(hook, form)
    Delivery.objects.filter(pk=made.pk).update(state="FAILED", tries=5)
    DeliveryAttempt.objects.create(
        delivery=made, at=timezone.now(), status=503, error="It answered with status 503."
    )
    made.refresh_from_db()
    return made


class TestKeys:
    @pytest.mark.parametrize("role", ApiUser.Role.values)
    def test_its_password_is_shown_once_and_opens(
        self, alices: Desk, form: ComplianceForm, role: str
    ) -> None:
        said: dict[str, Any] = {
            "role": role,
            "environment": "live",
            "application": form.application_id,
        }
        page = alices.post("merchant_key_add", **said, merchant=form.merchant.ref)
        password = secret_of(page)
        assert page["Cache-Control"].count("no-store")
        key = ApiUser.objects.get()
        assert api_users.authenticate(key.ref, password, environment="live").role == role
        (leaf,) = leaves("api_user.added")
        assert leaf.actor == f"user:{alices.user.pk}"
        text = alices.get("merchant_api").content.decode()
        assert key.ref in text
        assert password not in text
        assert key.fingerprint not in text

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ({"role": "ROLE_PARTNER"}, "Say which one the key is for."),
            ({"role": "ROLE_MERCHANT", "merchant": "MU1"}, "Say which one the key is for."),
            ({"role": "ROLE_PARTNER", "application": "x"}, "Select a valid choice"),
            ({"role": "ROLE_ADMIN"}, "Select a valid choice"),
        ],
    )
    def test_what_it_would_reach_must_be_there(
        self, alices: Desk, said: dict[str, Any], words: str
    ) -> None:
        assert words in desk.words(alices.post("merchant_key_add", environment="live", **said))
        assert not ApiUser.objects.exists()

    def test_it_lives_where_its_platform_lives(self, alices: Desk, form: ComplianceForm) -> None:
        said: dict[str, Any] = {"environment": "sandbox", "application": form.application_id}
        page = alices.post("merchant_key_add", role="ROLE_PARTNER", **said)
        assert "This one lives in live." in desk.words(page)
        page = alices.post(
            "merchant_key_add", role="ROLE_MERCHANT", merchant=form.merchant.ref, **said
        )
        assert "This one lives in live." in desk.words(page)
        assert not ApiUser.objects.exists()

    def test_it_is_switched_off_and_on(self, alices: Desk) -> None:
        key, password = api_users.add_platform_key("live", actor="system")
        alices.post("merchant_key_switch", key.ref, enabled="no")
        with pytest.raises(KeyRefusedError):
            api_users.authenticate(key.ref, password, environment="live")
        alices.post("merchant_key_switch", key.ref, enabled="no")
        alices.post("merchant_key_switch", key.ref, enabled="yes")
        assert api_users.authenticate(key.ref, password, environment="live") == key
        assert [one.actor for one in leaves("api_user.switched")] == [f"user:{alices.user.pk}"] * 2
        assert alices.post("merchant_key_switch", "US1", enabled="no").status_code == 404

    def test_many_keys_are_shown_page_by_page_and_cost_the_same(self, alices: Desk) -> None:
        for _ in range(52):
            things.key()
        things.key("sandbox")
        with CaptureQueriesContext(connection) as seen:
            first = alices.get("merchant_api").content.decode()
        assert len(seen) <= 12
        link = re.search(r'href="\?environment=live&amp;after=(US\w+)"', first)
        assert link
        second = alices.get("merchant_api", after=link[1]).content.decode()
        refs = [set(re.findall(r"keys/(US\w+)/switch", page)) for page in (first, second)]
        assert (len(refs[0]), len(refs[1])) == (50, 2)
        assert not refs[0] & refs[1]


class TestWebhooks:
    def test_it_is_added_tried_and_its_key_shown_once(
        self, alices: Desk, receiver: Receiver
    ) -> None:
        said: dict[str, Any] = {
            "environment": "sandbox",
            "url": receiver.url,
            "authentication": "NONE",
        }
        of_forms = [f"compliance_form:{kind}" for kind in ("created", "updated", "reminded")]
        events = [*of_forms, "file:created"]
        page = alices.post("merchant_webhook_add", **said, events=events, nickname="Robot")
        hook = Webhook.objects.get()
        assert secret_of(page) == secrets_of.current(hook)
        assert len(receiver.got) == 1
        assert (hook.enabled, hook.environment, hook.nickname) == (True, "sandbox", "Robot")
        assert hook.enabled_events == [
            {"entity": "compliance_form", "types": []},
            {"entity": "file", "types": ["created"]},
        ]
        assert leaves("webhook.added")[0].actor == f"user:{alices.user.pk}"
        assert "Robot" in alices.text("merchant_api", environment="sandbox")
        assert "Robot" not in alices.text("merchant_api")

    def test_one_that_refuses_is_off_and_said_to_be(self, alices: Desk, receiver: Receiver) -> None:
        receiver.status = 500
        said: dict[str, Any] = {
            "environment": "live",
            "url": receiver.url,
            "authentication": "NONE",
        }
        page = alices.post("merchant_webhook_add", **said)
        assert "It did not take the test event" in desk.words(page)
        assert not Webhook.objects.get().enabled

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ({"url": "ftp://host/", "authentication": "NONE"}, "This is no address."),
            ({"url": "http://127.0.0.1/", "authentication": "NONE"}, "127.0.0.1"),
            ({"url": "https://8.8.8.8/", "authentication": "BASIC"}, "Give the username"),
            ({"url": "https://8.8.8.8/", "authentication": "BEARER"}, "Give the token"),
            ({"url": "https://8.8.8.8/", "authentication": ""}, "This field is required"),
        ],
    )
    def test_what_does_not_fit_is_named(
        self, alices: Desk, said: dict[str, Any], words: str
    ) -> None:
        assert words in desk.words(alices.post("merchant_webhook_add", environment="live", **said))
        assert not Webhook.objects.exists()

    def test_a_foreign_platform_is_refused(self, alices: Desk, form: ComplianceForm) -> None:
        page = alices.post(
            "merchant_webhook_add",
            environment="sandbox",
            application=form.application_id,
            url="https://8.8.8.8/",
            authentication="NONE",
        )
        assert "This one lives in live." in desk.words(page)

    def test_it_is_changed_and_keeps_what_it_is_known_by(self, alices: Desk) -> None:
        hook = things.webhook()
        hook.authentication_type = "BEARER"
        hook.authentication = secrets_of.sealed("Bearer t", hook, "authentication")
        hook.enabled_events = [{"entity": "robot", "types": ["moved"]}]
        hook.save()
        page = alices.get("merchant_webhook_change", hook.ref).content.decode()
        assert re.search(r'value="robot:moved"[^>]* checked', page)
        said: dict[str, Any] = {
            "url": "https://8.8.4.4/",
            "events": ["robot:moved", "merchant:updated"],
        }
        alices.post("merchant_webhook_change", hook.ref, **said, authentication="")
        hook.refresh_from_db()
        assert (hook.url, hook.authentication_type) == ("https://8.8.4.4/", "BEARER")
        assert hook.enabled_events == [
            {"entity": "robot", "types": ["moved"]},
            {"entity": "merchant", "types": ["updated"]},
        ]
        alices.post(
            "merchant_webhook_change", hook.ref, url=hook.url, authentication="BASIC",
            username="me", secret="word",
        )  # fmt: skip
        hook.refresh_from_db()
        assert secrets_of.authorization(hook).startswith("Basic ")
        assert len(leaves("webhook.changed")) == 2

    def test_it_is_tried_out(self, alices: Desk, receiver: Receiver) -> None:
        hook = things.webhook()
        Webhook.objects.update(url=receiver.url)
        taken = alices.post("merchant_webhook_do", hook.ref, "test", follow=True)
        assert "It took the test event with status 200" in desk.told(taken)
        receiver.status = 404
        refused = alices.post("merchant_webhook_do", hook.ref, "test", follow=True)
        assert "It answered with status 404." in desk.told(refused)

    def test_it_is_switched_off_and_on(self, alices: Desk) -> None:
        hook = things.webhook()
        for deed, is_on in (("off", False), ("on", True), ("nonsense", True)):
            alices.post("merchant_webhook_do", hook.ref, deed)
            hook.refresh_from_db()
            assert hook.enabled is is_on
        assert len(leaves("webhook.changed")) == 2

    def test_its_key_is_exchanged_and_shown_once(self, alices: Desk) -> None:
        hook = things.webhook()
        before = secrets_of.current(hook)
        shown = secret_of(alices.post("merchant_webhook_rotate", hook.ref))
        hook.refresh_from_db()
        assert shown == secrets_of.current(hook) != before == secrets_of.previous(hook)
        page = alices.get("merchant_webhook", hook.ref).content.decode()
        assert shown not in page
        assert before not in page
        assert leaves("webhook.rotated")[0].actor == f"user:{alices.user.pk}"


class TestDeliveries:
    def test_the_log_shows_what_failed_and_why(self, alices: Desk, form: ComplianceForm) -> None:
        hook = things.webhook()
        sent, lost = things.delivery(hook, form), failed(form, hook)
        other = things.delivery(things.webhook("sandbox"), form)
        for name, args in (("merchant_deliveries", ()), ("merchant_webhook", (hook.ref,))):
            page = alices.get(name, *args).content.decode()
            assert {sent.ref, lost.ref} == set(re.findall(r"delivery_\w+", page))
            page = alices.get(name, *args, state="FAILED").content.decode()
            assert {lost.ref} == set(re.findall(r"delivery_\w+", page))
            assert "It answered with status 503." in page
            nothing = alices.text(name, *args, entity="merchant")
            assert "No delivery fits" in nothing
        page = alices.get("merchant_deliveries", environment="sandbox").content.decode()
        assert {other.ref} == set(re.findall(r"delivery_\w+", page))

    def test_a_delivery_shows_each_try_and_what_is_told(
        self, alices: Desk, form: ComplianceForm
    ) -> None:
        text = alices.text("merchant_delivery", failed(form, things.webhook()).ref)
        for words in ("It answered with status 503.", '"id": "event_1"', form.ref, "Send it again"):
            assert words in text

    def test_it_is_sent_again_once_it_is_over(self, alices: Desk, form: ComplianceForm) -> None:
        hook = things.webhook()
        lost = failed(form, hook)
        assert "It is sent again." in desk.told(
            alices.post("merchant_delivery_again", lost.ref, follow=True)
        )
        lost.refresh_from_db()
        assert (lost.state, lost.tries) == ("WAITING", 0)
        assert Job.objects.filter(kind=telling.KIND).count() == 1
        (leaf,) = leaves("webhook.redelivered")
        assert (leaf.subject, leaf.actor) == (hook.ref, f"user:{alices.user.pk}")
        refused = alices.post("merchant_delivery_again", lost.ref, follow=True)
        assert "still on its way" in desk.told(refused)
        assert len(leaves("webhook.redelivered")) == 1

    def test_all_that_failed_is_sent_again_with_one_leaf(
        self, alices: Desk, form: ComplianceForm
    ) -> None:
        hook = things.webhook()
        lost = [failed(form, hook) for _ in range(3)]
        sent = things.delivery(hook, form)
        assert "Send again all that failed" in alices.text("merchant_webhook", hook.ref)
        alices.post("merchant_webhook_do", hook.ref, "again")
        states = dict(Delivery.objects.values_list("pk", "state"))
        assert states == {
            **dict.fromkeys([one.pk for one in lost], "WAITING"),
            sent.pk: "DELIVERED",
        }
        (leaf,) = leaves("webhook.redelivered")
        assert '"deliveries":3' in leaf.leaf
        again = alices.post("merchant_webhook_do", hook.ref, "again", follow=True)
        assert "Nothing failed" in desk.told(again)

    def test_pages_follow_one_another_and_cost_the_same(
        self, alices: Desk, form: ComplianceForm
    ) -> None:
        hook = things.webhook()
        for _ in range(53):
            things.delivery(hook, form)
        with CaptureQueriesContext(connection) as seen:
            first = alices.get("merchant_webhook", hook.ref).content.decode()
        assert len(seen) <= 12
        link = re.search(r'href="\?([^"]+after=delivery_\w+)"', first)
        assert link
        asked = dict(part.split("=") for part in link[1].replace("&amp;", "&").split("&"))
        second = alices.get("merchant_webhook", hook.ref, **asked).content.decode()
        refs = [set(re.findall(r"deliveries/(delivery_\w+)/", page)) for page in (first, second)]
        assert (len(refs[0]), len(refs[1])) == (50, 3)
        assert not refs[0] & refs[1]


def test_who_may_only_look_opens_none_of_it(form: ComplianceForm) -> None:
    hook = things.webhook()
    sent, key = things.delivery(hook, form), things.key()
    looks = desk.at(cast.person("engineer"))
    assert "merchants/api" not in looks.get("merchants").content.decode()
    for name, args in (
        ("merchant_api", ()),
        ("merchant_key_add", ()),
        ("merchant_webhook_add", ()),
        ("merchant_webhook", (hook.ref,)),
        ("merchant_webhook_change", (hook.ref,)),
        ("merchant_deliveries", ()),
        ("merchant_delivery", (sent.ref,)),
    ):
        assert looks.get(name, *args).status_code == 403
    deeds: list[tuple[str, tuple[str, ...]]] = [
        ("merchant_key_switch", (key.ref,)),
        ("merchant_webhook_rotate", (hook.ref,)),
        ("merchant_webhook_do", (hook.ref, "off")),
        ("merchant_delivery_again", (sent.ref,)),
    ]
    for deed, named in deeds:
        assert looks.post(deed, *named).status_code == 403


def test_what_is_not_there_is_not_found(alices: Desk) -> None:
    for name in ("merchant_webhook", "merchant_webhook_change", "merchant_delivery"):
        assert alices.get(name, "WH1").status_code == 404
    for name in ("merchant_webhook_rotate", "merchant_delivery_again"):
        assert alices.post(name, "WH1").status_code == 404
