"""One task: what somebody must do and by when; whose it is, and the order in which tasks stand.

Rules:
- A task is computed from facts at every look, and goes when they change; nothing of it is stored.
- Tasks stand in the order of their due days, those without one last; on one day by source and key.
  So the place of a task is the same however a list is cut into pages.
- A task is somebody's when it names them, or a name of theirs, or a role that they hold. Nobody is
  given a task that only somebody else may do.
- It is overdue from the day after its due day.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from heapq import nsmallest
from typing import NamedTuple

NO_DAY = date.max
"""Stands for the due day of what has none."""
_SPLIT = "~"


class Place(NamedTuple):
    """Where a task stands among all others."""

    due: date
    source: str
    key: str

    def __str__(self) -> str:
        return _SPLIT.join((self.due.isoformat(), self.source, self.key))

    @classmethod
    def read(cls, words: str) -> "Place | None":
        """Return the place that an address names; None where it names none."""
        due, _, rest = words.partition(_SPLIT)
        source, _, key = rest.partition(_SPLIT)
        try:
            return cls(date.fromisoformat(due), source, key) if source else None
        except ValueError:
            return None


@dataclass(frozen=True)
class Task:
    """What somebody must do. Doors know the page of `page` and `args`; `name` is a reference."""

    source: str
    key: str
    name: str
    title: str
    due: date | None
    weight: int
    page: str
    args: tuple[str | int, ...] = ()
    note: str = ""
    person: int | None = None
    """The person whose it is, by number; where there is none, `named` or `role` says whose."""
    named: str = ""
    role: str = ""
    """A slug of accounts/roles.yaml."""
    owner: str = ""
    """Whose it is, in words for people."""
    not_for: int | None = None
    """Who may not do it, by number, such as who prepared what is to be reviewed."""
    matter: str = ""
    """What it is about in its source, where its key and day move while the same stays open."""
    is_of_catalogue: bool = False
    """Whether its title is wording of the catalogue, which names no person and no secret."""

    @property
    def place(self) -> Place:
        return Place(self.due or NO_DAY, self.source, self.key)

    @property
    def event(self) -> str:
        """Name the task with its due day: who moves the day makes another event of it."""
        return f"{self.source}:{self.key}:{self.due.isoformat() if self.due else ''}"

    @property
    def about(self) -> str:
        """Name what it is about: its event, or what stays while its key and day move."""
        return f"{self.source}:{self.matter}" if self.matter else self.event

    def days_over(self, today: date) -> int:
        """Return for how many days it has been overdue; 0 where it is not."""
        return max((today - self.due).days, 0) if self.due else 0


@dataclass(frozen=True)
class Whose:
    """Whom tasks are looked for: a person, the names that mean them, and the roles they hold."""

    person: int
    names: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

    def has(self, task: Task) -> bool:
        if task.not_for == self.person:
            return False
        if task.person is not None:
            return task.person == self.person
        if task.named and task.named.lower() in self.names:
            return True
        return task.role in self.roles


@dataclass(frozen=True)
class Asked:
    """Which tasks are asked for: whose, until which due day, after which place, and how many."""

    today: date
    until: date = NO_DAY
    whose: Whose | None = None
    after: Place | None = None
    most: int = 50
    sources: frozenset[str] = field(default_factory=frozenset)
    """Only these sources; empty for all."""

    def fits(self, task: Task) -> bool:
        place = task.place
        is_behind = self.after is None or place > self.after
        return is_behind and place.due <= self.until and (not self.whose or self.whose.has(task))


def first(tasks: Iterable[Task], asked: Asked) -> list[Task]:
    """Return the first tasks that fit, in their order, one more than asked for at most."""
    return nsmallest(asked.most + 1, filter(asked.fits, tasks), key=lambda task: task.place)
