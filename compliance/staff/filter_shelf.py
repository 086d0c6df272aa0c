"""The filters that the person keeps of the list on which they are, and the one it opens with."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.http import HttpRequest

from accounts import saved_filters
from accounts.models import SavedFilter, User

_WHICH_PAGE = {"p", "after", "before", "e"}
"""Words of an address that say which page of a list is shown, not which rows."""


def page_of(request: HttpRequest) -> str:
    """Return the name of the address of a list."""
    match = request.resolver_match
    return str(match.url_name) if match and match.url_name else ""


def query_of(text: str) -> str:
    """Return the filters of an address, in one spelling and without what only turns pages."""
    try:
        said = parse_qsl(text.replace("\0", ""), max_num_fields=50)
    except ValueError:
        return ""
    return urlencode([(name, word) for name, word in said if word and name not in _WHICH_PAGE])


def kept(request: HttpRequest) -> Sequence[SavedFilter]:
    """Return what the person keeps of this list; asked for once in a request."""
    known: Sequence[SavedFilter] | None = getattr(request, "cs_kept_filters", None)
    if known is None:
        user = request.user
        known = saved_filters.of(user, page_of(request)) if isinstance(user, User) else ()
        request.cs_kept_filters = known  # type: ignore[attr-defined]
    return known


def opening(request: HttpRequest) -> str:
    """Return the filter with which a list opens for who comes to it; empty for none.

    Who cleared the filters comes from the list itself, and sees all of it.
    """
    if request.META.get("QUERY_STRING") or _came_from_here(request):
        return ""
    found = next((each.query for each in kept(request) if each.is_default), "")
    return f"?{found}" if found else ""


def _came_from_here(request: HttpRequest) -> bool:
    before = urlsplit(request.headers.get("Referer", ""))
    return before.path == request.path and before.netloc == request.get_host()
