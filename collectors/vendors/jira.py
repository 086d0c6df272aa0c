"""Jira Cloud: an API token, a question in JQL, and lists by page token."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from pydantic import Field, HttpUrl, SecretStr, field_validator

from collectors.base import Ask, SourceSettings
from collectors.errors import SourceNonsenseError
from collectors.wire import paging
from collectors.wire.fields import Item

SECRETS = ("emailAddress", "avatarUrls", "attachment")
_PER_PAGE = "100"
FIELD = r"^([a-z]+|customfield_[0-9]+)?$"


class JiraSettings(SourceSettings):
    """An account that may browse the projects in scope, with an API token."""

    url: HttpUrl = Field(title="Address", description="https://example.atlassian.net.")
    account: str = Field(
        title="Account", description="Mail address of the account.", max_length=255
    )
    token: SecretStr = Field(title="API token", description="API token of the account.")
    chosen: str = Field(
        title="Filter",
        description="JQL that chooses the issues, without dates and order: project = INC.",
        max_length=2000,
    )

    @field_validator("chosen")
    @classmethod
    def _has_no_order(cls, chosen: str) -> str:
        if re.search(r"\border\s+by\b", chosen, re.IGNORECASE):
            message = "leave out ORDER BY; the order is chosen here"
            raise ValueError(message)
        return chosen


def issues(ask: Ask[JiraSettings], question: str, fields: Sequence[str]) -> Iterator[Item]:
    """Yield the issues that a question finds, oldest first."""
    auth = (ask.settings.account, ask.settings.token.get_secret_value())
    wanted = sorted({field for field in fields if field})
    asked = {"jql": question, "fields": ",".join(wanted), "maxResults": _PER_PAGE}
    with ask.http(str(ask.settings.url), auth=auth) as api:
        for page in paging.pages(
            api,
            "rest/api/3/search/jql",
            params=asked,
            where="issues",
            turn=paging.by_cursor("nextPageToken", sends="nextPageToken"),
            empty_ends=False,
        ):
            if "nextPageToken" not in _names(page.whole) and not page.whole.boolean("isLast"):
                message = f"{page.whole.asked} says that there is more, and not where."
                raise SourceNonsenseError(message)
            yield from page.items


def created(ask: Ask[JiraSettings]) -> str:
    """Return the question about what was created in the period, a day wider at both ends.

    JQL takes dates in the time zone of the account, so what lies outside is sorted out here.
    """
    since, before = ask.bounds
    first, last = since - timedelta(days=1), before + timedelta(days=1)
    days = f'created >= "{first:%Y-%m-%d}" AND created < "{last:%Y-%m-%d}"'
    return f"({ask.settings.chosen}) AND {days} ORDER BY created ASC"


def is_within(ask: Ask[JiraSettings], issue: Item) -> bool:
    since, before = ask.bounds
    return since <= issue.moment("fields.created") < before


def said(issue: Item, field: str) -> str | None:
    """Return a field as a person reads it: text, the name of a choice or person, or a list."""
    if not field:
        return None
    return _words(issue.part(f"fields.{field}"))


def at(issue: Item, field: str) -> datetime | None:
    """Return a field that holds a time or a day."""
    return issue.maybe_moment(f"fields.{field}") if field else None


def system(ask: Ask[JiraSettings]) -> str:
    """Name the source system as evidence shows it."""
    return f"Jira {ask.settings.url.host}"


def _words(told: Item) -> str | None:
    content = told.content
    if content is None or isinstance(content, str):
        return content or None
    if isinstance(content, list):
        parts = (_words(Item(each, told.asked)) for each in content)
        return "; ".join(part for part in parts if part) or None
    if isinstance(content, dict):
        if content.get("type") == "doc":
            return _plain(told) or None
        names = ("displayName", "value", "name")
        return next((found for each in names if (found := told.maybe_text(each))), None)
    return str(content)


def _plain(told: Item) -> str:
    """Return the text of a field in Atlassian's document format."""
    here = told.maybe_text("text") or ""
    below = [_plain(each) for each in told.parts("content")]
    joint = "\n" if told.maybe_text("type") == "doc" else ""
    return here + joint.join(below)


def _names(whole: Item) -> set[str]:
    return set(whole.content) if isinstance(whole.content, dict) else set()
