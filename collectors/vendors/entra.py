"""Microsoft Entra ID through Graph: an app's own permission, and lists by address."""

from collections.abc import Iterator

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Ask, SourceSettings
from collectors.wire import credentials, paging
from collectors.wire.fields import Item
from collectors.wire.http import Client

SECRETS = ("passwordProfile", "secretText", "access_token", "passwordCredentials")


class EntraSettings(SourceSettings):
    """An app registration with a client secret, and permissions of its own (no person's)."""

    tenant: str = Field(
        title="Tenant",
        description="Directory (tenant) id of the organisation.",
        max_length=60,
        pattern=r"^[A-Za-z0-9.-]+$",
    )
    client_id: str = Field(
        title="Client id", description="Application (client) id of the app.", max_length=60
    )
    client_secret: SecretStr = Field(title="Client secret", description="Secret of the app.")
    url: HttpUrl = Field(
        default=HttpUrl("https://graph.microsoft.com"),
        title="Address of Graph",
        description="https://graph.microsoft.com, or that of a national cloud.",
    )
    sign_in_url: HttpUrl = Field(
        default=HttpUrl("https://login.microsoftonline.com"),
        title="Address of the sign-in",
        description="https://login.microsoftonline.com, or that of a national cloud.",
    )


def opened(ask: Ask[EntraSettings]) -> Client:
    return ask.http(str(ask.settings.url), authorise=lambda: _permission(ask))


def listed(api: Client, path: str, **params: str) -> Iterator[Item]:
    """Yield every item of a list; Graph may send an empty page in the middle."""
    return paging.items(
        api,
        f"v1.0/{path}",
        params=params,
        where="value",
        turn=_by_next_link,
        empty_ends=False,
    )


def system(ask: Ask[EntraSettings]) -> str:
    """Name the source system as evidence shows it."""
    return f"Entra ID tenant {ask.settings.tenant}"


def _by_next_link(listed: paging.Listed) -> paging.Place | None:
    """Follow the address of the next page; its name has a dot, which is no path."""
    content = listed.page.content
    address = content.get("@odata.nextLink") if isinstance(content, dict) else None
    return paging.Place(address) if isinstance(address, str) and address else None


def _permission(ask: Ask[EntraSettings]) -> str:
    chosen = ask.settings
    with ask.http(str(chosen.sign_in_url)) as api:
        return credentials.client_credentials(
            api,
            f"{chosen.tenant}/oauth2/v2.0/token",
            client_id=chosen.client_id,
            secret=chosen.client_secret.get_secret_value(),
            scope=f"{str(chosen.url).rstrip('/')}/.default",
        )
