"""What a detector answers: found with the rows that show it, clear, or not judged and why not."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from controls.readiness_file import Entry
from readiness.facts import Facts, Kept
from readiness.score import Verdict
from readiness.standing import Backing, Standing

MOST_ROWS = 200
"""So many rows are named; all of them are counted."""


class RowKind(StrEnum):
    """What a row is; the door knows the page of each."""

    ENTRY = "entry"
    EVIDENCE = "evidence"
    EXPECTATION = "expectation"
    QUESTION = "question"
    SOURCE = "source"
    ROLE = "role"


@dataclass(frozen=True)
class Row:
    """One row of the data that shows a mistake, and what about it does."""

    kind: RowKind
    key: str
    name: str
    why: str


@dataclass(frozen=True)
class Judgement:
    """The verdict of a detector in one sentence, with the first rows and the count of all."""

    verdict: Verdict
    reason: str
    rows: tuple[Row, ...] = ()
    count: int = 0


def decide(rows: Sequence[Row], *, found: str, clear: str, count: int = 0) -> Judgement:
    """Return found where there are rows, else clear; for a detector that has had data to judge."""
    if rows:
        return Judgement(Verdict.FOUND, found, tuple(rows[:MOST_ROWS]), max(count, len(rows)))
    return Judgement(Verdict.CLEAR, clear)


def not_judged(because: str) -> Judgement:
    return Judgement(Verdict.NOT_JUDGED, f"Not judged, because {because}.")


@dataclass(frozen=True)
class Checked:
    """What the checks that an entry names came to, over the evidence in force."""

    ran: bool
    rows: tuple[Row, ...]
    count: int


def checked(entry: Entry, facts: Facts) -> Checked:
    """Return the exceptions of an entry's checks; a check that could not run proves nothing."""
    rows: list[Row] = []
    count, ran = 0, False
    for result in facts.results_of(entry.checks):
        ran = ran or result.is_answer
        count += result.count if result.is_answer else 0
        if result.is_answer:
            rows += (
                Row(RowKind.EVIDENCE, str(result.item), result.ref, words)
                for words in result.exceptions
            )
    return Checked(ran, tuple(rows), count)


def lacking(standings: Iterable[Standing], facts: Facts) -> Iterator[Row]:
    """Yield a row for each expectation of which no evidence is in force."""
    for standing in standings:
        if not standing.is_in_force(facts.today):
            yield _row(standing, facts)


def unproven(standings: Iterable[Standing], facts: Facts) -> Iterator[Row]:
    """Yield a row for each expectation without evidence in force, or whose checks did not pass.

    What nobody has reviewed yet is there, so it is none of them.
    """
    for standing in standings:
        if standing.backing(facts.today) in {Backing.CLAIM, Backing.CONTRADICTED}:
            yield _row(standing, facts)


def _row(standing: Standing, facts: Facts) -> Row:
    why = standing.lack(facts.today)
    return Row(RowKind.EXPECTATION, str(standing.key), standing.title, why)


def absence(entry: Entry, facts: Facts, *, found: str, clear: str) -> Judgement:
    """Judge a mistake that consists in nothing being there to show the opposite.

    In an installation without any evidence, or without the expectations of the entry, nothing can
    be said: absence is telling only where something could have been.
    """
    standings = facts.standings_of(entry.expectations)
    if not standings:
        return not_judged("the catalogue that is loaded holds none of its expectations")
    if not facts.has_evidence:
        return not_judged("no evidence at all has come into this installation yet")
    checks = checked(entry, facts)
    rows = [*unproven(standings, facts), *checks.rows]
    return decide(rows, found=found, clear=clear, count=len(rows) - len(checks.rows) + checks.count)


def by_checks(entry: Entry, facts: Facts, *, found: str, clear: str) -> Judgement:
    """Judge a mistake that only the checks of the entry can show."""
    checks = checked(entry, facts)
    if not checks.ran:
        return not_judged(_unchecked(entry))
    return decide(checks.rows, found=found, clear=clear, count=checks.count)


def _unchecked(entry: Entry) -> str:
    return f"no evidence in force was checked by {', '.join(entry.checks)}"


@dataclass(frozen=True)
class Shown:
    """What the entries of a register show: how many there are, the first rows, the count of all."""

    entries: int
    rows: tuple[Row, ...]
    count: int


def shown_by(
    entries: Callable[[Facts], Sequence[Kept]],
    find: Callable[[Sequence[Kept], date], Iterable[tuple[Kept, str]]],
    facts: Facts,
) -> Shown:
    """Return the rows that `find` names with its words, remembered until a register changes.

    A company has tens of thousands of tokens, and every page about readiness asks this.
    """
    key = (facts.registers_stand, facts.today)
    known = _remembered.get(find)
    if known and known[0] == key and facts.registers_stand is not None:
        return known[1]
    kept = entries(facts)
    rows = [
        Row(RowKind.ENTRY, one.key, f"{one.ref} {one.title}", why)
        for one, why in find(kept, facts.today)
    ]
    shown = Shown(len(kept), tuple(rows[:MOST_ROWS]), len(rows))
    _remembered[find] = (key, shown)
    return shown


def forget() -> None:
    """Forget what registers showed; for tests, whose registers begin anew."""
    _remembered.clear()


_remembered: dict[object, tuple[object, Shown]] = {}


def tokens(facts: Facts) -> Sequence[Kept]:
    return facts.tokens


def vendors(facts: Facts) -> Sequence[Kept]:
    return facts.vendors


def by_tokens(
    entry: Entry,
    facts: Facts,
    find: Callable[[Sequence[Kept], date], Iterable[tuple[Kept, str]]],
    *,
    found: str,
    clear: str,
) -> Judgement:
    """Judge a mistake that the register of tokens shows, or a check, whichever there is."""
    checks = checked(entry, facts)
    shown = shown_by(tokens, find, facts)
    if not shown.entries and not checks.ran:
        return not_judged(f"the register of tokens is empty, and {_unchecked(entry)}")
    both = [*shown.rows, *checks.rows]
    return decide(both, found=found, clear=clear, count=shown.count + checks.count)
