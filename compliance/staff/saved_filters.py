"""Saved filters in the staff door: naming one, opening a list with it, sharing and deleting it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts import saved_filters
from accounts.capabilities import Capability
from accounts.models import SavedFilter, User
from compliance.staff import navigation, undo
from compliance.staff.base import attempt, back, person, typed
from compliance.staff.filter_shelf import query_of
from compliance.staff.site import DO, site

_DROPPED = "filter.dropped"


@site.page("filters/", name="filters", needs=Capability.VIEW)
def filters(request: HttpRequest) -> HttpResponseBase:
    """Show all filters that the person keeps, each with its link."""
    kept = saved_filters.of(person(request))
    context = {
        "title": "Saved filters",
        "intro": "Choices of filters that you keep. Nobody else sees them until you share a link.",
        "rows": [row for row in map(_row, kept) if row],
    }
    return site.render(request, "staff/filters.html", context)


@site.page("filters/keep/", name="filter_keep", needs=Capability.VIEW, methods=DO)
def keep(request: HttpRequest) -> HttpResponseBase:
    """Keep the filters of a list under a name."""
    page, name = typed(request, "page"), typed(request, "name")
    address = _address(page)
    if not address:
        messages.error(request, "There is no such list.")
        return redirect("admin:filters")
    query = query_of(typed(request, "query"))
    attempt(
        request,
        lambda: saved_filters.keep(
            person(request), page=page, name=name, query=query, is_default="default" in request.POST
        ),
        done=f"“{name}” is kept.",
    )
    return redirect(f"{address}?{query}")


@site.page("filters/<int:pk>/drop/", name="filter_drop", needs=Capability.VIEW, methods=DO)
def drop(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Delete a filter; the message offers to take that back."""
    gone = attempt(request, lambda: saved_filters.drop(person(request), pk))
    if gone is not None:
        facts: undo.Facts = {
            "page": gone.page,
            "name": gone.name,
            "query": gone.query,
            "is_default": gone.is_default,
        }
        undo.offer(request, f"“{gone.name}” is deleted.", kind=_DROPPED, facts=facts)
    return redirect(back(request, reverse("admin:filters")))


@undo.takes_back(_DROPPED)
def restore(user: User, facts: undo.Facts) -> str:
    """Keep a deleted filter again."""
    kept = saved_filters.keep(
        user,
        page=str(facts["page"]),
        name=str(facts["name"]),
        query=str(facts["query"]),
        is_default=bool(facts["is_default"]),
    )
    return f"“{kept.name}” is kept again."


@site.page("filters/<int:pk>/default/", name="filter_default", needs=Capability.VIEW, methods=DO)
def turn(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Let a list open with a filter, or no longer."""
    attempt(request, lambda: saved_filters.turn(person(request), pk), done="Kept.")
    return redirect(back(request, reverse("admin:filters")))


def _row(kept: SavedFilter) -> dict[str, Any] | None:
    address = _address(kept.page)
    if not address:
        return None
    link = f"{address}?{kept.query}"
    title = navigation.titles().get(kept.page, kept.page)
    return {"kept": kept, "list": title, "link": link, "whole": f"{settings.SITE_URL}{link}"}


def _address(page: str) -> str:
    """Return the address of a list of the menu; empty where there is none of that name."""
    return reverse(f"admin:{page}") if page in navigation.titles() else ""
