"""Says one thing in the chat: a JSON object with `text`, as Slack, Teams and Mattermost take it.

The address is a secret, because whoever knows it can write there: it comes from the settings, and
no job, log or error repeats it. What is connected to is looked at before a byte is sent, so a name
that changes its answer gains nothing. Redirects are not followed, and no proxy of the environment
is used.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx2
from django.conf import settings

from compliance.notices.errors import ChatRefusedError
from evidence import addresses
from evidence.errors import AddressError
from jobs.errors import RetryLater, TransientError

LONGEST_TEXT = 4_000
SECONDS = 10.0
_MOST_BYTES = 64 * 1024
_LONGEST_PAUSE = 3600


def say(text: str) -> None:
    """Send a text to the chat; TransientError or RetryLater for what may pass, ChatRefusedError."""
    if not settings.CHAT_WEBHOOK_URL:
        raise ChatRefusedError("No chat is connected any more. Set CHAT_WEBHOOK_URL first.")
    request = httpx2.Request(
        "POST",
        settings.CHAT_WEBHOOK_URL,
        json={"text": text[:LONGEST_TEXT]},
        headers={"User-Agent": "Countersign"},
        extensions={
            "timeout": dict.fromkeys(("connect", "read", "write", "pool"), SECONDS),
            "trace": _watch,
        },
    )
    # The transport alone: a client would write the whole address into the log.
    with httpx2.HTTPTransport(trust_env=False) as transport:
        try:
            response = transport.handle_request(request)
            _read(response)
        except httpx2.TransportError as error:
            # Without the error behind it: its words are those of a library, not ours.
            raise TransientError(f"The chat did not answer ({type(error).__name__}).") from None
    _refuse_failure(response)


def refuse_unfit(address: str) -> None:
    """Raise ChatRefusedError for an address that a chat cannot have.

    Private and loopback addresses are refused where CHAT_WEBHOOK_PRIVATE does not allow them;
    those at which cloud machines hand out credentials always are.
    """
    try:
        addresses.refuse(address, addresses.CHAT)
    except AddressError:
        raise ChatRefusedError(
            f"The chat's name leads to {address}, which is no public address. Check"
            " CHAT_WEBHOOK_URL, or set CHAT_WEBHOOK_PRIVATE=yes where the chat stands in your own"
            " network."
        ) from None


def _watch(event: str, info: Mapping[str, Any]) -> None:
    """Look at a fresh connection before anything is sent through it."""
    if event != "connection.connect_tcp.complete":
        return
    stream = info["return_value"]
    try:
        refuse_unfit(stream.get_extra_info("socket").getpeername()[0])
    except ChatRefusedError:
        stream.close()
        raise


def _read(response: httpx2.Response) -> None:
    """Read an answer to its end, bounded; what it says is of no interest."""
    got = 0
    try:
        for chunk in response.iter_raw():
            got += len(chunk)
            if got > _MOST_BYTES:
                return
    finally:
        response.close()


def _refuse_failure(response: httpx2.Response) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    if status == 429:
        told = response.headers.get("Retry-After", "")
        seconds = int(told) if told.isdecimal() and len(told) < 9 else 60
        pause = timedelta(seconds=min(max(seconds, 1), _LONGEST_PAUSE))
        raise RetryLater(after=pause, reason="The chat asked to be left alone for a while.")
    if status >= 500:
        raise TransientError(f"The chat answered with status {status}.")
    raise ChatRefusedError(
        f"The chat answered with status {status} and takes no messages there. Check"
        " CHAT_WEBHOOK_URL; its webhook may have been removed."
    )
