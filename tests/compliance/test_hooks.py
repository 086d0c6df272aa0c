"""The door for senders of webhooks: what it takes, what it refuses, and what it keeps."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from collectors import receiving
from collectors.models import Delivery, Run, Source
from collectors.period import Period
from collectors.run import perform
from collectors.wire.signatures import STYLES
from evidence.models import Evidence
from tests.collectors import world
from tests.collectors.test_signatures import BODY, SECRET, headers, secret_of

pytestmark = pytest.mark.django_db
Verdict = Delivery.Verdict


def hook(style: str = "finix", **values: Any) -> Source:
    values = {"style": style, "secret": secret_of(style), **values}
    return world.source("webhook_deliveries", values=values)


def post(
    client: Client,
    source: Source | str,
    body: bytes = BODY,
    told: dict[str, str] | None = None,
) -> int:
    slug = source if isinstance(source, str) else source.slug
    return client.post(f"/hooks/{slug}", body, "application/json", headers=told or {}).status_code


def signed(style: str = "finix", body: bytes = BODY, *, ago: int = 0) -> dict[str, str]:
    made = headers(style, body, at=timezone.now() - timedelta(seconds=ago))
    return made | {"x-github-delivery": "delivery-1", "x-github-event": "push"}


def kept() -> list[tuple[str, str, str]]:
    found = Delivery.objects.order_by("pk")
    return [(each.event_id, each.event_type, each.verdict) for each in found]


@pytest.mark.parametrize("style", STYLES)
def test_a_signed_event_is_taken(client: Client, style: str) -> None:
    assert post(client, hook(style), told=signed(style)) == 200
    ((named, _, verdict),) = kept()
    assert verdict == Verdict.ACCEPTED
    assert named == {"github": "delivery-1", "standard": "msg_1"}.get(style, "event-1")


def test_it_refuses_a_wrong_method(client: Client) -> None:
    source = hook()
    for method in ("get", "put", "patch", "delete", "head", "options"):
        assert getattr(client, method)(f"/hooks/{source.slug}").status_code == 405


def test_it_refuses_who_did_not_sign(client: Client) -> None:
    source = hook()
    assert post(client, source) == 401
    assert post(client, source, BODY + b" ", told=signed()) == 401
    assert kept() == [("", "", Verdict.FORGED)] * 2


def test_it_refuses_what_was_signed_too_long_ago(client: Client) -> None:
    assert post(client, hook(), told=signed(ago=600)) == 401
    assert kept() == [("event-1", "updated", Verdict.STALE)]


def test_a_retry_is_answered_well_and_counts_once(client: Client) -> None:
    source = hook()
    assert [post(client, source, told=signed(ago=ago)) for ago in (9, 5, 0)] == [200, 200, 200]
    assert [verdict for *_, verdict in kept()] == [
        Verdict.ACCEPTED,
        Verdict.REPEATED,
        Verdict.REPEATED,
    ]


def test_a_replay_under_another_id_counts_once(client: Client) -> None:
    """GitHub does not sign the id of a delivery, so the body itself tells a replay."""
    source = hook("github")
    first = signed("github")
    assert post(client, source, told=first) == 200
    assert post(client, source, told={**first, "x-github-delivery": "delivery-2"}) == 200
    assert [verdict for *_, verdict in kept()] == [Verdict.ACCEPTED, Verdict.REPEATED]


def test_two_sources_do_not_mix_their_events(client: Client) -> None:
    assert [post(client, hook(), told=signed()) for _ in range(2)] == [200, 200]
    assert {verdict for *_, verdict in kept()} == {Verdict.ACCEPTED}


def test_what_holds_no_event_is_refused(client: Client) -> None:
    body = b"[1]"
    assert post(client, hook(), body, told=signed(body=body)) == 400
    assert kept() == [("", "", Verdict.UNREADABLE)]


def test_an_event_without_an_id_is_known_by_its_digest(client: Client) -> None:
    body = b'{"entity": "transfer", "type": "created"}'
    assert post(client, hook(), body, told=signed(body=body)) == 200
    ((named, kind, _),) = kept()
    assert named.startswith("sha256:")
    assert kind == "transfer.created"


def test_a_sender_may_ask_whether_anybody_is_there(client: Client) -> None:
    assert post(client, hook(), b"") == 200
    assert kept() == []


def test_unknown_disabled_and_other_sources_look_alike(client: Client) -> None:
    disabled, other = hook(), world.source("staff_mfa")
    Source.objects.filter(pk=disabled.pk).update(enabled=False)
    for slug in ("nobody", disabled.slug, other.slug):
        assert post(client, slug, told=signed()) == 404
    assert kept() == []


def test_a_long_body_is_not_read_to_its_end(client: Client) -> None:
    assert post(client, hook(), b" " * (receiving.MOST_BYTES + 1)) == 413


def test_the_note_of_strangers_ends(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "MOST_REFUSED", 2)
    source = hook()
    assert [post(client, source) for _ in range(4)] == [401] * 4
    assert len(kept()) == 2
    assert post(client, source, told=signed()) == 200


def test_settings_that_do_not_open_are_no_permission(client: Client) -> None:
    source = hook()
    Source.objects.filter(pk=source.pk).update(secrets="not sealed by us")
    assert post(client, source, told=signed()) == 503
    assert kept() == []


def test_deliveries_become_evidence_without_their_bodies(client: Client) -> None:
    source = hook()
    for told in (signed(), signed(), {}):
        post(client, source, told=told)
    today = datetime.now(UTC).date()
    month = Period(date(today.year, today.month, 1), today)
    run = perform(source, period=month, key="one")
    assert run.rows == 3
    assert run.evidence
    lines = world.text(run.evidence).splitlines()
    assert [line.split(",")[4:7] for line in lines[1:]] == [
        ["accepted", "true", "1"],
        ["repeated", "true", "2"],
        ["forged", "false", ""],
    ]
    assert SECRET not in "\n".join(lines)


@pytest.mark.usefixtures("own_month")
def test_a_month_without_any_is_empty_by_fact() -> None:
    run = perform(hook(), period=Period(date(2026, 10, 1), date(2026, 10, 31)), key="one")
    assert (run.state, Evidence.objects.count()) == (Run.State.EMPTY, 1)


@pytest.fixture
def own_month(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is November 2026."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 11, 21, tzinfo=UTC))


def test_old_notes_are_forgotten(client: Client) -> None:
    post(client, hook(), told=signed())
    assert receiving.prune(timezone.now()) == 0
    assert receiving.prune(timezone.now() + receiving.KEPT + timedelta(hours=1)) == 1
