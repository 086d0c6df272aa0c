"""The rule set of a reconciliation: one versioned YAML file, checked as a whole before it is used.

Rules:
- Two to four legs, each with its role, zone, cut-off, calendar, words for kinds and statuses, and
  the files that it takes.
- A comparison sets two sides against each other by passes in order; a recalculation sets the items
  of one leg against what they should be. Each item gets exactly one class in each of them.
- The digest is of the values, not of the layout of the file: two files that mean the same agree.
"""

import re
from datetime import date, time
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import rfc8785
from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from controls.errors import CatalogueError, Problem
from controls.file_shape import Line, Name, Shape, Whole, load, looks_like
from evidence.reconcile.currencies import EXPONENTS
from evidence.reconcile.items import Kind, Status


class Role(StrEnum):
    """What a leg is to the payment."""

    PLATFORM = "platform"
    LEDGER = "ledger"
    PROCESSOR = "processor"
    BANK = "bank"
    NETWORK = "network"
    WEBHOOK = "webhook"


def _fault(reason: str) -> PydanticCustomError:
    return PydanticCustomError("rule", "{reason}", {"reason": reason})


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _fault(f"is {name}, and there is no such time zone") from error
    return name


def _known_currency(code: str) -> str:
    if code not in EXPONENTS:
        raise _fault(f"is {code}, which is no currency of ISO 4217")
    return code


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise _fault(f"is no regular expression: {error}") from error
    return text


ISO_DATES = "%Y-%m-%dT%H:%M:%S%z"
"""The moment with its offset, as most programs write it; a fraction of seconds may follow."""

Zone = Annotated[str, AfterValidator(_known_zone)]
Currency = Annotated[str, AfterValidator(_known_currency)]
Pattern = Annotated[Line, AfterValidator(_pattern)]
Clock = Annotated[str, looks_like(r"([01][0-9]|2[0-3]):[0-5][0-9]", "22:00")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Key = Literal["own_id", "processor_id", "settlement_id", "parent_id", "reference", "entry_id"]
FieldName = Literal[
    "own_id",
    "processor_id",
    "settlement_id",
    "parent_id",
    "reference",
    "kind",
    "status",
    "amount",
    "debit",
    "credit",
    "currency",
    "fee",
    "settled_amount",
    "settled_currency",
    "rate",
    "occurred_at",
    "merchant",
    "last_four",
    "account",
    "entry_id",
    "environment",
]
FixedName = Literal["kind", "status", "currency", "settled_currency", "account", "merchant"]
Shown = Literal["payments", "ledger", "webhooks", "accounts", "batches", "copies"]
"""The comparisons of the programme that a comparison of the rules may show."""

Format = Literal["csv", "xlsx", "parquet", "camt053", "mt940", "bai2", "nacha"]

MAPPED = frozenset({"csv", "xlsx", "parquet"})
"""Formats whose columns the rules must name."""


class Trailer(Shape):
    """The row of a table that holds its own totals."""

    column: Word
    value: Word
    count: Word | None = None
    amount: Word | None = None


class FileRule(Shape):
    """Which files of a leg are read how; `name` is a pattern of the shell over the file name."""

    name: Line
    format: Format
    columns: dict[FieldName, Word] = Field(default_factory=dict)
    fixed: dict[FixedName, Word] = Field(default_factory=dict)
    ignore: tuple[Word, ...] = ()
    encoding: Literal["utf-8", "cp1252", "iso-8859-1", "utf-16"] = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] = ","
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    unit: Literal["minor", "major"] = "major"
    sign: Literal["as_is", "inverted", "by_kind"] = "as_is"
    dates: Word = ISO_DATES
    trailer: Trailer | None = None
    currency: Currency | None = None
    account: Word | None = None
    reference_pattern: Pattern | None = None
    sequence_pattern: Pattern | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> "FileRule":
        if self.format in MAPPED:
            given = {*self.columns, *self.fixed}
            lacking = {"kind", "status", "currency", "occurred_at"} - given
            if not ({"amount"} & given or {"debit", "credit"} <= given):
                lacking.add("amount")
            if lacking:
                raise _fault(f"needs columns or fixed values for {', '.join(sorted(lacking))}")
        elif self.columns:
            raise _fault(f"needs no columns, because {self.format} names its own")
        self._refuse_unknown_fixed()
        if self.decimal == self.thousands:
            raise _fault("has one mark for decimals and for thousands")
        return self

    def _refuse_unknown_fixed(self) -> None:
        for name, known in (("kind", Kind), ("status", Status)):
            word = self.fixed.get(name)  # type: ignore[call-overload]
            if word is not None and word not in {*known}:
                raise _fault(f"fixes the {name} {word}; known are {', '.join(known)}")


class Leg(Shape):
    """One source of the same movements."""

    role: Role
    files: tuple[FileRule, ...] = Field(min_length=1)
    zone: Zone = "UTC"
    cut_off: Clock = "00:00"
    calendar: Name | None = None
    unique: Key = "own_id"
    kinds: dict[Word, Kind] = Field(default_factory=dict)
    statuses: dict[Word, Status] = Field(default_factory=dict)
    ids: Literal["keep", "upper", "lower"] = "keep"
    oldest_days: Annotated[Whole, Field(le=4000)] = 400
    duplicate_seconds: Annotated[Whole, Field(le=86400)] = 0
    daily: bool = False

    @property
    def cut_off_time(self) -> time:
        """The cut-off as a time of the day."""
        return time.fromisoformat(self.cut_off)


class Side(Shape):
    """The items of a leg that take part, and how soon their counterpart is due."""

    leg: Name
    kinds: tuple[Kind, ...] = Field(min_length=1)
    account: Word | None = None
    lag_days: Annotated[Whole, Field(le=200)] = 0


class Pass(Shape):
    """One way to find counterparts; the names are those of the reference, P1 to P6."""

    id: Literal["P1", "P2", "P3", "P4", "P6"]
    left: Key | None = None
    right: Key | None = None
    measure: Literal["amount", "net"] = "amount"
    tolerance: dict[Currency, Whole] = Field(default_factory=dict)
    within_days: Annotated[Whole, Field(le=400)] = 45

    @model_validator(mode="after")
    def _has_keys(self) -> "Pass":
        if self.id != "P6" and not (self.left and self.right):
            raise _fault("needs a key on the left and on the right")
        if self.id in {"P1", "P2"} and self.tolerance:
            raise _fault("allows no tolerance: one item against one is exact")
        return self


class Comparison(Shape):
    """Two sides, set against each other."""

    name: Annotated[str, looks_like(r"[a-z][a-z0-9-]{0,59}", "platform-processor")]
    left: Side
    right: Side
    passes: tuple[Pass, ...] = Field(min_length=1)
    grace_days: Annotated[Whole, Field(le=400)] = 3
    shows: Shown | None = None

    @model_validator(mode="after")
    def _has_two_sides(self) -> "Comparison":
        if self.left.leg == self.right.leg and {*self.left.kinds} & {*self.right.kinds}:
            raise _fault("sets a kind of movement against itself")
        return self


class Fees(Shape):
    """P5: what a fee should be, in minor units and basis points of the amount."""

    name: Annotated[str, looks_like(r"[a-z][a-z0-9-]{0,59}", "card-fees")]
    of: Side
    basis_points: Annotated[Whole, Field(le=10_000)]
    fixed: dict[Currency, Whole] = Field(default_factory=dict)
    rounding: Literal["half_even", "half_up"]
    tolerance: Annotated[Whole, Field(le=1)] = 1
    batch_cap: dict[Currency, Whole] = Field(default_factory=dict)


class Conversion(Shape):
    """What a converted amount should be by the rate of its own row."""

    name: Annotated[str, looks_like(r"[a-z][a-z0-9-]{0,59}", "conversions")]
    of: Side
    basis_points: Annotated[Whole, Field(le=1_000)] = 0


class RuleSet(Shape):
    """All of it; `version` goes up with every change, and the digest says what the version was."""

    name: Annotated[str, looks_like(r"[a-z][a-z0-9-]{0,59}", "cards-europe")]
    version: Annotated[Whole, Field(ge=1)]
    environment: Word = "live"
    currencies: tuple[Currency, ...] = Field(min_length=1)
    calendars: dict[Name, tuple[date, ...]] = Field(default_factory=dict)
    legs: dict[Name, Leg] = Field(min_length=2, max_length=4)
    comparisons: tuple[Comparison, ...] = Field(min_length=1)
    fees: tuple[Fees, ...] = ()
    conversions: tuple[Conversion, ...] = ()

    @property
    def parts(self) -> "list[Comparison | Fees | Conversion]":
        """All that gives items a class."""
        return [*self.comparisons, *self.fees, *self.conversions]

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON (RFC 8785) of the rules.

        A comparison that shows none of the programme says nothing of it, as before it could.
        """
        told = self.model_dump(mode="json")
        for comparison in told["comparisons"]:
            if comparison["shows"] is None:
                del comparison["shows"]
        return sha256(rfc8785.dumps(told)).hexdigest()

    def closed(self, leg: str) -> frozenset[date]:
        """Return the closed days of a leg's calendar."""
        calendar = self.legs[leg].calendar
        return frozenset(self.calendars[calendar]) if calendar else frozenset()


def read(path: Path) -> RuleSet:
    """Return the rules of a file; raises CatalogueError with line and reason of each fault."""
    rules, source = load(path, RuleSet, name=path.name)
    faults = [Problem(path.name, source.line(place), reason) for place, reason in _faults(rules)]
    if faults:
        raise CatalogueError(*sorted(faults))
    return rules


def _faults(rules: RuleSet) -> list[tuple[tuple[str | int, ...], str]]:
    """Find what one value says of another that does not exist or does not fit."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    for name, leg in rules.legs.items():
        if leg.calendar and leg.calendar not in rules.calendars:
            found.append((("legs", name, "calendar"), f"there is no calendar {leg.calendar}"))
    for part in ("comparisons", "fees", "conversions"):
        for number, entry in enumerate(getattr(rules, part)):
            place = (part, number)
            sides = ("left", "right") if part == "comparisons" else ("of",)
            for side in sides:
                leg_name = getattr(entry, side).leg
                if leg_name not in rules.legs:
                    found.append(((*place, side, "leg"), f"there is no leg {leg_name}"))
    names = [entry.name for entry in rules.parts]
    if len({*names}) != len(names):
        found.append((("comparisons",), "two comparisons or recalculations have the same name"))
    return found
