"""Registers in the staff door: all of them, one with its entries, one entry with its history."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from accounts.access import can
from accounts.capabilities import Capability
from compliance.staff import words
from compliance.staff.base import PER_PAGE, BoundedPaginator
from compliance.staff.site import site
from registers import registry, values
from registers.base import Field
from registers.errors import UnknownRegisterError
from registers.models import Entry
from registers.registry import Register

_VIEWS = (("", "Standing"), ("due", "Needs attention"), ("retired", "Retired"))


@dataclass(frozen=True)
class Shown:
    """One entry as a list shows it."""

    entry: Entry
    cells: tuple[tuple[str, str], ...]
    is_overdue: bool


@dataclass(frozen=True)
class Step:
    """One version of an entry, and what it changed."""

    version: Any
    changes: tuple[tuple[str, str, str], ...]


def named(slug: str) -> Register:
    """Return the register of an address, or raise 404."""
    try:
        return registry.get(slug)
    except UnknownRegisterError as error:
        raise Http404 from error


def one(slug: str, number: int) -> tuple[Register, Entry]:
    """Return the entry of an address with its register, or raise 404."""
    register = named(slug)
    return register, get_object_or_404(Entry, register=slug, number=number)


@site.page("registers/", name="registers", needs=Capability.VIEW)
def registers(request: HttpRequest) -> HttpResponseBase:
    today = words.today()
    due = Q(is_active=True, due_on__lt=today)
    counted = Entry.objects.order_by().values("register")
    found = counted.annotate(standing=Count("pk", filter=Q(is_active=True)), due=Count("pk", due))
    counts = {row["register"]: row for row in found}
    context = {
        "title": "Registers",
        "shelves": [
            {"standing": 0, "due": 0, **counts.get(slug, {}), "register": register}
            for slug, register in registry.registers().items()
        ],
    }
    return site.render(request, "staff/registers.html", context)


@site.page("registers/<slug:slug>/", name="register", needs=Capability.VIEW)
def register_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    register = named(slug)
    view, query = request.GET.get("view", ""), request.GET.get("q", "").replace("\0", "").strip()
    page = _page(_chosen(register, view, query), request.GET.get("page", ""))
    context = {
        "title": register.declared.title,
        "intro": register.declared.purpose,
        "register": register,
        "views": [(name, label, name == view) for name, label in _VIEWS],
        "view": view,
        "query": query,
        "heads": [register.fields[name].label for name in register.declared.shown],
        "shown": [_shown(register, entry) for entry in page.object_list],
        "page": page,
        "count": words.at_most(page.paginator.count, BoundedPaginator.counted),
        "newer": _turn(page, view, query, -1),
        "older": _turn(page, view, query, +1),
        "may_change": can(request.user, Capability.MANAGE_REGISTERS),
    }
    return site.render(request, "staff/register.html", context)


@site.page("registers/<slug:slug>/<int:number>/", name="entry", needs=Capability.VIEW)
def entry_page(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    register, entry = one(slug, number)
    opened = values.opened(register.fields, entry.values)
    context = {
        "title": entry.title,
        "register": register,
        "entry": entry,
        "facts": [
            (field, values.words(opened[name]), field.type)
            for name, field in register.fields.items()
        ],
        "is_overdue": _is_overdue(entry),
        "steps": _history(register, entry),
        "may_change": can(request.user, Capability.MANAGE_REGISTERS),
    }
    return site.render(request, "staff/entry.html", context)


def _chosen(register: Register, view: str, query: str) -> QuerySet[Entry]:
    found = Entry.objects.filter(register=register.slug, is_active=view != "retired")
    if query:
        found = found.filter(Q(title__icontains=query) | Q(ref__iexact=query))
    if view == "due":
        return found.filter(due_on__lt=words.today()).order_by("due_on", "id")
    return found.order_by("-id")


def _page(found: QuerySet[Entry], wanted: str) -> "Page[Entry]":
    return BoundedPaginator(found, PER_PAGE).get_page(wanted or 1)


def _turn(page: "Page[Entry]", view: str, query: str, step: int) -> str:
    """Return the address of the page before or after, empty where there is none."""
    number = page.number + step
    if not 1 <= number <= page.paginator.num_pages:
        return ""
    asked = {"view": view, "q": query, "page": number}
    return "?" + urlencode({name: value for name, value in asked.items() if value})


def _shown(register: Register, entry: Entry) -> Shown:
    opened = values.opened(register.fields, entry.values)
    cells = [
        (register.fields[name].label, values.words(opened[name]))
        for name in register.declared.shown
    ]
    return Shown(entry, tuple(cells), _is_overdue(entry))


def _is_overdue(entry: Entry) -> bool:
    return entry.is_active and entry.due_on is not None and entry.due_on < words.today()


def _history(register: Register, entry: Entry) -> list[Step]:
    """Return the versions of an entry, the newest first, each with what it changed."""
    versions = list(entry.versions.select_related("by", "ledger_entry"))
    steps = []
    for version, before in zip(versions, [*versions[1:], None], strict=True):
        steps.append(Step(version, tuple(_changes(register, version, before))))
    return steps


def _changes(register: Register, version: Any, before: Any) -> list[tuple[str, str, str]]:
    if before is None:
        return []
    found = [
        (field.label, *pair)
        for field in register.declared.fields
        if (pair := _pair(field, version, before))[0] != pair[1]
    ]
    if before.is_active is not version.is_active:
        found.append(("Active", values.words(before.is_active), values.words(version.is_active)))
    return found


def _pair(field: Field, version: Any, before: Any) -> tuple[str, str]:
    old, new = before.values.get(field.name), version.values.get(field.name)
    return values.words(values.from_json(field, old)), values.words(values.from_json(field, new))
