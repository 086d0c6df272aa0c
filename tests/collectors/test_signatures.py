"""Who signed a webhook and when, for every sender that is known."""

import base64
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.wire.signatures import STYLES, WINDOW, judge

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
SECRET = "a-secret-of-the-sender"
BODY = b'{"id": "event-1", "type": "updated"}'
TIMED = ("finix", "stripe", "standard")


def sign(signed: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), signed, "sha256").hexdigest()


def headers(
    style: str, body: bytes = BODY, *, secret: str = SECRET, at: datetime = NOW
) -> dict[str, str]:
    """What a sender of this style puts beside a body, as its documentation writes it."""
    seconds = str(int(at.timestamp()))
    told = seconds.encode()
    key = base64.b64encode(secret.encode()).decode()
    made = hmac.digest(secret.encode(), b"msg_1." + told + b"." + body, "sha256")
    return {
        "finix": {
            "finix-signature": f"timestamp={seconds}, sig={sign(told + b':' + body, secret)}"
        },
        "stripe": {"stripe-signature": f"t={seconds},v1={sign(told + b'.' + body, secret)},v0=aa"},
        "github": {"x-hub-signature-256": f"sha256={sign(body, secret)}"},
        "jira": {"x-hub-signature": f"sha256={sign(body, secret)}"},
        "pagerduty": {"x-pagerduty-signature": f"v1=00ff,v1={sign(body, secret)}"},
        "gitlab": {"x-gitlab-token": secret},
        "standard": {
            "webhook-id": "msg_1",
            "webhook-timestamp": seconds,
            "webhook-signature": f"v1,{base64.b64encode(made).decode()} v1a,other",
            "key": key,
        },
    }[style]


def secret_of(style: str) -> str:
    return f"whsec_{headers(style)['key']}" if style == "standard" else SECRET


@pytest.mark.parametrize("style", STYLES)
def test_a_message_of_its_sender_is_genuine_and_fresh(style: str) -> None:
    judged = judge(style, headers(style), BODY, secrets=[secret_of(style)], now=NOW)
    assert (judged.genuine, judged.fresh) == (True, True)
    assert judged.sent_at == (NOW if style in TIMED else None)


@pytest.mark.parametrize("style", sorted({*STYLES} - {"gitlab"}))
def test_another_body_is_not_what_was_signed(style: str) -> None:
    assert not judge(
        style, headers(style), BODY + b" ", secrets=[secret_of(style)], now=NOW
    ).genuine


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("secrets", [[], ["another-secret"]])
def test_another_secret_or_none_opens_nothing(style: str, secrets: list[str]) -> None:
    assert not judge(style, headers(style), BODY, secrets=secrets, now=NOW).genuine


@pytest.mark.parametrize("style", STYLES)
def test_the_previous_secret_is_good_beside_the_new_one(style: str) -> None:
    secrets = ["the-new-secret", secret_of(style)]
    assert judge(style, headers(style), BODY, secrets=secrets, now=NOW).genuine


@pytest.mark.parametrize("style", STYLES)
def test_without_a_signature_nothing_is_genuine(style: str) -> None:
    assert not judge(style, {}, BODY, secrets=[secret_of(style)], now=NOW).genuine


@pytest.mark.parametrize("style", TIMED)
@pytest.mark.parametrize("seconds", [-301, 301])
def test_what_was_signed_too_long_ago_or_ahead_is_not_fresh(style: str, seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds)
    judged = judge(style, headers(style, at=at), BODY, secrets=[secret_of(style)], now=NOW)
    assert (judged.genuine, judged.fresh, judged.sent_at) == (True, False, at)


@pytest.mark.parametrize("style", TIMED)
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_window_has_both_its_ends(style: str, sign: int) -> None:
    given = headers(style, at=NOW + sign * WINDOW)
    assert judge(style, given, BODY, secrets=[secret_of(style)], now=NOW).fresh


@pytest.mark.parametrize("style", TIMED)
def test_the_time_cannot_be_changed(style: str) -> None:
    """A stale message does not become fresh by a new time beside the old signature."""
    old, new = (str(int(at.timestamp())) for at in (NOW - timedelta(days=1), NOW))
    stale = headers(style, at=NOW - timedelta(days=1))
    forged = {name: value.replace(old, new) for name, value in stale.items()}
    assert not judge(style, forged, BODY, secrets=[secret_of(style)], now=NOW).genuine


@given(st.sampled_from(sorted(STYLES)), st.text(max_size=80), st.binary(max_size=80))
def test_nothing_that_a_stranger_sends_is_genuine_or_breaks_it(
    style: str, told: str, body: bytes
) -> None:
    names = ("finix-signature", "stripe-signature", "x-hub-signature-256", "x-hub-signature")
    more = ("x-pagerduty-signature", "x-gitlab-token", "webhook-id", "webhook-timestamp")
    given = dict.fromkeys((*names, *more, "webhook-signature"), told)
    assert not judge(style, given, body, secrets=[SECRET], now=NOW).genuine


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return False

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert not judge("pagerduty", headers("pagerduty"), BODY, secrets=["a", "b"], now=NOW).genuine
    assert len(compared) == 4
