"""Follows the pages of a list to its end, by whichever way a source leads on.

Rules:
- A list ends at a page that leads nowhere (no next link, a null cursor, `more` that is false), or
  at an empty page.
- A source that leads back to a page that was read, or answers two pages with the same bytes, would
  never end: that is nonsense, and no list.
- A page that does not say whether there are more is nonsense too, never an end.
- Pages are handed on one by one; none is kept.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol
from urllib.parse import urlsplit

from collectors.errors import SourceNonsenseError
from collectors.wire.answers import Json
from collectors.wire.fields import Item
from collectors.wire.http import Client, Page

_LINK = re.compile(r"<([^>]*)>((?:[^,\"]|\"[^\"]*\")*)")
_NEXT = re.compile(r";\s*rel\s*=\s*\"?next\"?\s*(?:;|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """What to ask for one page."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listed:
    """One page of a list."""

    items: tuple[Item, ...]
    page: Page
    place: Place

    @property
    def whole(self) -> Item:
        """The answer around the list, for sources that count there."""
        return Item(self.page.content, self.page.reply.asked)


class Turn(Protocol):
    """Says where the next page is; None: there is none."""

    def __call__(self, listed: Listed) -> Place | None: ...


def pages(
    api: Client,
    path: str,
    *,
    params: Mapping[str, str] | None = None,
    where: str = "",
    may_lack: bool = False,
    turn: Turn,
    accept: str = "application/json",
    empty_ends: bool = True,
) -> Iterator[Listed]:
    """Yield every page of a list; `where` is the dotted name of the list within the answer.

    `may_lack`: the source leaves the list out where it is empty. `empty_ends=False`: it may send
    an empty page in the middle, and only its cursor tells the end.
    """
    place: Place | None = Place(path, dict(params or {}))
    seen: set[bytes] = set()
    before = b""
    while place is not None:
        _refuse_return(place, seen)
        page = api.get_page(place.path, params=place.params or None, accept=accept)
        listed = Listed(tuple(_items(page, where, may_lack=may_lack)), page, place)
        digest = sha256(page.reply.body).digest()
        if listed.items and digest == before:
            _refuse_endless(place)
        before = digest
        yield listed
        place = turn(listed) if listed.items or not empty_ends else None


def items(api: Client, path: str, **options: object) -> Iterator[Item]:
    """Yield every item of a list; the options are those of `pages`."""
    for listed in pages(api, path, **options):  # type: ignore[arg-type]
        yield from listed.items


def by_link() -> Turn:
    """Follow the Link header of RFC 8288, rel="next"."""

    def turn(listed: Listed) -> Place | None:
        told = listed.page.reply.headers.get("link", "")
        for target, parameters in _LINK.findall(told):
            if _NEXT.search(parameters):
                return Place(target)
        return None

    return turn


def by_address(found: str) -> Turn:
    """Follow the address of the next page that the answer names."""

    def turn(listed: Listed) -> Place | None:
        address = listed.whole.maybe_text(found)
        return Place(address) if address else None

    return turn


def by_cursor(found: str, *, sends: str) -> Turn:
    """Send back what the answer names as its cursor or page token, until there is none.

    A dotted name asks that its parent be there: `page.next_cursor` of an answer without `page` is
    nonsense, and not an end.
    """

    def turn(listed: Listed) -> Place | None:
        cursor = listed.whole.maybe_text(found)
        return _with(listed, {sends: cursor}) if cursor not in {None, "", "null"} else None

    return turn


def by_offset(*, sends: str = "offset", more: str = "", start: int = 0) -> Turn:
    """Count the items that came; the list ends where `more` is false, or at an empty page."""

    def turn(listed: Listed) -> Place | None:
        if more and not listed.whole.boolean(more):
            return None
        offset = int(listed.place.params.get(sends, start)) + len(listed.items)
        return _with(listed, {sends: str(offset)})

    return turn


def by_number(*, sends: str = "page", first: int = 1) -> Turn:
    """Count the pages; the list ends at an empty one."""

    def turn(listed: Listed) -> Place | None:
        return _with(listed, {sends: str(int(listed.place.params.get(sends, first)) + 1)})

    return turn


def by_last_id(*, sends: str, more: str, name: str = "id") -> Turn:
    """Send back the id of the last item for as long as `more` is true."""

    def turn(listed: Listed) -> Place | None:
        last = listed.items[-1].text(name)
        return _with(listed, {sends: last}) if listed.whole.boolean(more) else None

    return turn


def either(chosen: Callable[[Listed], Turn]) -> Turn:
    """Choose the way by the answer itself, for sources whose lists differ."""

    def turn(listed: Listed) -> Place | None:
        return chosen(listed)(listed)

    return turn


def _with(listed: Listed, changed: Mapping[str, str | None]) -> Place:
    sent = {name: value for name, value in changed.items() if value is not None}
    return Place(listed.place.path, {**listed.place.params, **sent})


def _items(page: Page, where: str, *, may_lack: bool) -> Iterator[Item]:
    asked, whole = page.reply.asked, page.content
    left_out = isinstance(whole, dict) and where.split(".", 1)[0] not in whole
    if may_lack and left_out:
        return
    found: Json = Item(whole, asked).value(where) if where else whole
    if may_lack and found is None:
        return
    if not isinstance(found, list):
        message = f"{asked} answered without the list {where or 'that was asked for'}."
        raise SourceNonsenseError(message)
    for each in found:
        yield Item(each, asked)


def _refuse_return(place: Place, seen: set[bytes]) -> None:
    """Refuse a place that was read before; digests, because a list may have many pages."""
    mark = sha256(repr((place.path, sorted(place.params.items()))).encode()).digest()
    if mark in seen:
        _refuse_endless(place)
    seen.add(mark)


def _refuse_endless(place: Place) -> None:
    message = (
        f"The list {urlsplit(place.path).path} leads back to a page that was read already and "
        "would never end."
    )
    raise SourceNonsenseError(message)
