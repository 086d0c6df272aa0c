"""My work: the tasks of a person in the order of their due days; who oversees work sees all."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from audits import days
from compliance import task_links
from compliance.staff import filter_shelf
from compliance.staff import words as wording
from compliance.staff.base import PER_PAGE, person
from compliance.staff.site import site
from compliance.staff.surveying import with_survey
from readiness import tasklist
from readiness.survey import Survey
from readiness.task import NO_DAY, Asked, Place, Task

HORIZON = timedelta(days=30)
"""What is due later is shown where somebody asks for it."""
ALL = "all"
SHOWN_PEOPLE = 100
"""So many people are offered by name; the page of a person leads to the work of each."""
_AT_HOME = "control-owner"
_WHEN = {"": "Overdue and next 30 days", "overdue": "Overdue", ALL: "All"}


@site.page("work/", name="work", needs=Capability.VIEW)
@with_survey
def work(request: HttpRequest, _survey: Survey) -> HttpResponseBase:
    """Show the tasks of the person who asks, or of those whom they chose, a page at a time."""
    if opening := filter_shelf.opening(request):
        return redirect(f"{request.path}{opening}")
    user, today = person(request), days.today()
    oversees = can(user, Capability.OVERSEE_TASKS)
    people = list(_people()[:SHOWN_PEOPLE]) if oversees else []
    chosen = _chosen(request.GET.get("whose", ""), user, oversees=oversees)
    when = request.GET.get("when", "")
    when = when if when in _WHEN else ""
    kind = request.GET.get("kind", "")
    kind = kind if kind in tasklist.sources() else ""
    asked = Asked(
        today,
        _until(when, today),
        tasklist.whose(chosen) if chosen else None,
        Place.read(request.GET.get("after", "")),
        PER_PAGE,
        frozenset({kind} - {""}),
    )
    page = tasklist.page(asked)
    words = {"whose": _word(chosen, user), "kind": kind, "when": when}
    context = {
        "title": "My work" if chosen == user else "Work",
        "lines": [_line(task, user, asked) for task in page.tasks],
        "following": _query(words, after=str(page.tasks[-1].place)) if page.has_more else "",
        "first": _query(words) if asked.after else "",
        "menus": _menus(words, user, people),
        "words": words,
        "chosen": chosen,
        "is_own": chosen == user,
        "is_narrowed": bool(kind or when),
        "today": today,
    }
    return site.render(request, "staff/work.html", context)


def home_of(user: User) -> str:
    """Return the page with which the door opens for a person; empty for the overview.

    Who owns controls and is nothing else finds what is theirs, and nothing beside it.
    """
    slugs = {role.slug for role in user.held_roles}
    return reverse("admin:work") if slugs == {_AT_HOME} else ""


site.home = home_of


def _people() -> QuerySet[User]:
    return User.objects.filter(is_active=True, is_staff=True).order_by("email")


def _chosen(word: str, user: User, *, oversees: bool) -> User | None:
    """Return whose tasks are wanted: one's own, or for who oversees work somebody's or all."""
    if word == ALL and oversees:
        return None
    if oversees and word.isdecimal() and len(word) < 19:
        return _people().filter(pk=int(word)).first() or user
    return user


def _word(chosen: User | None, user: User) -> str:
    if chosen is None:
        return ALL
    return "" if chosen == user else str(chosen.pk)


def _until(when: str, today: date) -> date:
    if when == "overdue":
        return today - timedelta(days=1)
    return NO_DAY if when == ALL else today + HORIZON


def _line(task: Task, user: User, asked: Asked) -> dict[str, Any]:
    over = task.days_over(asked.today)
    return {
        "task": task,
        "way": task_links.way(task, user),
        "kind": tasklist.sources()[task.source].words,
        "over": over,
        "said": f"{wording.plural(over, 'day')} overdue",
        "is_today": task.due == asked.today,
    }


def _menus(words: dict[str, str], user: User, people: list[User]) -> list[dict[str, Any]]:
    menus = [
        _menu("When", "when", words, list(_WHEN.items())),
        _menu(
            "Kind",
            "kind",
            words,
            [("", "All kinds"), *((slug, one.words) for slug, one in tasklist.sources().items())],
        ),
    ]
    if people:
        others = [(str(one.pk), str(one)) for one in people if one != user]
        choices = [("", "Mine"), (ALL, "Everybody's"), *others]
        menus.insert(0, _menu("Whose", "whose", words, choices))
    return menus


def _menu(
    title: str, name: str, words: dict[str, str], choices: list[tuple[str, str]]
) -> dict[str, Any]:
    chosen = words[name]
    return {
        "title": title,
        "on": next((label for value, label in choices if value == chosen and value), ""),
        "choices": [
            {
                "query_string": _query({**words, name: value}),
                "selected": value == chosen,
                "display": label,
            }
            for value, label in choices
        ],
    }


def _query(words: dict[str, str], **more: str) -> str:
    return "?" + urlencode({name: word for name, word in {**words, **more}.items() if word})
