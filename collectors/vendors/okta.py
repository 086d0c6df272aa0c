"""Okta: an API token, and lists by Link header."""

from collections.abc import Iterator

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Ask, SourceSettings
from collectors.wire import paging
from collectors.wire.fields import Item
from collectors.wire.http import Client

SECRETS = ("credentials", "token", "activationToken", "recoveryQuestion", "clientSecret")
# A question is something that others may know, and mail is only as good as the mailbox.
WEAK = {"question", "email"}


class OktaSettings(SourceSettings):
    """An API token of an administrator who may only read."""

    url: HttpUrl = Field(
        title="Address", description="Address of the organisation: https://example.okta.com."
    )
    token: SecretStr = Field(
        title="API token", description="Token of an account with the role read-only administrator."
    )


def opened(ask: Ask[OktaSettings]) -> Client:
    token = ask.settings.token.get_secret_value()
    return ask.http(str(ask.settings.url), headers={"Authorization": f"SSWS {token}"})


def listed(api: Client, path: str, **params: str) -> Iterator[Item]:
    """Yield every item of a list."""
    return paging.items(api, path, params=params, turn=paging.by_link())


def factors(api: Client, user: str) -> tuple[str, ...]:
    """Return the kinds of the factors that a person has in use, the password left out."""
    found = listed(api, f"api/v1/users/{user}/factors")
    return tuple(
        sorted({each.text("factorType") for each in found if each.text("status") == "ACTIVE"})
    )


def is_enough(kinds: tuple[str, ...]) -> bool:
    """Say whether one of these kinds is a second factor worth the name."""
    return any(kind not in WEAK for kind in kinds)


def system(ask: Ask[OktaSettings]) -> str:
    """Name the source system as evidence shows it."""
    return f"Okta {ask.settings.url.host}"
