"""How collectors speak HTTP: bounded in time and size, never following redirects, always noted.

One mapping from answers to errors, so that every source fails alike:
401, 403 SourceDenied; 429 SourceBusy with its Retry-After; 5xx SourceBroken; no or too slow an
answer SourceUnreachable; redirects and other 4xx SourceRefused; a web page where JSON was asked
for, or JSON that does not end, SourceNonsense. What may pass is tried again twice at once; a longer
outage is the job's business.
"""

import json
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from ssl import SSLContext
from types import TracebackType
from typing import Any, NoReturn, Self

import httpx2
import stamina

from collectors.deadline import Deadline
from collectors.errors import (
    PassingError,
    SourceBrokenError,
    SourceBusyError,
    SourceDeniedError,
    SourceNonsenseError,
    SourceRefusedError,
    SourceUnreachableError,
)
from collectors.trail import Trail
from collectors.wire import addresses
from collectors.wire.ripcord import RipCord

MOST_BYTES = 64 * 1024**2
REQUEST_SECONDS = 60.0
SILENCE_SECONDS = 20.0
LONGEST_PAUSE = timedelta(hours=6)
_ATTEMPTS = 3
_SHORT_PAUSE = 5.0

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


class Client:
    """Asks one base address; use it as a context manager, or let the run close it."""

    def __init__(
        self,
        base_url: str,
        *,
        deadline: Deadline,
        trail: Trail,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        trust: SSLContext | None = None,
        most_bytes: int = MOST_BYTES,
        request_seconds: float = REQUEST_SECONDS,
        secrets: Collection[str] = (),
    ) -> None:
        self._deadline = deadline
        self._trail = trail
        self._most_bytes = most_bytes
        self._request_seconds = request_seconds
        self._secrets = frozenset(secrets)
        self._cord = RipCord()
        # The environment is not trusted: a proxy or .netrc there would change what is asked.
        self._client = httpx2.Client(
            base_url=base_url,
            headers={"User-Agent": "Countersign", **(headers or {})},
            auth=auth,
            verify=trust or True,
            trust_env=False,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()
        self._cord.release()

    def get_json(self, path: str = "", *, params: Mapping[str, str] | None = None) -> Json:
        """GET and decode JSON (decimals stay exact), without the fields that are secret.

        The answer is noted in the trail by the digest of all its bytes.
        """
        told = decode_json(self.get(path, params=params, accept="application/json"))
        return without(told, self._secrets) if self._secrets else told

    def get(
        self, path: str = "", *, params: Mapping[str, str] | None = None, accept: str = "*/*"
    ) -> Reply:
        """GET an answer of status 2xx, trying again at once what may pass; note it in the trail."""
        for attempt in stamina.retry_context(
            on=_pause, attempts=_ATTEMPTS, timeout=self._deadline.left(), wait_initial=0.5
        ):
            with attempt:
                reply = self.ask("GET", path, params=params, headers={"Accept": accept})
                refuse_failure(reply)
        self._trail.saw(reply.body, clock=reply.clock)
        return reply

    def ask(
        self,
        method: str,
        path: str = "",
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Return the answer whatever its status; SourceUnreachableError where there is none."""
        seconds = self._deadline.left(at_most=self._request_seconds)
        try:
            request = self._client.build_request(
                method,
                path,
                params=params,
                headers=headers,
                timeout=min(seconds, SILENCE_SECONDS),
                extensions={"trace": self._watch},
            )
        except httpx2.InvalidURL as error:
            message = f"This is no address that can be asked: {error}."
            raise SourceRefusedError(message) from error
        asked = f"{method} {request.url.copy_with(query=None, userinfo=b'')}"
        with self._cord.ready(seconds), _explained(asked, self._cord):
            response = self._client.send(request, stream=True)
            try:
                body = self._read(response, asked)
            finally:
                response.close()
        return Reply(response.status_code, response.headers, body, asked)

    def _watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Look at a fresh connection before anything is sent through it."""
        if event != "connection.connect_tcp.complete":
            return
        stream = info["return_value"]
        connected: socket.socket = stream.get_extra_info("socket")
        try:
            addresses.refuse_trap(connected.getpeername()[0])
        except SourceRefusedError:
            stream.close()
            raise
        self._cord.hold(connected)

    def _read(self, response: httpx2.Response, asked: str) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self._most_bytes:
                message = f"{asked} answers with more than {self._most_bytes:,} bytes."
                raise SourceNonsenseError(message)
        return bytes(body)


def refuse_failure(reply: Reply) -> None:
    """Raise the SourceError that fits a status other than 2xx."""
    if 200 <= reply.status < 300:
        return
    told = f"{reply.asked} answered {reply.status}"
    if reply.status in {401, 403}:
        message = f"{told}: our credentials are refused or lack a right. Renew or widen them."
        raise SourceDeniedError(message)
    if reply.status == 429:
        message = f"{told}: we ask too often. It will be asked again after a pause."
        raise SourceBusyError(message, retry_after=_retry_after(reply))
    if reply.status >= 500:
        message = f"{told}: the source has a fault of its own. It will be asked again."
        raise SourceBrokenError(message, retry_after=_retry_after(reply))
    if 300 <= reply.status < 400:
        message = f"{told}, a redirect, which is not followed. Set the final address instead."
        raise SourceRefusedError(message)
    message = f"{told}: it does not accept the question. Check address and settings."
    raise SourceRefusedError(message)


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
        return {name: without(part, names) for name, part in value.items() if name not in names}
    if isinstance(value, list):
        return [without(part, names) for part in value]
    return value


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def _retry_after(reply: Reply) -> timedelta | None:
    """Read Retry-After, seconds or a date (RFC 9110 section 10.2.3), bounded."""
    told = reply.headers.get("retry-after", "").strip()
    if told.isdecimal() and len(told) < 9:
        pause = timedelta(seconds=int(told))
    elif moment := _moment(told):
        pause = moment - (reply.clock or datetime.now(UTC))
    else:
        return None
    return min(max(pause, timedelta(0)), LONGEST_PAUSE)


def _moment(told: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _pause(error: Exception) -> bool | float:
    """Say whether to try again at once, and after how many seconds where the source said so."""
    if isinstance(error, PassingError) and error.retry_after is not None:
        seconds = error.retry_after.total_seconds()
        return seconds if seconds <= _SHORT_PAUSE else False
    # A hang has used up our patience already; only a fault of the moment is worth another try.
    return isinstance(error, SourceBrokenError)


@contextmanager
def _explained(asked: str, cord: RipCord) -> Iterator[None]:
    """Turn what the client library raises into our errors, without the library's own words."""
    try:
        yield
    except (httpx2.TimeoutException, httpx2.NetworkError, httpx2.ProtocolError) as error:
        slow = cord.pulled or isinstance(error, httpx2.TimeoutException)
        cause = "did not answer in time" if slow else f"broke off ({_first_line(error)})"
        message = f"{asked} {cause}. It will be asked again."
        raise SourceUnreachableError(message) from error
    except httpx2.RequestError as error:
        message = f"{asked} gave no usable answer ({_first_line(error)}). Check the address."
        raise SourceRefusedError(message) from error


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).split("\n", 1)[0][:200]
