"""What a self-assessment questionnaire holds, read from its dated data file.

Rules:
- One file is one revision of one type; its name without the ending is its slug.
- Of the revisions of a type the one with the latest `in_force_from` that has come is current.
- A line is what is answered; a requirement with several elements has a line for each.
- What is read has a canonical form (`content`), and a form that was issued keeps that content.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from merchants.errors import QuestionnaireError, UnknownFormTypeError

FOLDER = Path(__file__).with_name("questionnaires")
TYPES = (
    "A",
    "A-EP",
    "B",
    "B-IP",
    "C",
    "C-VT",
    "P2PE",
    "SPoC",
    "D-Merchant",
    "D-Service-Provider",
)
_MARK = "PCI_SAQ_"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Statement(_Part):
    """A statement of eligibility; a form fits only where each is true."""

    id: str
    text: str
    only_for: str = ""
    """The way of payment that it is about, where not all are."""


class Part(_Part):
    """Something to tell about the business (parts 2a to 2g of the attestation)."""

    id: str
    label: str
    help: str
    required: bool


class Line(_Part):
    """A line of the questionnaire; one that is only printed takes no answer."""

    id: str
    title: str
    requirement: str = ""
    element: str = ""
    cadence: str = ""
    is_answered: bool = True

    @property
    def about(self) -> str:
        """The requirement that this line is of."""
        return self.requirement or self.id


class Section(_Part):
    """One principal requirement, or an appendix, with its lines."""

    id: str
    title: str
    lines: tuple[Line, ...]


class Questionnaire(_Part):
    """One revision of one form."""

    type: str
    form: str
    version: str
    standard: str
    published: date
    in_force_from: date
    who: str
    channels: tuple[str, ...]
    answers: tuple[str, ...]
    tells_results: bool
    asv_scan: bool
    statements: tuple[Statement, ...]
    parts: tuple[Part, ...]
    sections: tuple[Section, ...]

    @property
    def code(self) -> str:
        """The type as programs write it: PCI_SAQ_A_EP."""
        return code_of(self.type)

    def lines(self) -> dict[str, Line]:
        """Return the lines that take an answer, by their ids, in the order of the form."""
        return {line.id: line for part in self.sections for line in part.lines if line.is_answered}

    def statements_for(self, channels: Iterable[str]) -> list[Statement]:
        """Return the statements that ask a business with these ways of payment."""
        taken = set(channels)
        return [one for one in self.statements if not one.only_for or one.only_for in taken]

    def content(self) -> dict[str, Any]:
        """Return the whole as JSON values; `of_content` reads it again."""
        return self.model_dump(mode="json")


@dataclass(frozen=True)
class Revision:
    """A questionnaire and the name of its file."""

    slug: str
    questionnaire: Questionnaire


def code_of(form_type: str) -> str:
    """Return a type as programs write it."""
    return _MARK + form_type.upper().replace("-", "_")


def of_content(content: Mapping[str, Any]) -> Questionnaire:
    """Return the questionnaire of a content that was kept; QuestionnaireError."""
    try:
        return Questionnaire.model_validate(content)
    except ValidationError as error:
        raise QuestionnaireError(f"A kept questionnaire cannot be read: {error}") from error


def read(file: Path) -> Revision:
    """Read one file; QuestionnaireError names it and says what is wrong."""
    try:
        found = Questionnaire.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise QuestionnaireError(f"{file.name}: {error}") from error
    for fault in _faults(found):
        raise QuestionnaireError(f"{file.name}: {fault}")
    return Revision(file.stem, found)


@cache
def all_revisions(folder: Path = FOLDER) -> tuple[Revision, ...]:
    """Return every revision of every type, in the order of their names."""
    return tuple(read(file) for file in sorted(folder.glob("*.yaml")))


def current(form_type: str, today: date, *, folder: Path = FOLDER) -> Revision:
    """Return the revision of a type that is in force on a day; UnknownFormTypeError."""
    fit = [
        one
        for one in all_revisions(folder)
        if one.questionnaire.type == form_type and one.questionnaire.in_force_from <= today
    ]
    if not fit:
        raise UnknownFormTypeError(f"No questionnaire of the type {form_type!r} is in force.")
    return max(fit, key=lambda one: (one.questionnaire.in_force_from, one.slug))


def _faults(found: Questionnaire) -> Iterator[str]:
    if found.type not in TYPES:
        yield f"there is no type {found.type!r}"
    names = [line.id for section in found.sections for line in section.lines]
    names += [one.id for one in found.statements] + [one.id for one in found.parts]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        yield f"{twice[0]} stands there twice"
    if not found.lines():
        yield "nothing is asked"
