"""Alertmanager: how to reach its API of version 2."""

from collections.abc import Iterator

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Ask, SourceSettings
from collectors.errors import SourceNonsenseError
from collectors.wire.fields import Item

SECRETS = ("token", "password")


class AlertmanagerSettings(SourceSettings):
    """Alertmanager knows no permissions of its own; what stands before it may ask for a token."""

    url: HttpUrl = Field(
        title="Address", description="Base address: https://alertmanager.example.com."
    )
    token: SecretStr | None = Field(
        default=None, title="Token", description="Bearer token, where a proxy asks for one."
    )


def listed(ask: Ask[AlertmanagerSettings], path: str) -> Iterator[Item]:
    """Yield every item of a list, which comes in one answer with its own count."""
    token = ask.settings.token
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else None
    with ask.http(str(ask.settings.url), headers=headers) as api:
        page = api.get_page(f"api/v2/{path}")
    if not isinstance(page.content, list):
        raise SourceNonsenseError(f"{page.reply.asked} answered without a list.")
    ask.trail.source_count = len(page.content)
    for each in page.content:
        yield Item(each, page.reply.asked)


def system(ask: Ask[AlertmanagerSettings]) -> str:
    """Name the source system as evidence shows it."""
    return f"Alertmanager at {ask.settings.url.host}"
