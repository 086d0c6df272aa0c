"""What a typed form declares: its questions, its own rules, and the table that it becomes.

A form is one file in registers/forms/kinds/. Being there registers it; its name is its slug. It has
`FORM`, a Form. What is filled in are answers by question name; `rules` says, as pairs of a place
and a sentence, what does not fit together. A place is the name of a question, or `lines-3-outcome`
for a question of the fourth line. Rules refuse what is incomplete or contradicts itself; bad news
that is told in full is taken in, and the checks of the control find it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from controls.models import Area, Expectation
from evidence.models import Evidence
from evidence.population import Cell, Column


@dataclass(frozen=True)
class Attached:
    """A file that was attached to an answer; its bytes lie elsewhere."""

    filename: str
    size: int
    sha256: str


Answer = str | int | bool | Decimal | date | datetime | Attached | None
Values = Mapping[str, Answer]
Problem = tuple[str, str]
Row = Mapping[str, Cell]


class Asks(StrEnum):
    """What kind of answer a question takes."""

    TEXT = "text"
    PARAGRAPH = "paragraph"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"
    """A day and a time by the clocks that the form names, kept with its offset from UTC."""
    DURATION = "duration"
    """Whole minutes, written as 90 or as 1:30."""
    CHOICE = "choice"
    PERSON = "person"
    """The e-mail address of one person."""
    PEOPLE = "people"
    """E-mail addresses, parted by blanks or commas."""
    FILE = "file"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of a form; `name` is lower snake case and stays, `label` may be reworded."""

    name: str
    label: str
    asks: Asks = Asks.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    help: str = ""
    longest: int = 300
    may_lie_ahead: bool = False
    """Whether a day or a moment may lie in the future, as that of a task does."""


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The part of a form that is filled in once for each thing that it tells of."""

    title: str
    entry: str
    """What one line is, in the singular, such as "alert"."""
    questions: tuple[Question, ...]
    help: str = ""


@dataclass(frozen=True)
class Answers:
    """A form that was filled in: every answer typed, an empty one None."""

    covers_from: date
    covers_to: date
    now: datetime
    """When it was read, by the clocks of the organisation."""
    values: Values
    lines: tuple[tuple[int, Values], ...] = ()
    """Each line that says anything, with its place on the form."""

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(frozen=True, kw_only=True)
class Form:
    """What a form says of itself."""

    title: str
    purpose: str
    """When to fill it in and what it proves, in one or two sentences."""
    area: Area
    serves: tuple[str, ...]
    """Slugs of the expectations that it is evidence for; the first one gives its rhythm."""
    evidence_type: Expectation.EvidenceType
    kind: Evidence.Kind = Evidence.Kind.EVENT
    questions: tuple[Question, ...]
    lines: Lines | None = None
    columns: tuple[Column, ...]
    table: Callable[[Answers], Iterator[Row]]
    """The rows that checks read, each a value by column name; a missing one is empty."""
    rules: Callable[[Answers], Iterator[Problem]]
    is_list: bool = False
    """Whether its lines are all that happened in its days, so that it asks where they come from."""
    one_day: str = ""
    """The question whose day it covers, for a form that tells of one day only."""
    source_system: str = "Recorded by hand in this installation"
    environment: Evidence.Environment = Evidence.Environment.PRODUCTION
    sensitivity: Evidence.Sensitivity = Evidence.Sensitivity.INTERNAL


COVERS_FROM = Question(
    name="covers_from",
    label="Covers from",
    asks=Asks.DATE,
    required=True,
    help="The first of the days that this record speaks for.",
)
COVERS_TO = Question(
    name="covers_to",
    label="Covers to",
    asks=Asks.DATE,
    required=True,
    may_lie_ahead=True,
    help="The last of them. Never more days than it really tells of.",
)
LIST_SOURCE = Question(
    name="list_source",
    label="Where the list comes from",
    required=True,
    help="System, name of the report or query, and every filter, so that another can repeat it.",
)
LIST_COUNT = Question(
    name="list_count",
    label="How many the source counts",
    asks=Asks.INTEGER,
    required=True,
    help="What the source itself says for these days; 0 when there was none.",
)
LIST_WHOLE = Question(
    name="list_whole",
    label="How you know that it is whole",
    asks=Asks.PARAGRAPH,
    required=True,
    help="Such as a second list that it was held against.",
)
LIST_STEPS = Question(
    name="list_steps",
    label="What was done to the list after the export",
    asks=Asks.PARAGRAPH,
    help="One step a line, in order, such as: filtered | Without contractors. | 120 -> 90 | They "
    "are listed apart. Steps are sorted, filtered, masked, converted and other. Empty for none.",
)


def questions_of(form: Form) -> tuple[Question, ...]:
    """Return every question outside of the lines, those that all such forms have included."""
    asked = form.questions
    if form.is_list:
        asked = (LIST_SOURCE, LIST_COUNT, LIST_WHOLE, LIST_STEPS, *asked)
    is_spanning = not form.one_day and form.kind is Evidence.Kind.EVENT
    return (COVERS_FROM, COVERS_TO, *asked) if is_spanning else asked
