"""Says where each requirement of the source documents is at home, and writes the page about it.

The files of `traceability/` map the id of a requirement to its homes, each a kind and a name, such
as `control AC-01`. A home that is not there is refused; only `planned` names a room that is still
to come, and the page says so. Pure: whether a home exists, and how it gets its evidence, is told
by those who know all rooms.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field

from controls.errors import CatalogueError, Problem
from controls.file_shape import Line, Shape, load, looks_like


class HomeKind(StrEnum):
    CONTROL = "control"
    EXPECTATION = "expectation"
    CHECK = "check"
    CRITERION = "criterion"
    RISK = "risk"
    COLLECTOR = "collector"
    REPORT = "report"
    FORM = "form"
    GUIDE = "guide"
    """A page of docs/ that is held to what it says by a test."""
    READINESS = "readiness"
    FIELD = "field"
    MODULE = "module"
    PLANNED = "planned"


@dataclass(frozen=True)
class Home:
    kind: HomeKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} `{self.name}`"


@dataclass(frozen=True)
class Document:
    """A source document, and the homes of its requirements in the order of their ids there."""

    title: str
    homes: dict[str, tuple[Home, ...]]


_HomeText = Annotated[
    str,
    looks_like(rf"({'|'.join(HomeKind)}) [A-Za-z0-9][A-Za-z0-9_./-]{{0,99}}", "control AC-01"),
]
_Requirement = Annotated[str, looks_like(r"(S[0-9]|PBC)(-[A-Z0-9]+)+", "S2-CHK-SEC-01")]


class TraceFile(Shape):
    title: Line
    homes: dict[_Requirement, Annotated[tuple[_HomeText, ...], Field(min_length=1)]]


def read_documents(folder: Path, *, exists: Callable[[Home], bool]) -> tuple[Document, ...]:
    """Return the documents of a folder; raises CatalogueError for ids twice and homes not there."""
    problems: list[Problem] = []
    documents: list[Document] = []
    first: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        name = f"{folder.name}/{path.name}"
        try:
            file, source = load(path, TraceFile, name=name)
        except CatalogueError as error:
            problems.extend(error.problems)
            continue
        found = {}
        for requirement, texts in file.homes.items():
            line = source.line(("homes", requirement))
            if first.setdefault(requirement, name) != name:
                reason = f"{requirement} stands a second time; first in {first[requirement]}"
                problems.append(Problem(name, line, reason))
            homes = tuple(Home(HomeKind(text.split()[0]), text.split()[1]) for text in texts)
            problems += [
                Problem(name, source.line(("homes", requirement, position)), f"there is no {home}")
                for position, home in enumerate(homes)
                if home.kind is not HomeKind.PLANNED and not exists(home)
            ]
            found[requirement] = homes
        documents.append(Document(file.title, found))
    if problems:
        raise CatalogueError(*sorted(problems))
    return tuple(documents)


def page(documents: tuple[Document, ...], *, ways: Callable[[Home], tuple[str, ...]]) -> str:
    """Return the page as Markdown; `ways` says how evidence reaches a home, none: built in."""
    return "\n".join(_lines(documents, ways)) + "\n"


_HEAD = """# Traceability

Written by `manage.py traceability` from `controls/catalogue/traceability/`; do not edit. Each
requirement of the source documents has an id (those with PBC are what auditors usually ask for,
"provided by client"), and each id a home: the control, expectation, check, collector, report, form,
guide, field or module that meets it. *Planned* names a room that is still to come. *By hand* means
the page of the staff door that takes a file (Evidence, Add evidence), or a push to
`POST /api/v1/evidence`; where a typed form takes it (Forms), the form is named.
"""


def _lines(
    documents: tuple[Document, ...], ways: Callable[[Home], tuple[str, ...]]
) -> Iterator[str]:
    yield _HEAD
    yield "| document | requirements | at home today | of these, more is planned | planned only |"
    yield "|---|---|---|---|---|"
    yield from (_count(document) for document in documents)
    yield ""
    every = [homes for document in documents for homes in document.homes.values()]
    kinds = Counter(home.kind for homes in every for home in homes)
    yield "| kind of home | times named |"
    yield "|---|---|"
    yield from (f"| {kind} | {kinds[kind]} |" for kind in HomeKind if kinds[kind])
    for document in documents:
        yield f"\n## {document.title}\n"
        yield "| requirement | home | how it comes in |"
        yield "|---|---|---|"
        for requirement, homes in document.homes.items():
            told = ", ".join(_words(home) for home in homes)
            come = dict.fromkeys(way for home in homes for way in ways(home))
            yield f"| {requirement} | {told} | {', '.join(come) or _otherwise(homes)} |"


def _count(document: Document) -> str:
    every = document.homes.values()
    planned = [[home.kind is HomeKind.PLANNED for home in homes] for homes in every]
    waiting, touched = sum(map(all, planned)), sum(map(any, planned))
    at_home = len(every) - waiting
    return f"| {document.title} | {len(every)} | {at_home} | {touched - waiting} | {waiting} |"


def _words(home: Home) -> str:
    return f"*planned* `{home.name}`" if home.kind is HomeKind.PLANNED else str(home)


def _otherwise(homes: tuple[Home, ...]) -> str:
    waiting = all(home.kind is HomeKind.PLANNED for home in homes)
    return "still to come" if waiting else "built in"
