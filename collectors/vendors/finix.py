"""Finix: HTTP Basic, the pinned version, and lists in both of its paging styles."""

from collections.abc import Iterator
from datetime import UTC, datetime

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Ask, SourceSettings
from collectors.errors import SourceNonsenseError
from collectors.wire import paging
from collectors.wire.fields import Item
from collectors.wire.http import Client
from collectors.wire.paging import Listed, Turn

VERSION = "2022-02-01"
SECRETS = ("password", "api_key", "secret_signing_key", "entity", "url", "fingerprint")
_PER_PAGE = "100"


class FinixSettings(SourceSettings):
    """An API key of its own, with no other role than it needs."""

    url: HttpUrl = Field(
        default=HttpUrl("https://finix.live-payments-api.com"),
        title="Address",
        description="The live API, or https://finix.sandbox-payments-api.com for the sandbox.",
    )
    user: str = Field(
        title="User", description="User id of the API key, which begins with US.", max_length=255
    )
    password: SecretStr = Field(title="Password", description="Password of the API key.")


def opened(ask: Ask[FinixSettings]) -> Client:
    chosen = ask.settings
    return ask.http(
        str(chosen.url),
        headers={"Finix-Version": VERSION},
        auth=(chosen.user, chosen.password.get_secret_value()),
    )


def pages(api: Client, path: str, name: str, **params: str) -> Iterator[Listed]:
    """Yield the pages of a list; one without any items leaves `_embedded` out."""
    found = paging.pages(
        api,
        path,
        params={"limit": _PER_PAGE, **params},
        where=f"_embedded.{name}",
        may_lack=True,
        turn=paging.either(_style),
        accept="application/hal+json, application/json",
    )
    for listed in found:
        # Only what says how long its pages are is a list of Finix, and no other answer.
        listed.whole.integer("page.limit")
        yield listed


def listed(api: Client, path: str, name: str, **params: str) -> Iterator[Item]:
    """Yield every item of a list."""
    for page in pages(api, path, name, **params):
        yield from page.items


def created(ask: Ask[FinixSettings], api: Client, path: str, name: str) -> Iterator[Item]:
    """Yield what was created in the period.

    The filter takes whole seconds and both ends count, so one second more is asked for, and what
    lies in it is left out here.
    """
    since, before = ask.bounds
    window = {"created_at.gte": stamp(since), "created_at.lte": stamp(before)}
    for item in listed(api, path, name, **window):
        if since <= item.moment("created_at") < before:
            yield item


def stamp(moment: datetime) -> str:
    """Write a time as the filters of Finix take it: UTC, without a zone."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def window(ask: Ask[FinixSettings]) -> dict[str, str]:
    """Return the parameters of a question about a period."""
    since, before = ask.bounds
    return {"finix_version": VERSION, "since": since.isoformat(), "before": before.isoformat()}


def system(ask: Ask[FinixSettings]) -> str:
    """Name the source system as evidence shows it: the host tells sandbox from live."""
    return f"Finix {ask.settings.url.host}"


def _style(listed: Listed) -> Turn:
    told = listed.whole.value("page")
    if isinstance(told, dict) and "next_cursor" in told:
        return paging.by_cursor("page.next_cursor", sends="after_cursor")
    if isinstance(told, dict) and "offset" in told:
        return paging.by_offset()
    message = f"{listed.whole.asked} answered a page that does not say whether there are more."
    raise SourceNonsenseError(message)
