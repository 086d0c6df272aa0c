"""Reads `who_may.yaml`, the reviewed answer to who may open what, and words what it lacks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("who_may.yaml")
_WITH = {"GET": "HEAD"}
"""Whoever may read a page may also ask for its head."""


@dataclass(frozen=True)
class Allowed:
    """The file: named groups, for each route who may use which method, and what asks anew."""

    groups: Mapping[str, frozenset[str]]
    routes: Mapping[str, Mapping[str, str]]
    fresh: frozenset[str]

    def is_in(self, caller: str, route: str, method: str) -> bool:
        """Say whether the file lets a caller in; for a route that it lacks, it never does."""
        for written, who in self.routes.get(route, {}).items():
            if method in (written, _WITH.get(written)):
                return caller in self.members(who)
        return False

    def members(self, who: str) -> frozenset[str]:
        """The callers that a line means: groups and single names, by comma."""
        names = [name.strip() for name in who.split(",")]
        return frozenset[str]().union(*(self.groups.get(name, {name}) for name in names))

    def line(self, route: str, seen: Mapping[str, frozenset[str]]) -> str:
        """Word what was seen at a route as a line to review and paste."""
        told = ", ".join(f"{method}: {self._words(who)}" for method, who in seen.items() if who)
        return f"  {route}: {{{told}}}"

    def _words(self, who: frozenset[str]) -> str:
        for name, members in self.groups.items():
            if members == who:
                return name
        words = ", ".join(sorted(who))
        return f'"{words}"' if len(who) > 1 else words


def read(file: Path = FILE) -> Allowed:
    """Return what the file says; a method or a name that nobody knows is found by the tests."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    groups: dict[str, frozenset[str]] = {}
    for name, members in content["groups"].items():
        # A group may hold groups that stand above it.
        groups[name] = frozenset[str]().union(*(groups.get(one, {one}) for one in members))
    routes = {
        route: lines or {}
        for door in content["routes"].values()
        for route, lines in (door or {}).items()
    }
    return Allowed(groups, routes, frozenset(_flat(content["fresh"])))


def _flat(lines: Iterable[str]) -> Iterable[str]:
    return [" ".join(line.split()) for line in lines or ()]
