"""Checks who signed a webhook, and when.

Rules:
- A signature is an HMAC with SHA-256 over the raw bytes, compared in constant time; GitLab sends
  its secret itself instead. A secret that was replaced is good beside the new one.
- Where the sender signs the time too, a message is good for five minutes before and after it. The
  others name each delivery, and who receives them knows a repeated one by that name.
- What cannot be read is not signed.
"""

import base64
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

WINDOW = timedelta(minutes=5)
_PAIR = re.compile(r"\s*([a-zA-Z0-9]+)=([^,]*)")
_SECONDS = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True)
class Shown:
    """What a message shows of its origin: the signed bytes, the signatures, and the time."""

    signed: bytes
    signatures: tuple[str, ...]
    seconds: str = ""
    in_base64: bool = False


@dataclass(frozen=True)
class Judged:
    """Whether a message is its sender's, and fresh; its own time where that is signed."""

    genuine: bool
    fresh: bool = False
    sent_at: datetime | None = None


def judge(
    style: str, headers: Mapping[str, str], body: bytes, *, secrets: Sequence[str], now: datetime
) -> Judged:
    """Judge a message of a style of STYLES; header names are in lower case."""
    shown = STYLES[style](headers, body)
    if not _is_genuine(style, shown, secrets):
        return Judged(genuine=False)
    if not shown.seconds:
        return Judged(genuine=True, fresh=True)
    sent_at = datetime.fromtimestamp(int(shown.seconds), UTC)
    return Judged(genuine=True, fresh=abs(now - sent_at) <= WINDOW, sent_at=sent_at)


def _is_genuine(style: str, shown: Shown, secrets: Sequence[str]) -> bool:
    found = False
    for secret in secrets:
        expected = secret if style == "gitlab" else _digest(shown, secret)
        for signature in shown.signatures:
            # All are looked at, so that the time taken tells nothing.
            found |= hmac.compare_digest(signature.encode(), expected.encode())
    return found


def _digest(shown: Shown, secret: str) -> str:
    key = secret.encode()
    if shown.in_base64:
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except ValueError:
            key = secret.encode()
    made = hmac.digest(key, shown.signed, "sha256")
    return base64.b64encode(made).decode() if shown.in_base64 else made.hex()


def _timed(header: str, time: str, sign: str, joint: bytes) -> Callable[..., Shown]:
    """Read `time=…, sign=…` where the time, a joint and the body are signed together."""

    def read(headers: Mapping[str, str], body: bytes) -> Shown:
        pairs = _PAIR.findall(headers.get(header, ""))
        seconds = next((value for name, value in pairs if name == time), "")
        if not _SECONDS.fullmatch(seconds):
            return Shown(b"", ())
        signatures = tuple(value.strip() for name, value in pairs if name == sign)
        return Shown(seconds.encode() + joint + body, signatures, seconds)

    return read


def _plain(header: str, sign: str) -> Callable[..., Shown]:
    """Read `sign=…`, of which there may be several, over the body alone."""

    def read(headers: Mapping[str, str], body: bytes) -> Shown:
        pairs = _PAIR.findall(headers.get(header, ""))
        return Shown(body, tuple(value.strip() for name, value in pairs if name == sign))

    return read


def _standard(headers: Mapping[str, str], body: bytes) -> Shown:
    """Read the headers of Standard Webhooks, which sign id, time and body."""
    named, seconds = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not named or not _SECONDS.fullmatch(seconds):
        return Shown(b"", ())
    told = headers.get("webhook-signature", "").split()
    signatures = tuple(each.removeprefix("v1,") for each in told if each.startswith("v1,"))
    return Shown(f"{named}.{seconds}.".encode() + body, signatures, seconds, in_base64=True)


def _shown_secret(headers: Mapping[str, str], body: bytes) -> Shown:
    told = headers.get("x-gitlab-token", "")
    return Shown(body, (told,) if told else ())


STYLES: Mapping[str, Callable[[Mapping[str, str], bytes], Shown]] = {
    "finix": _timed("finix-signature", "timestamp", "sig", b":"),
    "stripe": _timed("stripe-signature", "t", "v1", b"."),
    "github": _plain("x-hub-signature-256", "sha256"),
    "jira": _plain("x-hub-signature", "sha256"),
    "pagerduty": _plain("x-pagerduty-signature", "v1"),
    "gitlab": _shown_secret,
    "standard": _standard,
}
"""The styles that can be checked, by the name that a source gives."""
