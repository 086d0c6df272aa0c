"""Find and go: pages, tasks and things by name or number, and only what the person may see.

The page works by itself; the window that Ctrl+K opens shows the same part of it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from accounts import saved_filters
from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from audits import days
from audits.models import Engagement
from compliance import task_links
from compliance.staff import look, navigation
from compliance.staff.base import RoomAdmin, person
from compliance.staff.merchants import rows_of
from compliance.staff.site import site
from compliance.staff.words import plural
from merchants import portfolio
from merchants.models import Environment
from readiness import tasklist
from registers.models import Break, Reconciliation

LONGEST = 100
SHOWN = 5
"""So many of each kind are shown; the lists show the rest."""
_LEAST = 2
"""Below so many characters only pages and tasks are looked through."""
_AHEAD = timedelta(days=30)
_MOST_DIGITS = 9


@dataclass(frozen=True)
class Found:
    """Something to go to: what it is called, what is said beside it, and where it is."""

    label: str
    note: str
    path: str


@dataclass(frozen=True)
class Group:
    """What was found of one kind."""

    title: str
    rows: list[Found]


@site.page("find/", name="find", needs=Capability.VIEW)
def find(request: HttpRequest) -> HttpResponseBase:
    """Show what fits the words, as a page or as the part that the window shows."""
    words = " ".join(request.GET.get("q", "").replace("\0", " ").split())[:LONGEST]
    groups = [Group(title, rows) for title, rows in _groups(request, words) if rows]
    count = sum(len(group.rows) for group in groups)
    context = {
        "title": "Find",
        "words": words,
        "groups": groups,
        "said": f"{plural(count, 'thing')} found" if words else "",
    }
    template = "staff/parts/found.html" if "part" in request.GET else "staff/find.html"
    return site.render(request, template, context)


def _groups(request: HttpRequest, words: str) -> Iterator[tuple[str, list[Found]]]:
    user = person(request)
    if not words:
        yield "Waits for you", _tasks(user, words)
        yield "Pages", list(_pages(request))
        return
    yield "Pages", _fitting(words, _pages(request))
    yield "Saved filters", _fitting(words, _filters(user))
    yield "Waits for you", _tasks(user, words)
    if len(words) < _LEAST:
        return
    for title, look_up in _THINGS:
        yield title, list(look_up(words))
    for admin in site._registry.values():
        if isinstance(admin, RoomAdmin) and _answers(admin, request):
            yield _title(admin), list(_rows(admin, request, words))


def _fitting(words: str, found: Iterable[Found]) -> list[Found]:
    """Return what has every word in its name, those that begin with the words first."""
    wanted = words.casefold().split()
    fit = [one for one in found if all(word in one.label.casefold() for word in wanted)]
    return sorted(fit, key=lambda one: not one.label.casefold().startswith(wanted[0]))[:SHOWN]


def _pages(request: HttpRequest) -> Iterator[Found]:
    """The menu, what its lists have buttons for, and the pages of one's own account."""
    for group in navigation.groups(request):
        for item in group["items"]:
            yield Found(item["title"], group["title"], item["link"])
    named = set()
    for admin in site._registry.values():
        for label, name, needs in admin.buttons if isinstance(admin, RoomAdmin) else ():
            if can(request.user, needs) and name not in named:
                named.add(name)
                yield Found(label, "", reverse(f"admin:{name}"))
    yield Found("Saved filters", "Your own", reverse("admin:filters"))
    yield Found("Reminders and calendar", "Your own", reverse("admin:reminders"))
    for link in look.account_links(request):
        yield Found(link["title"], "Your account", link["link"])


def _filters(user: User) -> Iterator[Found]:
    titles = navigation.titles()
    for kept in saved_filters.of(user):
        if kept.page in titles:
            path = f"{reverse(f'admin:{kept.page}')}?{kept.query}"
            yield Found(kept.name, titles[kept.page], path)


def _tasks(user: User, words: str) -> list[Found]:
    waiting = tasklist.of(user, until=days.today() + _AHEAD).tasks
    found = (
        Found(
            f"{task.name} {task.title}".strip(),
            f"due {task.due}" if task.due else "",
            task_links.way(task, user).path,
        )
        for task in waiting
    )
    return _fitting(words, found) if words else list(found)[:SHOWN]


def _rows(admin: RoomAdmin, request: HttpRequest, words: str) -> Iterator[Found]:
    """What the list's own search finds, so that a search costs here what it costs there."""
    rows, _ = admin.get_search_results(request, admin.get_queryset(request), words)
    name = f"admin:{admin.opts.app_label}_{admin.opts.model_name}_change"
    for row in rows[:SHOWN]:
        label, title = str(row), str(getattr(row, "title", ""))
        yield Found(label, title if title not in label else "", reverse(name, args=[row.pk]))


def _answers(admin: RoomAdmin, request: HttpRequest) -> bool:
    searched = admin.is_found and bool(admin.search_fields and admin.detail_template)
    return searched and admin.has_view_permission(request)


def _title(admin: RoomAdmin) -> str:
    return admin.heading or str(admin.opts.verbose_name_plural).capitalize()


def _engagements(words: str) -> Iterator[Found]:
    rows = Engagement.objects.order_by("-pk")
    for row in rows.filter(Q(ref__icontains=words) | Q(title__icontains=words))[:SHOWN]:
        path = reverse("admin:audits_engagement_change", args=[row.pk])
        yield Found(row.title, row.ref, path)


def _merchants(words: str) -> Iterator[Found]:
    """By a whole reference or number, as their list finds them: names are sealed."""
    for environment in Environment.values:
        choice = portfolio.Choice(environment=environment, words=words)
        forms = portfolio.chosen(choice).select_related("merchant", "application")[:SHOWN]
        for row in rows_of(list(forms)):
            path = reverse("admin:merchant_form", args=[row.form.ref])
            yield Found(row.name, f"{row.form.form_type}, {row.state}", path)


def _reconciliations(words: str) -> Iterator[Found]:
    rows = Reconciliation.objects.order_by("number")
    for row in rows.filter(Q(ref__iexact=words) | Q(title__icontains=words))[:SHOWN]:
        yield Found(str(row), "", reverse("admin:reconciliation", args=[row.number]))


def _breaks(words: str) -> Iterator[Found]:
    digits = words.upper().removeprefix("BRK-")
    if not digits.isdecimal() or len(digits) > _MOST_DIGITS:
        return
    for row in Break.objects.filter(number=int(digits)):
        yield Found(f"{row.ref} {row.label}", "", reverse("admin:break", args=[row.number]))


_THINGS: tuple[tuple[str, Callable[[str], Iterable[Found]]], ...] = (
    ("Engagements", _engagements),
    ("Merchants", _merchants),
    ("Reconciliations", _reconciliations),
    ("Breaks", _breaks),
)
