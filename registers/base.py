"""What a register declares: its columns, what tells its entries apart, and its own rules.

A register is one file in registers/books/. Being there registers it; its name is its slug. It has
`REGISTER`, a Declaration. An entry is a set of values by field name; `rules` says, as pairs of
field name and sentence, what does not fit together.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from controls.models import Area
from evidence.models import Evidence

Value = str | int | bool | Decimal | date | None
Values = Mapping[str, Value]
Problem = tuple[str, str]


class Type(StrEnum):
    """How a field is written, checked, and kept in a table of evidence."""

    TEXT = "text"
    PARAGRAPH = "paragraph"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"
    EMAIL = "email"
    LINK = "link"
    WORDS = "words"
    """Several words, kept sorted and parted by one space, such as the scopes of a token."""
    CONTROLS = "controls"
    """References of controls of the catalogue, written as WORDS."""
    EVIDENCE = "evidence"
    """References of items of evidence, written as WORDS."""

    @property
    def column_type(self) -> str:
        """The type of the column in a population (see evidence.population.TYPES)."""
        own = {Type.INTEGER, Type.DECIMAL, Type.BOOLEAN, Type.DATE}
        return self.value if self in own else "text"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column of a register; `name` is lower snake case and stays, `label` may be reworded."""

    name: str
    label: str
    type: Type = Type.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    help: str = ""
    longest: int = 300
    conceals: bool = False
    """What is refused here is shown to nobody again: it may be the very secret."""


def no_rules(_values: Values) -> Iterator[Problem]:
    """Let every entry pass whose fields fit each for itself."""
    yield from ()


def nothing_computed(_values: Values) -> Values:
    """Leave every field as it was given."""
    return {}


def any_fits(_own: Values, _other: Values) -> Iterator[Problem]:
    """Let an entry name every standing entry of the other register."""
    yield from ()


@dataclass(frozen=True, kw_only=True)
class Link:
    """How entries name one of another register: by the words of its key."""

    register: str
    """The slug of the other register."""
    fields: tuple[str, ...]
    """Own fields, in the order of the other register's key."""
    required: bool = False
    """Whether the other entry must be there and stand."""
    fits: Callable[[Values, Values], Iterator[Problem]] = any_fits
    """What does not fit between an entry and the one that it names (own values, its values)."""


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What a register says of itself."""

    title: str
    entry: str
    """What one line is, in the singular, such as "vendor"."""
    purpose: str
    """Who keeps it and what it proves, in one sentence."""
    prefix: str
    """Start of the references of its entries, such as VEN for VEN-12."""
    area: Area
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    """The fields that tell two entries apart, and by which an import finds them again."""
    shown: tuple[str, ...]
    """The fields of the list, at most five."""
    due: tuple[str, ...] = ()
    """The date fields that say when an entry needs attention; the earliest counts."""
    due_words: str = "Due"
    done: str = ""
    """The field that ends the clock: once it is filled, the entry needs no attention."""
    keeper: str = "owner"
    """The field with the address of who must act when it is due; where there is no such field, who
    leads compliance must."""
    approver: str = ""
    """The field in which a second person approves with their own address; empty: none is asked."""
    links: tuple[Link, ...] = ()
    computed: Callable[[Values], Values] = nothing_computed
    """Values for fields that were left empty, computed from the others."""
    rules: Callable[[Values], Iterator[Problem]] = no_rules
    environment: Evidence.Environment = Evidence.Environment.CORPORATE
    sensitivity: Evidence.Sensitivity = Evidence.Sensitivity.INTERNAL
