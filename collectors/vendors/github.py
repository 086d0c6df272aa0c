"""GitHub: a token or an app, the repositories in scope, and lists by Link header."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, HttpUrl, SecretStr, StringConstraints, model_validator

from collectors.base import Ask, SourceSettings
from collectors.wire import credentials, paging
from collectors.wire.fields import Item
from collectors.wire.http import Client

VERSION = "2022-11-28"
ACCEPT = "application/vnd.github+json"
SECRETS = ("token", "private_key", "temp_clone_token")
Name = Annotated[str, StringConstraints(pattern=r"^\.?[A-Za-z0-9_-][A-Za-z0-9._-]*$")]
_MOST_PER_PAGE = "100"
_PER_SEARCH = 4


class GitHubSettings(SourceSettings):
    """A personal access token, or an installed app with its key."""

    url: HttpUrl = Field(
        default=HttpUrl("https://api.github.com"),
        title="Address of the API",
        description="https://api.github.com, or https://your.host/api/v3 of your own server.",
    )
    organisation: str = Field(
        title="Organisation",
        description="The organisation as it is written in addresses.",
        max_length=100,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$",
    )
    repositories: tuple[Name, ...] = Field(
        default=(),
        title="Repositories",
        description="Names of repositories in scope. Empty: all of the organisation.",
        max_length=500,
    )
    token: SecretStr | None = Field(
        default=None, title="Access token", description="Empty where an app is used."
    )
    app_id: str = Field(
        default="",
        title="App id",
        description="Client id or app id of a GitHub App.",
        max_length=60,
    )
    installation_id: str = Field(
        default="",
        title="Installation id",
        description="The number of the app's installation in the organisation.",
        max_length=20,
        pattern=r"^[0-9]*$",
    )
    private_key: SecretStr | None = Field(
        default=None, title="Private key", description="The PEM file of the GitHub App."
    )

    @model_validator(mode="after")
    def _has_credentials(self) -> Self:
        app = (self.app_id, self.installation_id, self.private_key)
        if self.token is None and not all(app):
            message = "give an access token, or app id, installation id and private key"
            raise ValueError(message)
        return self


def opened(ask: Ask[GitHubSettings]) -> Client:
    """Return a client that speaks the pinned version of the API."""
    chosen = ask.settings
    headers = {"X-GitHub-Api-Version": VERSION}
    if chosen.token is None:
        return ask.http(str(chosen.url), headers=headers, authorise=lambda: _of_app(ask))
    bearer = f"Bearer {chosen.token.get_secret_value()}"
    return ask.http(str(chosen.url), headers={**headers, "Authorization": bearer})


def listed(api: Client, path: str, *, where: str = "", **params: str) -> Iterator[Item]:
    """Yield every item of a list."""
    return paging.items(
        api,
        path,
        params={"per_page": _MOST_PER_PAGE, **params},
        where=where,
        turn=paging.by_link(),
        accept=ACCEPT,
    )


def one(api: Client, path: str) -> Item:
    """Return a single thing."""
    page = api.get_page(path, accept=ACCEPT)
    return Item(page.content, page.reply.asked)


def repositories(ask: Ask[GitHubSettings], api: Client) -> Iterator[Item]:
    """Yield the repositories in scope, archived ones too."""
    chosen = ask.settings
    if not chosen.repositories:
        yield from listed(api, f"orgs/{chosen.organisation}/repos", type="all")
    for name in chosen.repositories:
        yield one(api, f"repos/{chosen.organisation}/{name}")


def merged_count(ask: Ask[GitHubSettings], api: Client) -> int:
    """Return how many merged pull requests of the period GitHub's own search counts.

    It refuses a long query, so a few names are asked for at a time.
    """
    first, last = ask.bounds[0], ask.bounds[1] - timedelta(seconds=1)
    days = f"merged:{first:%Y-%m-%dT%H:%M:%SZ}..{last:%Y-%m-%dT%H:%M:%SZ}"
    owner = ask.settings.organisation
    named = [f"repo:{owner}/{name}" for name in ask.settings.repositories] or [f"org:{owner}"]
    total = 0
    for place in range(0, len(named), _PER_SEARCH):
        query = f"{' '.join(named[place : place + _PER_SEARCH])} is:pr is:merged {days}"
        page = api.get_page("search/issues", params={"q": query, "per_page": "1"})
        found = Item(page.content, page.reply.asked)
        if found.boolean("incomplete_results"):
            ask.trail.lacks("GitHub's search did not finish, so that its count may be too low.")
        total += found.integer("total_count")
    return total


def approvals(reviews: Iterator[Item]) -> dict[str, str | None]:
    """Return who approves, with the version that was looked at; the last word of each counts."""
    found: dict[str, str | None] = {}
    for review in reviews:
        state, person = review.text("state"), review.maybe_text("user.login") or "a deleted account"
        if state == "APPROVED":
            found[person] = review.maybe_text("commit_id")
        elif state in {"CHANGES_REQUESTED", "DISMISSED"}:
            found.pop(person, None)
    return found


def system(ask: Ask[GitHubSettings]) -> str:
    """Name the source system as evidence shows it."""
    return f"GitHub organisation {ask.settings.organisation} at {ask.settings.url.host}"


def scope(ask: Ask[GitHubSettings]) -> dict[str, object]:
    """Return the parameters that every question to GitHub has."""
    return {
        "api_version": VERSION,
        "organisation": ask.settings.organisation,
        "repositories": list(ask.settings.repositories) or "all",
    }


def _of_app(ask: Ask[GitHubSettings]) -> str:
    chosen = ask.settings
    key = chosen.private_key.get_secret_value() if chosen.private_key else ""
    with ask.http(str(chosen.url), headers={"X-GitHub-Api-Version": VERSION}) as api:
        return credentials.github_app(
            api, app=chosen.app_id, installation=chosen.installation_id, key=key, now=ask.now
        )
