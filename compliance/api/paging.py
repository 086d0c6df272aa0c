"""Pages of a list by cursor, each at a cost that does not grow with the table.

A cursor names the last row that was looked at, so a page starts by index. A filter without an index
of its own is tried on at most SCAN rows per page; what is left goes to the next page.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from compliance.api import forms
from compliance.api.errors import Refusal

SCAN: Final = 2_000
LARGEST: Final = 2**63 - 1

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the cursor of the next page; None at the end of the list."""

    rows: list[Row]
    next_cursor: str | None


class PageQuery(serializers.Serializer[Any]):
    """The parameters that every list has."""

    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    cursor = serializers.CharField(
        max_length=200, required=False, help_text="`next_cursor` of the page before."
    )


def asked(request: Request, form: PageQuery) -> Mapping[str, Any]:
    """Return the checked query parameters; an unknown or repeated one is refused, not ignored."""
    wish, wrong = forms.checked(form, request.query_params)
    if wrong:
        raise bad_query(wrong)
    return wish


def bad_query(fields: Mapping[str, list[str]]) -> Refusal:
    return Refusal(400, "bad_query", "Some parameters need correction.", fields=fields)


def before(cursor: str | None, key: str) -> Q:
    """Return the condition for what comes after a cursor in a list by descending whole number."""
    if cursor is None:
        return Q()
    return Q(**{f"{key}__lt": _number(cursor)})


def newest_first(
    rows: QuerySet[Row],
    *,
    key: str,
    limit: int,
    rest: Q,
    floor: int | None = None,
) -> Page[Row]:
    """Return a page of rows by descending key; `rows` follow an index, `rest` need not.

    No row at or below `floor` is looked at on this page; without it SCAN rows bound the look.
    """
    if floor is None and rest:
        floor = nth(rows, key)
    within = rows if floor is None else rows.filter(**{f"{key}__gt": floor})
    found = list(within.filter(rest).order_by(f"-{key}")[: limit + 1])
    if len(found) > limit:
        found.pop()
        return Page(found, encoded(str(getattr(found[-1], key))))
    return Page(found, None if floor is None else encoded(str(floor + 1)))


def by_name(rows: QuerySet[Row], *, key: str, cursor: str | None, limit: int) -> Page[Row]:
    """Return a page of rows by ascending unique text."""
    after = rows.filter(**{f"{key}__gt": decoded(cursor)}) if cursor is not None else rows
    found = list(after.order_by(key)[: limit + 1])
    if len(found) <= limit:
        return Page(found, None)
    found.pop()
    return Page(found, encoded(str(getattr(found[-1], key))))


def in_order(rows: QuerySet[Row], *, key: str, cursor: str | None, limit: int) -> Page[Row]:
    """Return a page of rows by ascending unique whole number."""
    after = rows if cursor is None else rows.filter(**{f"{key}__gt": _number(cursor)})
    found = list(after.order_by(key)[: limit + 1])
    if len(found) <= limit:
        return Page(found, None)
    found.pop()
    return Page(found, encoded(str(getattr(found[-1], key))))


def nth(rows: QuerySet[Any], key: str) -> int | None:
    """Return the key of the first row that is too far away for this page."""
    keys = rows.order_by(f"-{key}").values_list(key, flat=True)
    return next(iter(keys[SCAN : SCAN + 1]), None)


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decoded(cursor: str) -> str:
    """Return what a cursor names; refuses one that this door did not make."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise bad_cursor() from error
    if not text or "\0" in text:
        raise bad_cursor()
    return text


def _number(cursor: str) -> int:
    text = decoded(cursor)
    # The length goes first: Python refuses to read a number of thousands of digits.
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST):
        raise bad_cursor()
    return int(text)


def bad_cursor() -> Refusal:
    return bad_query({"cursor": ["This is no cursor of ours. Start again without one."]})
