"""What a reverse test showed, line by line, and how a line that does not fit becomes a finding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from audits import populations, records, written
from audits.errors import ReverseTestError
from audits.models import Finding, ReverseTest
from audits.reverse_lookup import Outcome
from audits.reverse_tests import AGREES, DIFFERS, LONGEST_NOTE, latest_of
from audits.worksheets import SampledDeviation

NOT_YET = "not recorded yet"


@dataclass(frozen=True)
class Line:
    """One line of a test: `place` is that of the id in the test, or the number of the row."""

    place: int
    said: dict[str, Any]
    outcome: str
    is_exception: bool
    words: str = ""
    finding: Finding | None = None


@dataclass(frozen=True)
class Shown:
    """A test with its lines, and how many of them do not fit or wait."""

    test: ReverseTest
    lines: Sequence[Line]

    @property
    def exceptions(self) -> int:
        return sum(line.is_exception for line in self.lines)

    @property
    def waiting(self) -> int:
        return sum(line.outcome == NOT_YET for line in self.lines)

    @property
    def standing(self) -> str:
        """What it comes to, in one word that a badge has a colour for."""
        return "failed" if self.exceptions else "waiting" if self.waiting else "passed"

    @property
    def words(self) -> str:
        """What it comes to, in words."""
        if self.exceptions:
            return f"{self.exceptions} exception{'' if self.exceptions == 1 else 's'}"
        return f"{self.waiting} not recorded yet" if self.waiting else "No exception"


def shown(test: ReverseTest) -> Shown:
    """Return a test with every line of it, and the findings that were opened of its lines."""
    lines = list(_lines(test))
    refs = {subject_of(test, line.place): line.place for line in lines if line.is_exception}
    found = Finding.objects.filter(
        engagement=test.population.engagement_id, subject_kind="sample_item", subject_ref__in=refs
    )
    opened = {refs[one.subject_ref]: one for one in found} if refs else {}
    return Shown(
        test,
        [
            Line(
                line.place,
                line.said,
                line.outcome,
                line.is_exception,
                line.words,
                opened.get(line.place),
            )
            for line in lines
        ],
    )


def summed(tests: QuerySet[ReverseTest]) -> list[Shown]:
    """Return many tests with their lines, without the findings, in as few queries as one."""
    return [Shown(one, list(_lines(one))) for one in tests.prefetch_related("entries")]


def exception_at(test: ReverseTest, place: int) -> Line:
    """Return the line at a place, if it does not fit; ReverseTestError."""
    for line in shown(test).lines:
        if line.place == place and line.is_exception:
            return line
    raise ReverseTestError(f"{test.ref} has no exception at {place}, so there is nothing to find.")


def deviation_of(test: ReverseTest, *, place: int, condition: str, by: User) -> SampledDeviation:
    """Return a line that does not fit as a deviation, for whoever keeps the findings.

    Raises NotAllowedError, ReverseTestError.
    """
    population = test.population
    records.refuse_others(population.engagement, by, "reverse tests")
    exception_at(test, place)
    try:
        words = written.text(condition, most=LONGEST_NOTE, what="The condition")
    except ValueError as fault:
        raise ReverseTestError(str(fault)) from fault
    if not words:
        raise ReverseTestError("Say in words what was expected and what was found.")
    return SampledDeviation(
        engagement=population.engagement,
        ref=subject_of(test, place),
        control_ref=population.control.ref,
        expectation_slug=populations.expectation_of(population).slug,
        attribute=f"{ReverseTest.Direction(test.direction).name.capitalize()} of the list",
        condition=words,
        start=population.period_from,
        end=population.period_to,
        by=by,
    )


def subject_of(test: ReverseTest, place: int) -> str:
    """Name one line of a test for ever."""
    return f"{test.ref}#{place}"


def _lines(test: ReverseTest) -> Iterator[Line]:
    said = test.said
    if test.direction == ReverseTest.Direction.COMPLETENESS:
        for place, one in enumerate(said["looked_up"], 1):
            is_odd = one["outcome"] != Outcome.FOUND
            yield Line(place, one, one["outcome"], is_odd, _of_id(one, said["column"]))
        return
    latest = latest_of(test)
    for row in said["rows"]:
        result = latest.get(row)
        outcome = result["outcome"] if result else NOT_YET
        is_odd = outcome not in {AGREES, NOT_YET}
        yield Line(row, result or {"row": row}, outcome, is_odd, _of_row(result) if result else "")


def _of_id(one: dict[str, Any], column: str) -> str:
    """Say what is odd about an id; nothing where it was found once, as it should be."""
    if one["outcome"] == Outcome.FOUND:
        return ""
    if one["outcome"] == Outcome.NOT_FOUND:
        return f"{one['id']}, seen in {one['seen']}, is not in column {column} of the list."
    rows = ", ".join(map(str, one["rows"]))
    return f"{one['id']}, seen in {one['seen']}, is in the list {one['count']} times: rows {rows}."


def _of_row(result: dict[str, Any]) -> str:
    row, note = result["row"], result["note"]
    if result["outcome"] == AGREES:
        return str(note)
    if result["outcome"] == DIFFERS:
        parts = [
            f"{one['column']} is {one['listed']!r} in the list and {one['seen']!r} in its source"
            for one in result["differs"]
        ]
        return f"Row {row}: {'; '.join(parts)}. {note}".strip()
    return f"Row {row} is not in the source. {note}".strip()
