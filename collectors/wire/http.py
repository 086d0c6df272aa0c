"""How collectors speak HTTP: bounded in time and size, never following redirects, always noted.

One mapping from answers to errors, so that every source fails alike (`collectors.wire.answers`).
What may pass is tried again twice at once; a longer outage is the job's business. Credentials go to
the one server that was named, and nowhere else.
"""

import functools
import json
import socket
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ssl import SSLContext
from types import TracebackType
from typing import Any, Self

import httpx2
import stamina

from collectors.deadline import Deadline
from collectors.errors import (
    PassingError,
    SourceBrokenError,
    SourceNonsenseError,
    SourceRefusedError,
    SourceUnreachableError,
)
from collectors.trail import Trail
from collectors.wire import addresses
from collectors.wire.answers import Json, Reply, decode_json, refuse_failure, without
from collectors.wire.pauses import SHORT, Quota, nowhere
from collectors.wire.ripcord import RipCord

MOST_BYTES = 64 * 1024**2
REQUEST_SECONDS = 60.0
SILENCE_SECONDS = 20.0
_ATTEMPTS = 3


@dataclass(frozen=True)
class Page:
    """One decoded answer, without the fields that are secret, and what came with it."""

    content: Json
    reply: Reply


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
        authorise: Callable[[], str] | None = None,
        quota: Quota | None = None,
    ) -> None:
        """`authorise` gets an Authorization header, anew when the one that worked has run out."""
        self._quota = quota or Quota(nowhere(), base_url, ())
        self._deadline = deadline
        self._trail = trail
        self._most_bytes = most_bytes
        self._request_seconds = request_seconds
        self._secrets = frozenset(secrets)
        self._authorise = authorise
        self._cord = RipCord()
        # The environment is not trusted: a proxy or .netrc there would change what is asked.
        self._client = httpx2.Client(
            base_url=base_url,
            headers={"User-Agent": "Countersign", **(headers or {})},
            auth=auth,
            verify=trust or _usual_trust(),
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
        return self.get_page(path, params=params).content

    def get_page(
        self,
        path: str = "",
        *,
        params: Mapping[str, str] | None = None,
        also: Collection[int] = (),
        accept: str = "application/json",
    ) -> Page:
        """GET a JSON answer with its headers; `also` names statuses that are answers beside 2xx."""
        return self._page(self.get(path, params=params, accept=accept, also=also))

    def look_up(
        self, path: str, question: Mapping[str, str], *, also: Collection[int] = ()
    ) -> Page:
        """POST a question that changes nothing, where a source takes it in no other way."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        content = json.dumps(question).encode()
        reply = self.send("POST", path, headers=headers, content=content, also=also)
        return self._page(self._noted(reply))

    def get(
        self,
        path: str = "",
        *,
        params: Mapping[str, str] | None = None,
        accept: str = "*/*",
        also: Collection[int] = (),
    ) -> Reply:
        """GET an answer of status 2xx, trying again at once what may pass; note it in the trail."""
        reply = self.send("GET", path, params=params, headers={"Accept": accept}, also=also)
        return self._noted(reply)

    def send(
        self,
        method: str,
        path: str = "",
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        also: Collection[int] = (),
    ) -> Reply:
        """Return an answer of status 2xx or of `also`, trying again at once what may pass.

        What is sent may arrive twice: use methods that are idempotent, or look for the conflict.
        """
        sent = {"params": params, "headers": headers, "content": content}
        for attempt in stamina.retry_context(
            on=_pause, attempts=_ATTEMPTS, timeout=self._deadline.left(), wait_initial=0.5
        ):
            with attempt:
                reply = self._permitted(method, path, **sent)
                if reply.status not in also:
                    refuse_failure(reply)
        return reply

    def _noted(self, reply: Reply) -> Reply:
        self._trail.saw(reply.body, clock=reply.clock, asked=reply.asked)
        return reply

    def _page(self, reply: Reply) -> Page:
        told = decode_json(reply)
        return Page(without(told, self._secrets) if self._secrets else told, reply)

    def _permitted(self, method: str, path: str, **sent: Any) -> Reply:
        """Ask with a permission of the moment, where it has to be fetched first."""
        if self._authorise is None:
            return self.ask(method, path, **sent)
        fresh = "Authorization" not in self._client.headers
        if fresh:
            self._client.headers["Authorization"] = self._authorise()
        reply = self.ask(method, path, **sent)
        if reply.status != 401 or fresh:
            return reply
        # A long collection outlives its token: one that had worked may be renewed once.
        self._client.headers["Authorization"] = self._authorise()
        return self.ask(method, path, **sent)

    def ask(
        self,
        method: str,
        path: str = "",
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Reply:
        """Return the answer whatever its status; SourceUnreachableError where there is none.

        `data` is sent as a form, `content` as it is. An address beside the one that was named is
        refused, and so is a question while the source wants to be left alone.
        """
        seconds = self._deadline.left(at_most=self._request_seconds)
        try:
            request = self._client.build_request(
                method,
                path,
                params=params,
                headers=headers,
                data=data,
                content=content,
                timeout=min(seconds, SILENCE_SECONDS),
                extensions={"trace": self._watch},
            )
        except httpx2.InvalidURL as error:
            message = f"This is no address that can be asked: {error}."
            raise SourceRefusedError(message) from error
        asked = f"{method} {request.url.copy_with(query=None, userinfo=b'')}"
        self._refuse_stranger(request.url)
        self._quota.refuse_early(asked)
        reply = self._sent(request, asked, seconds)
        self._quota.note(reply)
        return reply

    def _sent(self, request: httpx2.Request, asked: str, seconds: float) -> Reply:
        with self._cord.ready(seconds), _explained(asked, self._cord):
            response = self._client.send(request, stream=True)
            try:
                body = self._read(response, asked)
            finally:
                response.close()
        return Reply(response.status_code, response.headers, body, asked)

    def _refuse_stranger(self, url: httpx2.URL) -> None:
        """Refuse to carry credentials to another server, whatever a source links to."""
        named = self._client.base_url
        if named.host and (url.scheme, url.host, url.port) != (
            named.scheme,
            named.host,
            named.port,
        ):
            message = (
                f"The source leads on to {url.scheme}://{url.host}, which is not the server that "
                "was named; our credentials are not carried there."
            )
            raise SourceRefusedError(message)

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


@functools.cache
def _usual_trust() -> SSLContext:
    """Load the usual authorities once: it takes longer than most questions."""
    return httpx2.create_ssl_context(trust_env=False)


def _pause(error: Exception) -> bool | float:
    """Say whether to try again at once, and after how many seconds where the source said so."""
    if isinstance(error, PassingError) and error.retry_after is not None:
        pause = error.retry_after
        return pause.total_seconds() if pause <= SHORT else False
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
