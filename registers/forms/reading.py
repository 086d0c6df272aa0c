"""Reads what was typed into a form: every answer in its type, and one sentence for each problem.

Nothing is guessed. What was typed stays as it was typed until it is handed in; this only reads it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from evidence.handling import Handling, fault_of, steps_typed
from evidence.models import Evidence
from registers import values as plain
from registers.base import Field, Type
from registers.forms.base import (
    COVERS_FROM,
    COVERS_TO,
    LIST_COUNT,
    LIST_STEPS,
    Answer,
    Answers,
    Asks,
    Attached,
    Question,
)
from registers.forms.registry import Kind

Given = Mapping[str, str]
"""What was typed, by place: the name of a question, or lines-3-name for one of a line."""
ZONE = "zone"
MOST_LINES = 60
"""A longer list is a table, which a source collects."""
LONGEST_SPAN = timedelta(days=366)

_PLACE = re.compile(r"lines-([0-9]{1,3})-([a-z0-9_]+)")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?")
_MINUTES = re.compile(r"([0-9]{1,5})")
_HOURS = re.compile(r"([0-9]{1,4}):([0-5][0-9])")
_EMAIL = Field(name="address", label="Address", type=Type.EMAIL)
_PLAIN = {
    Asks.TEXT: Type.TEXT,
    Asks.PARAGRAPH: Type.PARAGRAPH,
    Asks.INTEGER: Type.INTEGER,
    Asks.DECIMAL: Type.DECIMAL,
    Asks.BOOLEAN: Type.BOOLEAN,
    Asks.DATE: Type.DATE,
    Asks.CHOICE: Type.CHOICE,
    Asks.PERSON: Type.EMAIL,
}


@dataclass(frozen=True)
class Clock:
    """The moment of reading, and the zone in which the form's times are meant."""

    now: datetime
    zone: ZoneInfo
    home: ZoneInfo
    """The zone of the organisation, whose days evidence covers."""

    @property
    def here(self) -> datetime:
        return self.now.astimezone(self.home)

    @property
    def today(self) -> date:
        return self.here.date()


@dataclass(frozen=True)
class Read:
    """A form as it was read: the answers, and what does not fit, by place."""

    answers: Answers | None
    problems: Mapping[str, str]


def place(line: int, name: str) -> str:
    """Return where a question of a line stands in what was typed."""
    return f"lines-{line}-{name}"


def line_count(given: Given) -> int:
    """Return how many lines a form has room for, by the last one that says anything."""
    places = (_PLACE.fullmatch(name) for name, typed in given.items() if typed.strip())
    return max((int(found[1]) + 1 for found in places if found), default=0)


def read(kind: Kind, given: Given, files: Mapping[str, Attached], *, clock: Clock) -> Read:
    """Return the answers of a form, or None with a sentence for each place that does not fit."""
    problems: dict[str, str] = {}
    values = _values(kind.questions, given, files, clock, problems)
    lines = []
    for number in range(min(line_count(given), MOST_LINES)):
        typed = {name: given.get(place(number, name), "") for name in kind.line_questions}
        if any(text.strip() for text in typed.values()):
            found: dict[str, str] = {}
            lines.append((number, _values(kind.line_questions, typed, {}, clock, found)))
            problems |= {place(number, name): sentence for name, sentence in found.items()}
    if problems:
        return Read(None, problems)
    start, end = _covered(kind, values, clock)
    answers = Answers(start, end, clock.here, values, tuple(lines))
    problems = _common_problems(kind, answers)
    for where, sentence in () if problems else kind.declared.rules(answers):
        problems.setdefault(where, sentence)
    return Read(None if problems else answers, problems)


def question(kind: Kind, where: str) -> Question | None:
    """Return the question that stands at a place of a form."""
    found = _PLACE.fullmatch(where)
    return kind.line_questions.get(found[2]) if found else kind.questions.get(where)


def _values(
    questions: Mapping[str, Question],
    given: Given,
    files: Mapping[str, Attached],
    clock: Clock,
    problems: dict[str, str],
) -> dict[str, Answer]:
    values: dict[str, Answer] = {}
    for name, asked in questions.items():
        try:
            typed = given.get(name, "").strip()
            value = files.get(name) if asked.asks is Asks.FILE else _read(asked, typed, clock)
        except ValueError as error:
            problems[name] = f"{asked.label} {error}."
            continue
        values[name] = value
        if value is None and asked.required:
            problems[name] = f"{asked.label} is missing."
        elif not asked.may_lie_ahead and _lies_ahead(value, clock):
            problems[name] = f"{asked.label} lies in the future."
    return values


def _read(asked: Question, typed: str, clock: Clock) -> Answer:
    if not typed:
        return None
    if asked.asks in _PLAIN:
        kind = _PLAIN[asked.asks]
        field = Field(
            name=asked.name,
            label=asked.label,
            type=kind,
            choices=asked.choices,
            longest=asked.longest,
        )
        return plain.read(field, typed)
    return _READERS[asked.asks](typed, clock)


def _moment(typed: str, clock: Clock) -> datetime:
    naive = _naive(typed)
    local = naive.replace(tzinfo=clock.zone)
    try:
        offsets = local.utcoffset(), local.replace(fold=1).utcoffset()
        same = local.astimezone(UTC).astimezone(clock.zone).replace(tzinfo=None) == naive
    except OverflowError:
        raise ValueError(f"is too far away: {typed[:40]!r}") from None
    if offsets[0] != offsets[1]:
        what = "was struck twice" if same else "was left out"
        raise ValueError(
            f"{what} when the clocks of {clock.zone.key} were changed. Choose UTC for the times "
            "of this form, and write all of them in UTC"
        )
    return local.astimezone(clock.home)


def _naive(typed: str) -> datetime:
    found = _MOMENT.fullmatch(typed)
    written = f"{found[1]}T{found[2]}{found[3] or ''}" if found else ""
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(
            f"is no day with a time: {typed[:40]!r}. Write it as 2026-01-31 14:30"
        ) from None


def _duration(typed: str, _clock: Clock) -> int:
    if found := _HOURS.fullmatch(typed):
        return 60 * int(found[1]) + int(found[2])
    if found := _MINUTES.fullmatch(typed):
        return int(found[1])
    raise ValueError(
        f"is no duration: {typed[:40]!r}. Write minutes as 90, or hours and minutes as 1:30"
    )


def _people(typed: str, _clock: Clock) -> str:
    found = [str(plain.read(_EMAIL, part)) for part in re.split(r"[\s,;]+", typed) if part]
    return " ".join(sorted(set(found)))


_READERS: dict[Asks, Callable[[str, Clock], Answer]] = {
    Asks.MOMENT: _moment,
    Asks.DURATION: _duration,
    Asks.PEOPLE: _people,
}


def _lies_ahead(value: Answer, clock: Clock) -> bool:
    if isinstance(value, datetime):
        return value > clock.now
    return isinstance(value, date) and value > clock.today


def _covered(kind: Kind, values: Mapping[str, Answer], clock: Clock) -> tuple[date, date]:
    """Return the days that a form speaks for: as told, its one day, or the day of its state."""
    if kind.declared.kind is Evidence.Kind.STATE:
        return clock.today, clock.today
    start = values.get(kind.declared.one_day or COVERS_FROM.name)
    end = values.get(kind.declared.one_day or COVERS_TO.name)
    if not isinstance(start, date) or not isinstance(end, date):
        raise TypeError(f"{kind.slug} does not say which days it covers.")
    return start, end


def _common_problems(kind: Kind, answers: Answers) -> dict[str, str]:
    """Return what is wrong by the rules that all forms share."""
    if answers.covers_to < answers.covers_from:
        return {COVERS_TO.name: "The days end before they begin. Swap or correct the two."}
    if answers.covers_to - answers.covers_from >= LONGEST_SPAN:
        return {COVERS_TO.name: "One form covers a year at most."}
    if kind.declared.is_list:
        told, counted = len(answers.lines), answers.values[LIST_COUNT.name]
        if counted != told:
            return {
                LIST_COUNT.name: f"The source counts {counted}, the form has {told} lines. "
                "Add what is missing, or say what the source really counts."
            }
        return _problem_of_steps(answers, rows=told)
    return {}


def _problem_of_steps(answers: Answers, *, rows: int) -> dict[str, str]:
    try:
        handling = handling_of(answers)
    except ValueError as fault:
        return {LIST_STEPS.name: str(fault)}
    fault_found = fault_of(handling, rows=rows) if handling else ""
    return {LIST_STEPS.name: fault_found} if fault_found else {}


def handling_of(answers: Answers) -> Handling | None:
    """Return the steps after the export of a list; None where there were none, or it is no list."""
    return Handling(steps_typed(str(answers.values.get(LIST_STEPS.name) or ""))) or None


def json_of(value: Answer) -> object:
    """Return an answer as canonical JSON keeps it: moments with their offset, decimals as text."""
    if isinstance(value, Attached):
        return {"filename": value.filename, "sha256": value.sha256, "size": value.size}
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return value


def words(asked: Question, value: Answer) -> str:
    """Return an answer as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Attached):
        return f"{value.filename} ({value.size} bytes, SHA-256 {value.sha256})"
    if isinstance(value, datetime):
        named = value.tzname() or ""
        offset = "" if named == "UTC" else f" (UTC{value:%z})"
        return f"{value:%Y-%m-%d %H:%M} {named}{offset}"
    if asked.asks is Asks.DURATION and isinstance(value, int):
        return f"{value // 60} h {value % 60} min" if value >= 60 else f"{value} min"
    return str(json_of(value))
