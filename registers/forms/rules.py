"""Rules that several forms share, and typed looks at answers."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from registers.forms.base import Answers, Attached, Problem, Values
from registers.forms.reading import place

_HOUR = Decimal(3600)


def text(values: Values, name: str) -> str:
    """Return an answer that is text; an empty one as no letters."""
    found = values.get(name)
    return found if isinstance(found, str) else ""


def day(values: Values, name: str) -> date | None:
    found = values.get(name)
    return found if isinstance(found, date) and not isinstance(found, datetime) else None


def moment(values: Values, name: str) -> datetime | None:
    found = values.get(name)
    return found if isinstance(found, datetime) else None


def whole(values: Values, name: str) -> int | None:
    found = values.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def truth(values: Values, name: str) -> bool | None:
    found = values.get(name)
    return found if isinstance(found, bool) else None


def attached(values: Values, name: str) -> bool:
    return isinstance(values.get(name), Attached)


def hours(values: Values, start: str, end: str) -> Decimal | None:
    """Return the hours between two moments, to two places."""
    begun, ended = moment(values, start), moment(values, end)
    if begun is None or ended is None:
        return None
    return (Decimal(int((ended - begun).total_seconds())) / _HOUR).quantize(Decimal("0.01"))


def minutes(values: Values, start: str, end: str) -> int | None:
    """Return the minutes begun between two moments."""
    begun, ended = moment(values, start), moment(values, end)
    if begun is None or ended is None:
        return None
    return -(-int((ended - begun).total_seconds()) // 60)


def in_order(values: Values, *steps: tuple[str, str]) -> Iterator[Problem]:
    """Refuse a moment that lies before the one of the step before; steps are name and verb."""
    earlier: tuple[str, str] | None = None
    for name, verb in steps:
        now = moment(values, name)
        before = moment(values, earlier[0]) if earlier else None
        if now and before and earlier and now < before:
            yield name, f"It {verb} before it {earlier[1]}. Correct one of the two times."
        if now:
            earlier = (name, verb)


def two_people(values: Values, doer: str, other: str, deed: str) -> Iterator[Problem]:
    """Refuse that the same person stands in two places that two must fill."""
    if text(values, doer) and text(values, doer).lower() == text(values, other).lower():
        yield other, f"Another person must have {deed} it than the one named above."


def within(answers: Answers, *names: str) -> Iterator[Problem]:
    """Refuse what happened outside of the days that the form covers."""
    for name in names:
        found = answers.values.get(name)
        happened = found.date() if isinstance(found, datetime) else found
        if isinstance(happened, date) and not (
            answers.covers_from <= happened <= answers.covers_to
        ):
            yield name, "This lies outside of the days that the form covers."


def failure_told(values: Values, *, failed: bool, names: tuple[str, ...]) -> Iterator[Problem]:
    """Demand of a failure that it is told what failed and what was done next."""
    for name in names:
        if failed and not text(values, name):
            yield name, "It failed: say this too, an auditor will ask for nothing else first."


def no_doubles(answers: Answers, *names: str) -> Iterator[Problem]:
    """Refuse two lines that tell of the same thing."""
    seen: set[tuple[str, ...]] = set()
    for number, values in answers.lines:
        key = tuple(str(values.get(name) or "").lower() for name in names)
        if key in seen:
            yield place(number, names[0]), "A line above tells of the same thing. Remove one."
        seen.add(key)
