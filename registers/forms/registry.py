"""Finds typed forms: one module in registers/forms/kinds/ each; its name is the form's slug."""

import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from registers.errors import DeclarationError, UnknownFormError
from registers.forms import kinds
from registers.forms.base import Asks, Form, Question, questions_of

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
RESERVED = frozenset({"lines", "zone", "do", "draft_seen"})
"""Names that the page of every form needs for itself."""


@dataclass(frozen=True)
class Kind:
    """A form that passed inspection."""

    slug: str
    declared: Form
    code_digest: str
    """SHA-256 of the form's own file: which rules its answers were held to."""

    @functools.cached_property
    def questions(self) -> Mapping[str, Question]:
        """The questions outside of the lines, by name."""
        return {question.name: question for question in questions_of(self.declared)}

    @functools.cached_property
    def line_questions(self) -> Mapping[str, Question]:
        lines = self.declared.lines
        return {question.name: question for question in lines.questions} if lines else {}

    @functools.cached_property
    def has_times(self) -> bool:
        """Whether any question asks for a time of a day, whose meaning hangs on a zone."""
        asked = (*self.questions.values(), *self.line_questions.values())
        return any(question.asks is Asks.MOMENT for question in asked)


@functools.cache
def forms() -> Mapping[str, Kind]:
    """Return every form by its slug, in the order of the slugs; DeclarationError."""
    names = sorted(module.name for module in pkgutil.iter_modules(kinds.__path__))
    found = [inspected(name, importlib.import_module(f"{kinds.__name__}.{name}")) for name in names]
    return {kind.slug: kind for kind in found}


def get(slug: str) -> Kind:
    """Return one form; UnknownFormError."""
    try:
        return forms()[slug]
    except KeyError:
        known = ", ".join(forms())
        raise UnknownFormError(f"There is no form {slug!r}; known are {known}.") from None


def serving(expectation: str) -> list[Kind]:
    """Return the forms that are evidence for an expectation, named by its slug."""
    return [kind for kind in forms().values() if expectation in kind.declared.serves]


def inspected(slug: str, module: ModuleType) -> Kind:
    """Return the form that a module declares; DeclarationError says what to correct."""
    declared = getattr(module, "FORM", None)
    if not isinstance(declared, Form):
        _refuse(slug, "FORM = Form(...) is missing")
    source = Path(inspect.getfile(module)).read_bytes()
    kind = Kind(slug, declared, sha256(source).hexdigest())
    outside = questions_of(declared)
    _inspect_questions(slug, outside)
    if declared.lines:
        _inspect_questions(slug, declared.lines.questions)
        if any(question.asks is Asks.FILE for question in declared.lines.questions):
            _refuse(slug, "files are attached to the form, not to one of its lines")
    if declared.is_list and not declared.lines:
        _refuse(slug, "a list has lines")
    if not declared.serves:
        _refuse(slug, "it names no expectation that it serves")
    if declared.one_day and kind.questions[declared.one_day].asks is not Asks.DATE:
        _refuse(slug, f"{declared.one_day}: the day that it covers must be a date")
    return kind


def _inspect_questions(slug: str, questions: Iterable[Question]) -> None:
    seen: set[str] = set()
    for question in questions:
        name = question.name
        if not _NAME.fullmatch(name) or name in RESERVED or name in seen:
            _refuse(slug, f"the question {name!r} needs another name")
        if (question.asks is Asks.CHOICE) != bool(question.choices):
            _refuse(slug, f"{name}: choices belong to the type CHOICE, and to no other")
        seen.add(name)


def _refuse(slug: str, problem: str) -> NoReturn:
    raise DeclarationError(f"registers/forms/kinds/{slug}.py: {problem}.")
