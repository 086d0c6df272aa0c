"""What a source's HTTP answers mean, so that every source fails alike.

401, 403 SourceDenied; 429, and 403 where the quota is used up, SourceBusy with its pause; 5xx
SourceBroken; redirects and other 4xx SourceRefused; a web page where JSON was asked for, or JSON
that does not end, SourceNonsense.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from collectors.errors import (
    SourceBrokenError,
    SourceBusyError,
    SourceDeniedError,
    SourceNonsenseError,
    SourceRefusedError,
)

LONGEST_PAUSE = timedelta(hours=6)
UNTOLD_PAUSE = timedelta(seconds=30)
"""How long a source is left alone that says "too often" and no more."""
_LEFT = ("x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining")
_FILLED = ("x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset")
_SECONDS_OF_YEARS = 100_000_000

Json = dict[str, Any] | list[Any] | str | int | Decimal | bool | None


@dataclass(frozen=True)
class Reply:
    """A whole HTTP answer of any status."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    asked: str
    """Method and address without its query, which may hold a secret."""

    @property
    def clock(self) -> datetime | None:
        """The server's own time from the Date header."""
        return _moment(self.headers.get("date", ""))


def refuse_failure(reply: Reply) -> None:
    """Raise the SourceError that fits a status other than 2xx."""
    if 200 <= reply.status < 300:
        return
    told = f"{reply.asked} answered {reply.status}"
    if reply.status == 429 or _is_used_up(reply):
        message = f"{told}: we ask too often. It will be asked again after a pause."
        raise SourceBusyError(message, retry_after=_retry_after(reply))
    if reply.status in {401, 403}:
        message = f"{told}: our credentials are refused or lack a right. Renew or widen them."
        raise SourceDeniedError(message)
    if reply.status >= 500:
        message = f"{told}: the source has a fault of its own. It will be asked again."
        raise SourceBrokenError(message, retry_after=_retry_after(reply))
    if 300 <= reply.status < 400:
        message = f"{told}, a redirect, which is not followed. Set the final address instead."
        raise SourceRefusedError(message)
    message = f"{told}: it does not accept the question. Check address and settings."
    raise SourceRefusedError(message)


def told_pause(reply: Reply) -> timedelta | None:
    """Return how long an answer asks to be left alone; None where it does not.

    A good answer may say so too: that it was the last of its quota.
    """
    if reply.status == 429:
        return _retry_after(reply) or UNTOLD_PAUSE
    if reply.status == 403 or 200 <= reply.status < 300:
        return _retry_after(reply) if _is_empty(reply) or _is_used_up(reply) else None
    return _retry_after(reply) if reply.status == 503 else None


def _is_used_up(reply: Reply) -> bool:
    """Tell a refusal because of a quota (GitHub answers it with 403) from one of a right."""
    return reply.status == 403 and ("retry-after" in reply.headers or _is_empty(reply))


def _is_empty(reply: Reply) -> bool:
    return any(reply.headers.get(name, "").strip() == "0" for name in _LEFT)


def decode_json(reply: Reply) -> Json:
    """Decode a JSON body; SourceNonsenseError for anything else."""
    if reply.body.lstrip()[:1] == b"<":
        message = (
            f"{reply.asked} answered with a web page instead of JSON; perhaps a sign-in page or "
            "a proxy. Check the address and the credentials."
        )
        raise SourceNonsenseError(message)
    try:
        decoded: Json = json.loads(reply.body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        place = f" at byte {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        message = f"{reply.asked} answered with JSON that is broken or cut off{place}."
        raise SourceNonsenseError(message) from error
    return decoded


def without(value: Json, names: Collection[str]) -> Json:
    """Return decoded JSON without the members of these names, however deep they lie."""
    if isinstance(value, dict):
        return {
            name: without(part, names) if isinstance(part, dict | list) else part
            for name, part in value.items()
            if name not in names
        }
    if isinstance(value, list):
        return [without(part, names) for part in value]
    return value


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def _retry_after(reply: Reply) -> timedelta | None:
    """Read Retry-After, seconds or a date (RFC 9110 section 10.2.3), bounded.

    Some sources tell the moment instead at which the quota is filled again, as seconds since 1970,
    and some the seconds until then.
    """
    told = reply.headers.get("retry-after", "").strip()
    now = reply.clock or datetime.now(UTC)
    again = next((reply.headers[name] for name in _FILLED if name in reply.headers), "").strip()
    if told.isdecimal() and len(told) < 9:
        pause = timedelta(seconds=int(told))
    elif moment := _moment(told):
        pause = moment - now
    elif again.isdecimal() and len(again) < 12:
        number = int(again)
        soon = number < _SECONDS_OF_YEARS
        pause = timedelta(seconds=number) if soon else datetime.fromtimestamp(number, UTC) - now
    else:
        return None
    return min(max(pause, timedelta(0)), LONGEST_PAUSE)


def _moment(told: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
