"""Pages of a list, newest first: by cursor, or by offset for whoever speaks the older version.

The cursor is the id of the last item of a page. A page starts by index, so it costs the same at the
millionth form as at the first. A list by several values of one column is read once for each, in
order, and merged: no index holds an "or" in order. A list by a tag is read along the rows of that
tag, which stand in the order of the list.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from heapq import merge
from itertools import islice
from operator import or_
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from rest_framework.response import Response

from compliance.api.finix import fields
from compliance.api.finix.base import FinixView
from compliance.api.finix.errors import Refused
from merchants import tagged
from merchants.models import Tag
from merchants.tagged import Wanted

DEFAULT = 10
OLD_DEFAULT = 20
MOST = 100
REACH = 10_000
PAST_THE_END = frozenset({"", "null", "None", "Null"})
"""What SDKs send for a cursor that is null."""

Row = TypeVar("Row", bound=Model)
Shape = Callable[[Any, str], Mapping[str, Any]]


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """A list that is to be shown: its name, its rows and how one looks."""

    name: str
    known: QuerySet[Row]
    """All that the caller may know of: any of them is a cursor."""
    shape: Shape
    where: Q = field(default_factory=Q)
    each: Sequence[Q] = field(default_factory=lambda: (Q(),))
    """Conditions of which a row fulfils exactly one; each alone follows an index."""
    key: Callable[[str], Mapping[str, str]] = field(default=lambda ref: {"ref": ref})
    """Turns an id, as the list shows it, into the condition that finds its row."""
    tags: Sequence[Wanted] = ()
    reach: Mapping[str, Any] | None = None
    """The whole of `known`, as a condition on rows of tags; None where it is more than that."""

    @property
    def rows(self) -> QuerySet[Row]:
        """All that fits, but for `each`."""
        model = self.known.model
        return self.known.filter(self.where, *(tagged.worn(model, one) for one in self.tags))

    @property
    def by_tag(self) -> QuerySet[Tag] | None:
        """The rows of the first tag that stand for what fits; None where others lead quicker."""
        if not self.tags or self.reach is None or self.where:
            return None
        model, (first, *others) = self.known.model, self.tags
        found = tagged.wearers(model, first).filter(**self.reach)
        found = found.filter(*(tagged.worn(model, one, key="row") for one in others))
        one_of = reduce(or_, self.each)
        if one_of:
            fitting = model._default_manager.filter(one_of, pk=OuterRef("row"))  # noqa: SLF001
            found = found.filter(Exists(fitting))
        return found


def answer(view: FinixView, listing: Listing[Any]) -> Response:
    """Return the page that was asked for, in the style of the caller's version."""
    return _by_cursor(view, listing) if view.is_by_cursor else _by_offset(view, listing)


def limit_of(view: FinixView, default: int) -> int:
    said = view.request.query_params.get("limit", str(default))
    return min(fields.number(said, "limit", least=1, most=10**9), MOST)


def _by_cursor(view: FinixView, listing: Listing[Any]) -> Response:
    params = view.request.query_params
    limit = limit_of(view, DEFAULT)
    after, before = params.get("after_cursor"), params.get("before_cursor")
    if after is not None and before is not None:
        raise Refused(422, "Give one cursor, not two.", field="before_cursor")
    if (after if before is None else before) in PAST_THE_END:
        return _page(view, listing, [], limit, has_more=False)
    if before is not None:
        rows = _read(listing, limit, newer=True, place=_place(listing, before))
        # Those before a place have that place after them.
        return _page(view, listing, rows[::-1], limit, has_more=bool(rows))
    place = None if after is None else _place(listing, after)
    rows = _read(listing, limit + 1, newer=False, place=place)
    return _page(view, listing, rows[:limit], limit, has_more=len(rows) > limit)


def _place(listing: Listing[Any], cursor: str) -> tuple[datetime, int]:
    """Return where a cursor stands; the row need not fit the other conditions of the list."""
    found: list[tuple[datetime, int]] = []
    if "\0" not in cursor:
        named = listing.known.filter(**listing.key(cursor)).order_by()
        found = list(named.values_list("created_at", "pk")[:1])
    if not found:
        raise Refused(404, f"Unable to parse value {cursor[:80]}")
    return found[0]


def _read(
    listing: Listing[Any],
    count: int,
    *,
    newer: bool,
    place: tuple[datetime, int] | None = None,
    start: int = 0,
) -> list[Any]:
    by_tag = listing.by_tag
    if by_tag is not None:
        ordered = by_tag.order_by(*(("created_at", "row") if newer else ("-created_at", "-row")))
        wearing = _stretch(ordered, place, start + count, newer=newer, key="row")[start:]
        return _in_order(listing, [tag.row for tag in wearing])
    order = ("created_at", "pk") if newer else ("-created_at", "-pk")
    rows = listing.rows.order_by(*order)
    if len(listing.each) == 1 and place is None:
        return list(rows.filter(listing.each[0])[start : start + count])
    parts = [_stretch(rows.filter(one), place, start + count, newer=newer) for one in listing.each]
    together = merge(*parts, key=lambda row: (row.created_at, row.pk), reverse=not newer)
    return list(islice(together, start, start + count))


def _in_order(listing: Listing[Any], keys: Sequence[int]) -> list[Any]:
    """Return the rows of these keys, in their order."""
    found = {row.pk: row for row in listing.known.filter(pk__in=keys).order_by()}
    return [found[key] for key in keys if key in found]


def _stretch(
    rows: QuerySet[Any],
    place: tuple[datetime, int] | None,
    count: int,
    *,
    newer: bool,
    key: str = "pk",
) -> list[Any]:
    """Return the rows next to a place: those of its very moment first, then the others.

    Apart, because a hundred thousand forms are issued at one moment, and an index is entered in
    the middle of them by "this moment and a lower key" only.
    """
    if place is None:
        return list(rows[:count])
    (at, pk), side = place, "gt" if newer else "lt"
    found = list(rows.filter(**{"created_at": at, f"{key}__{side}": pk})[:count])
    if len(found) < count:
        found += rows.filter(**{f"created_at__{side}": at})[: count - len(found)]
    return found


def _page(
    view: FinixView, listing: Listing[Any], rows: Sequence[Any], limit: int, *, has_more: bool
) -> Response:
    shown = [listing.shape(row, view.base) for row in rows]
    following = shown[-1]["id"] if has_more and shown else None
    links = {"self": {"href": view.request.build_absolute_uri()}}
    if following:
        kept = _kept(view, {"limit": str(limit), "after_cursor": following})
        links["next"] = {"href": view.request.build_absolute_uri(f"?{kept}")}
    return Response(
        {
            "_embedded": {listing.name: shown},
            "_links": links,
            "page": {"limit": limit, "next_cursor": following},
        }
    )


def _by_offset(view: FinixView, listing: Listing[Any]) -> Response:
    params = view.request.query_params
    limit = limit_of(view, OLD_DEFAULT)
    offset = fields.number(params.get("offset", "0"), "offset", least=0, most=REACH)
    count = min(sum(one[:REACH].count() for one in _parts(listing)), REACH)
    oldest_first = params.get("sort", "").endswith(",asc")
    page = _read(listing, limit, newer=oldest_first, start=offset)
    shown = [listing.shape(row, view.base) for row in page]
    links = {"self": {"href": view.request.build_absolute_uri()}}
    if offset + limit < count:
        kept = _kept(view, {"limit": str(limit), "offset": str(offset + limit)})
        links["next"] = {"href": view.request.build_absolute_uri(f"?{kept}")}
    last = max(0, (count - 1) // limit * limit)
    kept = _kept(view, {"limit": str(limit), "offset": str(last)})
    links["last"] = {"href": view.request.build_absolute_uri(f"?{kept}")}
    return Response(
        {
            "_embedded": {listing.name: shown},
            "_links": links,
            "page": {"offset": offset, "limit": limit, "count": count},
        }
    )


def _parts(listing: Listing[Any]) -> Iterable[QuerySet[Any]]:
    """Return what, counted together, is all that fits."""
    if (by_tag := listing.by_tag) is not None:
        return [by_tag]
    return [listing.rows.filter(one) for one in listing.each]


def _kept(view: FinixView, new: Mapping[str, str]) -> str:
    """Return the question of the next page: the filters stay, the place changes."""
    moving = {"limit", "offset", "after_cursor", "before_cursor"}
    params = view.request.query_params
    stay = [(name, one) for name in params if name not in moving for one in params.getlist(name)]
    return urlencode([*stay, *new.items()])
