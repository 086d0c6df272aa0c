"""The shape of the files of frameworks, risks, controls and mappings."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, Strict, StringConstraints

from controls.cadence import MOST_DAYS_ALLOWED, MOST_LAG_DAYS, Cadence
from controls.file_shape import Line, Name, Ref, Shape, Short, Slug, Whole, Words, looks_like
from controls.models import Control, Expectation

Section = Annotated[str, looks_like(r"[A-Za-z0-9][A-Za-z0-9.-]{0,39}", "CC6")]
CriterionRef = Annotated[
    str, looks_like(r"([a-z][a-z0-9_]*/)?[A-Za-z0-9][A-Za-z0-9.-]{0,39}", "CC6.1 or pci_4/8.4.2")
]
Day = Annotated[date, Strict()]
ColumnType = Literal["text", "integer", "decimal", "boolean", "date", "timestamp"]


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


class CrossMapping(Shape):
    """One criterion, and the controls that serve it, each with its reason."""

    criterion: Annotated[str, looks_like(r"[A-Za-z0-9][A-Za-z0-9.-]{0,39}", "8.4.2")]
    controls: dict[Ref, Words] = Field(min_length=1)


class MappingFile(Shape):
    mappings: tuple[CrossMapping, ...] = Field(min_length=1)


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
    collector: Annotated[str, looks_like(r"|[a-z][a-z0-9_]{0,59}", "staff_mfa")] = ""
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
