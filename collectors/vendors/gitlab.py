"""GitLab: a token, the group and projects in scope, and lists by Link header."""

from collections.abc import Iterator
from urllib.parse import quote

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Ask, SourceSettings
from collectors.wire import paging
from collectors.wire.fields import Item
from collectors.wire.http import Client
from collectors.wire.paging import Listed

SECRETS = ("token", "runners_token", "private_token", "feed_token", "incoming_email_token")
_MOST_PER_PAGE = "100"


class GitLabSettings(SourceSettings):
    """A token that may read the API, of the group or of an auditor account."""

    url: HttpUrl = Field(
        default=HttpUrl("https://gitlab.com"),
        title="Address",
        description="https://gitlab.com, or the address of your own server.",
    )
    group: str = Field(
        title="Group",
        description="Path of the group as it stands in addresses, such as lindgren/payments.",
        max_length=255,
        pattern=r"^[A-Za-z0-9_.][A-Za-z0-9_./-]*$",
    )
    token: SecretStr = Field(title="Access token", description="Token with the scope read_api.")


def opened(ask: Ask[GitLabSettings]) -> Client:
    token = ask.settings.token.get_secret_value()
    return ask.http(str(ask.settings.url), headers={"PRIVATE-TOKEN": token})


def place(ask: Ask[GitLabSettings]) -> str:
    """Return where the group is, its slashes written as GitLab wants them."""
    return f"api/v4/groups/{quote(ask.settings.group, safe='')}"


def pages(api: Client, path: str, **params: str) -> Iterator[Listed]:
    return paging.pages(
        api, path, params={"per_page": _MOST_PER_PAGE, **params}, turn=paging.by_link()
    )


def listed(api: Client, path: str, **params: str) -> Iterator[Item]:
    """Yield every item of a list."""
    for page in pages(api, path, **params):
        yield from page.items


def one(api: Client, path: str) -> Item:
    """Return a single thing."""
    page = api.get_page(path)
    return Item(page.content, page.reply.asked)


def projects(ask: Ask[GitLabSettings], api: Client) -> Iterator[Item]:
    """Yield the projects of the group and of the groups below it, without archived ones."""
    asked = {"include_subgroups": "true", "archived": "false", "order_by": "id", "sort": "asc"}
    return listed(api, f"{place(ask)}/projects", **asked)


def system(ask: Ask[GitLabSettings]) -> str:
    """Name the source system as evidence shows it."""
    return f"GitLab group {ask.settings.group} at {ask.settings.url.host}"
