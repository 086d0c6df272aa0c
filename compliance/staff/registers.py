"""Registers in the staff door: all of them, one with its entries, one entry with its history."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.access import can
from accounts.capabilities import Capability
from compliance.staff import words
from compliance.staff.base import COUNTED, PER_PAGE
from compliance.staff.site import site
from controls.models import Control
from evidence.models import Evidence
from registers import registry, relations, values
from registers.base import Field, Type
from registers.errors import UnknownRegisterError
from registers.models import Entry
from registers.registry import Register

DETAILS: dict[str, Callable[[HttpRequest, Entry], dict[str, Any]]] = {}
"""What the page of an entry says in addition, by register; its template is register_<slug>.html."""

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
    chosen = _chosen(register, view, query)
    after = request.GET.get("after", "")
    # A search reads titles one by one, so what was found is counted and shown by one look.
    keys = list(chosen.values_list("pk", flat=True)[: COUNTED + 1]) if query else []
    if query and not after:
        entries = _first(keys)
    else:
        entries = list(_following(chosen, view, after)[: PER_PAGE + 1])
    count = len(keys) if query else chosen.order_by()[: COUNTED + 1].count()
    shown = entries[:PER_PAGE]
    asked = {"view": view, "q": query}
    context = {
        "title": register.declared.title,
        "intro": register.declared.purpose,
        "register": register,
        "views": [(name, label, name == view) for name, label in _VIEWS],
        "view": view,
        "query": query,
        "heads": [register.fields[name].label for name in register.declared.shown],
        "shown": [_shown(register, entry) for entry in shown],
        "count": words.at_most(count, COUNTED),
        "first": _address(asked) if after else "",
        "next": _address({**asked, "after": _place(shown[-1])}) if len(entries) > PER_PAGE else "",
        "may_change": can(request.user, Capability.MANAGE_REGISTERS),
    }
    return site.render(request, "staff/register.html", context)


@site.page("registers/<slug:slug>/<int:number>/", name="entry", needs=Capability.VIEW)
def entry_page(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    register, entry = one(slug, number)
    context = {
        "title": entry.title,
        "register": register,
        "entry": entry,
        "facts": _facts(register, entry),
        "named": relations.named_by(register, entry),
        "naming": naming(relations.naming_entry(entry)),
        "adding": _adding(register, entry),
        "is_overdue": _is_overdue(entry),
        "steps": _history(register, entry),
        "may_change": can(request.user, Capability.MANAGE_REGISTERS),
    }
    detail = DETAILS.get(slug)
    if detail is None:
        return site.render(request, "staff/entry.html", context)
    context |= detail(request, entry)
    return site.render(request, f"staff/register_{slug}.html", context)


def _chosen(register: Register, view: str, query: str) -> QuerySet[Entry]:
    # As a list of one: SQLite uses no index for a column that is asked for as a bare truth.
    found = Entry.objects.filter(register=register.slug, is_active__in=[view != "retired"])
    if query:
        # References have an index of their own, and need not be compared entry by entry.
        named = Entry.objects.filter(register=register.slug, ref=query.upper())
        found = found.filter(Q(title__icontains=query) | Q(pk__in=[one.pk for one in named]))
    if view == "due":
        return found.filter(due_on__lt=words.today()).order_by("due_on", "id")
    return found.order_by("-id")


def _first(keys: Sequence[int]) -> list[Entry]:
    """Return the entries of a list's first page, and the one behind it, in their order."""
    wanted = keys[: PER_PAGE + 1]
    found = Entry.objects.in_bulk(wanted)
    return [found[key] for key in wanted if key in found]


def _following(found: QuerySet[Entry], view: str, after: str) -> QuerySet[Entry]:
    """Return the entries behind the last one of the page before; found by an index, not counted."""
    day, _, key = after.rpartition("_")
    if not (key.isdecimal() and len(key) <= 18):
        return found
    if view != "due":
        return found.filter(pk__lt=int(key))
    try:
        since = date.fromisoformat(day)
    except ValueError:
        return found
    return found.filter(due_on__gte=since).exclude(due_on=since, pk__lte=int(key))


def _place(entry: Entry) -> str:
    """Return where an entry stands in its list."""
    return f"{entry.due_on.isoformat() if entry.due_on else ''}_{entry.pk}"


def _address(asked: dict[str, str]) -> str:
    return "?" + urlencode({name: value for name, value in asked.items() if value})


def naming(found: QuerySet[Entry]) -> list[tuple[Register, Entry]]:
    """Return entries with their registers, as many as a page shows; one query."""
    known = registry.registers()
    entries = found[: relations.SHOWN]
    return [(known[entry.register], entry) for entry in entries if entry.register in known]


def _facts(register: Register, entry: Entry) -> list[tuple[Field, str, list[tuple[str, str]]]]:
    """Return each field with its words, and where its references lead; two queries at most."""
    opened = values.opened(register.fields, entry.values)
    refs: dict[Type, set[str]] = {Type.CONTROLS: set(), Type.EVIDENCE: set()}
    for name, field in register.fields.items():
        if field.type in refs:
            refs[field.type].update(values.words(opened[name]).split())
    places: dict[str, str] = {}
    for kind, model, page in (
        (Type.CONTROLS, Control, "admin:controls_control_change"),
        (Type.EVIDENCE, Evidence, "admin:evidence_evidence_change"),
    ):
        if wanted := refs[kind]:
            pairs = model.objects.filter(ref__in=wanted).values_list("ref", "pk")
            places.update({ref: reverse(page, args=[pk]) for ref, pk in pairs})
    return [
        (field, text, _links(field, text, places))
        for name, field in register.fields.items()
        for text in [values.words(opened[name])]
    ]


def _links(field: Field, text: str, places: dict[str, str]) -> list[tuple[str, str]]:
    if field.type not in (Type.CONTROLS, Type.EVIDENCE):
        return []
    return [(ref, places.get(ref, "")) for ref in text.split()]


def _adding(register: Register, entry: Entry) -> list[tuple[Register, str]]:
    """Return the registers whose entries may name this one, and the form that does so already."""
    opened = values.opened(register.fields, entry.values)
    key = [values.words(opened[name]) for name in register.declared.key]
    return [
        (
            other,
            reverse("admin:entry_add", args=[other.slug])
            + "?"
            + urlencode(dict(zip(link.fields, key, strict=True))),
        )
        for other, link in relations.linking_to(register.slug)
    ]


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
