"""Google Workspace: a service account that acts for one administrator, with one right."""

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Ask, SourceSettings
from collectors.wire import credentials
from collectors.wire.http import Client

SECRETS = ("password", "hashFunction", "access_token", "recoveryEmail", "recoveryPhone")
_SCOPE = "https://www.googleapis.com/auth/admin.directory.user.readonly"


class GoogleSettings(SourceSettings):
    """A service account with domain-wide delegation of one scope."""

    customer: str = Field(
        default="my_customer",
        title="Customer",
        description="Customer id, or my_customer for that of the administrator.",
        pattern=r"^[A-Za-z0-9_]+$",
        max_length=60,
    )
    service_account: str = Field(
        title="Service account", description="Its address, which ends in gserviceaccount.com."
    )
    administrator: str = Field(
        title="Administrator", description="Address of the person for whom it acts."
    )
    private_key: SecretStr = Field(
        title="Private key", description="private_key of the service account's key file."
    )
    url: HttpUrl = Field(
        default=HttpUrl("https://admin.googleapis.com"),
        title="Address of the Admin SDK",
        description="https://admin.googleapis.com.",
    )
    sign_in_url: HttpUrl = Field(
        default=HttpUrl("https://oauth2.googleapis.com"),
        title="Address of the sign-in",
        description="https://oauth2.googleapis.com.",
    )


def opened(ask: Ask[GoogleSettings]) -> Client:
    return ask.http(str(ask.settings.url), authorise=lambda: _permission(ask))


def _permission(ask: Ask[GoogleSettings]) -> str:
    chosen = ask.settings
    with ask.http(str(chosen.sign_in_url)) as api:
        return credentials.google_service_account(
            api,
            "token",
            account=chosen.service_account,
            key=chosen.private_key.get_secret_value(),
            subject=chosen.administrator,
            scope=_SCOPE,
            now=ask.now,
        )
