"""A desk in the staff door: somebody signed in, and the pages that can be asked for from there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from tests import cast

LOGIN = "/admin/login/"
_TAGS = re.compile(r"<(script|style).*?</\1>|<[^>]+>", re.DOTALL)


@dataclass
class Desk:
    """One person's browser."""

    client: Client
    user: User

    def get(self, name: str, *args: Any, **query: Any) -> Any:
        return self.client.get(url(name, *args), query)

    def post(self, name: str, *args: Any, follow: bool = False, **data: Any) -> Any:
        return self.client.post(url(name, *args), data, follow=follow)

    def text(self, name: str, *args: Any, **query: Any) -> str:
        """The words of a page that must be there."""
        response = self.get(name, *args, **query)
        assert response.status_code == 200, response.status_code
        return words(response)


def at(user: User) -> Desk:
    """Sign a person in and sit down."""
    return Desk(cast.sign_in(Client(), user), user)


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:{name}", args=args)


def words(response: Any) -> str:
    """What a person reads on a page: its text without tags, with single spaces."""
    text = _TAGS.sub(" ", response.content.decode())
    return " ".join(unescape(text).split())


def told(response: Any) -> str:
    """The messages that the next page shows."""
    return " ".join(str(message) for message in response.context["messages"])


def assert_refused(name: str, *args: Any, strangers: Iterator[User] | tuple[User, ...]) -> None:
    """Nobody from outside gets in: who is unknown is sent to sign in, who is known is refused."""
    for ask in ("get", "post"):
        answer = getattr(Client(), ask)(url(name, *args))
        assert answer.status_code == 302, (name, ask)
        assert answer.url.startswith(LOGIN), answer.url
        for stranger in strangers:
            answer = getattr(at(stranger).client, ask)(url(name, *args))
            assert answer.status_code == 403, (name, ask, stranger)


@contextmanager
def at_most(queries: int) -> Iterator[None]:
    """Count the queries of a block; all of them stand in the failure."""
    with CaptureQueriesContext(connection) as captured:
        yield
    asked = [query["sql"][:150] for query in captured.captured_queries]
    assert len(asked) <= queries, "\n".join([f"{len(asked)} queries", *asked])
