"""Finds the tasks of everybody or of one person, page by page, from all sources of tasks.

A source is one module in readiness/task_sources/; its file name is its slug. WORDS says what its
tasks are, and `tasks` answers a question with tasks: more than asked for is fine, and one whose
rows are many answers with the first that fit, in the order of tasks. A source with IS_KEPT answers
always with all its tasks, and rests on nothing that changes without a leaf in the log; so what it
says is kept until the log grows.
"""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import Role, RoleGrant, User
from audits import days
from readiness import task_sources as shelf
from readiness.errors import TaskSourceError
from readiness.kept_tasks import kept
from readiness.task import NO_DAY, Asked, Task, Whose, first

AT_ONCE = 500
_SHELF = "all"


@dataclass(frozen=True)
class Source:
    """Where tasks come from: what they are in words, and what finds them."""

    words: str
    tasks: Callable[[Asked], Iterable[Task]]
    is_kept: bool = False


@dataclass(frozen=True)
class Page:
    """Some tasks in their order, and whether there are more behind the last."""

    tasks: tuple[Task, ...]
    has_more: bool


@functools.cache
def sources() -> Mapping[str, Source]:
    """Return every source of tasks by its slug; TaskSourceError."""
    found: dict[str, Source] = {}
    for module in sorted(pkgutil.iter_modules(shelf.__path__), key=lambda each: each.name):
        loaded = importlib.import_module(f"{shelf.__name__}.{module.name}")
        words, tasks = getattr(loaded, "WORDS", None), getattr(loaded, "tasks", None)
        if not isinstance(words, str) or not callable(tasks):
            raise TaskSourceError(
                f"readiness/task_sources/{module.name}.py needs WORDS and a function tasks."
            )
        found[module.name] = Source(words, tasks, getattr(loaded, "IS_KEPT", False))
    return found


def page(asked: Asked) -> Page:
    """Return the first tasks that fit a question."""
    found = first(_from_all(asked), asked)
    return Page(tuple(found[: asked.most]), len(found) > asked.most)


def everything(asked: Asked) -> Iterator[Task]:
    """Yield all tasks that fit a question, in their order, read some hundreds at a time."""
    asked = replace(asked, most=AT_ONCE)
    while True:
        some = page(asked)
        yield from some.tasks
        if not some.has_more:
            return
        asked = replace(asked, after=some.tasks[-1].place)


def of(user: User, *, until: date = NO_DAY, most: int = AT_ONCE) -> Page:
    """Return the tasks of one person that are due until a day."""
    return page(Asked(days.today(), until, whose(user), most=most))


def whose(user: User) -> Whose:
    """Return what makes tasks those of a person.

    Who oversees the work of everybody has what names a role that nobody holds: it would be
    nobody's otherwise.
    """
    roles = {role.slug for role in user.held_roles}
    if can(user, Capability.OVERSEE_TASKS):
        roles |= _unheld()
    names = {user.email.lower(), user.full_name.lower()} - {""}
    return Whose(user.pk, frozenset(names), frozenset(roles))


def prepare() -> int:
    """Compute the tasks that are kept, so that nobody waits for them; returns how many."""
    return len(_kept(days.today()))


def _from_all(asked: Asked) -> Iterator[Task]:
    wanted = asked.sources or frozenset(sources())
    long = [one for slug, one in sources().items() if slug in wanted and not one.is_kept]
    for source in long:
        yield from source.tasks(asked)
    if wanted & _short().keys():
        for task in _kept(asked.today):
            if task.source in wanted:
                yield task


def _short() -> dict[str, Source]:
    return {slug: one for slug, one in sources().items() if one.is_kept}


def _kept(today: date) -> list[Task]:
    return kept(_SHELF, lambda: _all_of(_short().values(), Asked(today)))


def _all_of(some: Iterable[Source], asked: Asked) -> Iterator[Task]:
    for source in some:
        yield from source.tasks(asked)


def _unheld() -> set[str]:
    held = RoleGrant.objects.filter(user__is_active=True).values("role")
    return set(Role.objects.exclude(pk__in=held).values_list("slug", flat=True))
