"""The shape of the catalogue files, and what is wrong with a file that has another one."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeGuard, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from controls.cadence import MOST_DAYS_ALLOWED, MOST_LAG_DAYS, Cadence
from controls.errors import CatalogueError, Problem
from controls.models import Control, Expectation
from controls.yaml_source import Place, Source, read


def _looks_like(pattern: str, example: str) -> AfterValidator:
    shape = re.compile(pattern)

    def look(value: str) -> str:
        if not shape.fullmatch(value):
            raise PydanticCustomError("look", "must look like {example}", {"example": example})
        return value

    return AfterValidator(look)


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    _looks_like(r"[^\n]+", "one line"),
]
Short = Annotated[Line, StringConstraints(max_length=60)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Ref = Annotated[str, _looks_like(r"[A-Z]{1,6}-[0-9]{2,4}", "AC-01")]
Section = Annotated[str, _looks_like(r"[A-Za-z0-9][A-Za-z0-9.-]{0,39}", "CC6")]
Slug = Annotated[
    str, StringConstraints(max_length=80), _looks_like(r"[a-z0-9]+(-[a-z0-9]+)*", "staff-mfa-state")
]
Name = Annotated[str, _looks_like(r"[a-z][a-z0-9_]{0,59}", "staff_mfa")]
CriterionRef = Annotated[
    str, _looks_like(r"([a-z][a-z0-9_]*/)?[A-Za-z0-9][A-Za-z0-9.-]{0,39}", "CC6.1 or pci_4/8.4.2")
]
Day = Annotated[date, Strict()]
Whole = Annotated[int, Strict(), Field(ge=0)]
ColumnType = Literal["text", "integer", "decimal", "boolean", "date", "timestamp"]


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SectionEntry(Shape):
    title: Line
    category: Short


class CriterionEntry(Shape):
    ref: CriterionRef
    section: Section
    title: Line


class FrameworkFile(Shape):
    title: Line
    version: Short
    sections: dict[Section, SectionEntry] = Field(min_length=1)
    criteria: tuple[CriterionEntry, ...] = Field(min_length=1)


class RiskEntry(Shape):
    ref: Ref
    title: Line
    area: Control.Area


class RiskFile(Shape):
    risks: tuple[RiskEntry, ...] = Field(min_length=1)


class MappingEntry(Shape):
    criterion: CriterionRef
    reason: Words


class CheckEntry(Shape):
    slug: Slug
    title: Line
    sql: Words
    threshold: Whole = 0
    criterion: CriterionRef | None = None


class ExpectationEntry(Shape):
    slug: Slug
    title: Line
    guidance: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""
    evidence_type: Expectation.EvidenceType
    kind: Expectation.Kind
    cadence: Cadence
    days_allowed: Annotated[Whole, Field(le=MOST_DAYS_ALLOWED)]
    lag_days: Annotated[Whole, Field(le=MOST_LAG_DAYS)] = 0
    collector: Annotated[str, _looks_like(r"|[a-z][a-z0-9_]{0,59}", "staff_mfa")] = ""
    columns: dict[Name, ColumnType] = Field(default_factory=dict)
    required_columns: tuple[Name, ...] | None = None
    owner_role: Control.OwnerRole | None = None
    active_from: Day | None = None
    active_to: Day | None = None
    checks: tuple[CheckEntry, ...] = ()


class ControlEntry(Shape):
    ref: Ref
    title: Line
    owner_role: Control.OwnerRole
    nature: Control.Nature
    statement: Words
    effective_from: Day
    risks: tuple[Ref, ...] = ()
    criteria: tuple[MappingEntry, ...] = Field(min_length=1)
    expectations: tuple[ExpectationEntry, ...] = Field(min_length=1)


class ControlFile(Shape):
    area: Control.Area
    framework: Name
    controls: tuple[ControlEntry, ...] = Field(min_length=1)


AnyFile = TypeVar("AnyFile", FrameworkFile, RiskFile, ControlFile)


def load(path: Path, shape: type[AnyFile], *, name: str) -> tuple[AnyFile, Source]:
    """Return a catalogue file; raises CatalogueError with the line and reason of each fault."""
    source = read(path, name=name)
    try:
        return shape.model_validate(source.data), source
    except ValidationError as error:
        details = _innermost(error.errors(include_url=False))
        problems = {_problem(detail, source, shape) for detail in details}
        raise CatalogueError(*sorted(problems)) from error


_WORDS = {
    "missing": "{key} is missing",
    "extra_forbidden": "there is no key {key} here; known are {known}",
    "string_type": "{key} must be text; put it in quotes",
    "string_too_short": "{key} is empty",
    "too_short": "{key} is empty",
    "model_type": "{key} must hold keys and their values",
    "dict_type": "{key} must hold keys and their values",
    "tuple_type": "{key} must be a list, each line with a dash",
    "date_type": "{key} must be a day such as 2026-01-31, without quotes",
    "int_type": "{key} must be a whole number",
    "enum": "{key} is {input}; it must be {expected}",
    "literal_error": "{key} is {input}; it must be {expected}",
    "string_too_long": "{key} is longer than {max_length} characters",
    "greater_than_equal": "{key} must be at least {ge}",
    "less_than_equal": "{key} must be at most {le}",
}


def _innermost(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out what only follows from a fault further in: pydantic calls its list too short."""
    around = {detail["loc"][:length] for detail in details for length in range(len(detail["loc"]))}
    return [detail for detail in details if detail["loc"] not in around]


def _problem(detail: ErrorDetails, source: Source, shape: type[Shape]) -> Problem:
    place = detail["loc"]
    # A step in brackets is no key of the file but pydantic's name for the key itself.
    keys = [step for step in place if isinstance(step, str) and step != "[key]"]
    words = _WORDS.get(detail["type"], "{key} {message}")
    known = _shape_at(shape, place).model_fields
    facts = {
        "key": keys[-1] if keys else "the file",
        "input": str(detail["input"])[:60],
        "message": detail["msg"],
        "known": ", ".join(known),
    }
    return Problem(source.name, source.line(place), words.format_map(facts | detail.get("ctx", {})))


def _shape_at(shape: type[Shape], place: Place) -> type[Shape]:
    """Return the innermost shape on the way to a place, to name the keys that it knows."""
    for step in place:
        field = shape.model_fields.get(str(step))
        if field:
            inner = (field.annotation, *get_args(field.annotation))
            shape = next((kind for kind in inner if _is_shape(kind)), shape)
    return shape


def _is_shape(kind: object) -> TypeGuard[type[Shape]]:
    return isinstance(kind, type) and issubclass(kind, Shape)
