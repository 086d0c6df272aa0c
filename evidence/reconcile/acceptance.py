"""P0: takes in whole files or refuses them whole, and proves that none is missing.

Rules:
- A file that no rule takes, whose bytes came before on the same leg, that breaks its format, or
  whose totals do not agree with its rows is refused with line and reason; no row of it is counted.
- Sequence numbers of files and of statements run without gaps; of a daily source every business
  day between its first and its last file is there.
- The closing balance of a statement is the opening balance of the next one.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fnmatch import fnmatchcase
from hashlib import file_digest
from itertools import pairwise
from pathlib import Path

from evidence.reconcile.calendars import is_business_day
from evidence.reconcile.errors import FileRefusedError
from evidence.reconcile.items import Item
from evidence.reconcile.mapping import Mapper
from evidence.reconcile.progress import Tell, quiet
from evidence.reconcile.readers.formats import READERS
from evidence.reconcile.reading import Reading, Statement
from evidence.reconcile.rules import FileRule, RuleSet

_MOST_MISSING = 1000
_ROWS_PER_WORD = 10_000
_OCCURRED = Item._fields.index("occurred_at")


@dataclass
class FileFacts:
    """One file and its control totals; `totals` holds count, credits and debits by currency.

    A file that leads in is read for the other halves of pairs alone.
    """

    number: int
    leg: str
    name: str
    sha256: str
    size: int
    format: str = ""
    refused: str = ""
    line: int = 0
    sequence: str = ""
    totals: dict[str, list[int]] = field(default_factory=dict)
    first: str = ""
    last: str = ""
    statements: list[Statement] = field(default_factory=list)
    leads_in: bool = False


Bulk = Callable[[FileFacts, Path, FileRule], bool]
"""Takes a whole file, or leaves it to be read row by row; it refuses none."""


@dataclass(frozen=True, order=True)
class FileBreak:
    """A finding about files: one that was refused, or one that is not there."""

    leg: str
    reason: str
    subject: str
    detail: str
    line: int = 0


@dataclass(frozen=True)
class ChainBreak:
    """Two statements that follow each other, and whose balances do not."""

    leg: str
    currency: str
    closing: int
    opening: int


@dataclass
class Accepted:
    """What P0 leaves to the passes."""

    files: list[FileFacts]
    tables: list[Path]
    breaks: list[FileBreak]
    chain: list[ChainBreak]
    links: int


def accept(
    rules: RuleSet,
    given: Mapping[str, Sequence[Path]],
    scratch: Path,
    *,
    as_of: date | None,
    seen: Collection[str] = (),
    bulk: Bulk | None = None,
    tell: Tell = quiet,
) -> Accepted:
    """Read all files of all legs into canonical tables under `scratch`.

    `bulk` may take a whole file elsewhere and say so; every other file is read row by row. `tell`
    hears how many bytes of all files are read.
    """
    known = {(leg, digest): "an earlier run" for digest in seen for leg in rules.legs}
    reading = _Told(tell, sum(path.stat().st_size for paths in given.values() for path in paths))
    files: list[FileFacts] = []
    tables: list[Path] = []
    for leg in rules.legs:
        for path in sorted(given.get(leg, ()), key=lambda path: (path.name, str(path))):
            reading.begin(path)
            facts = _facts(len(files), leg, path)
            table = scratch / f"{facts.number}.csv"
            try:
                _refuse_again(facts, known)
                rule = _describe(rules, facts)
                if bulk is None or not bulk(facts, path, rule):
                    _take(rules, facts, (path, rule), table, as_of=as_of, told=reading)
                    tables.append(table)
            except FileRefusedError as error:
                table.unlink(missing_ok=True)
                facts.refused, facts.line, facts.totals = error.reason, error.line, {}
                facts.statements = []
            known.setdefault((leg, facts.sha256), path.name)
            files.append(facts)
    chain, links = _chain(files)
    return Accepted(files, tables, _breaks(rules, files), chain, links)


def _breaks(rules: RuleSet, files: Sequence[FileFacts]) -> list[FileBreak]:
    """Return what was refused and what is missing."""
    refused = [
        FileBreak(facts.leg, "file_rejected", facts.name, facts.refused, facts.line)
        for facts in files
        if facts.refused
    ]
    missing = [gap for leg in rules.legs for gap in _gaps(rules, leg, files)]
    return sorted({*refused, *missing})


class _Told:
    """Says which file is being read, how many bytes lie before it, and how many rows of it came."""

    def __init__(self, tell: Tell, total: int) -> None:
        self._tell, self._total = tell, total
        self._done, self._next = 0, 0
        self._name = ""

    def begin(self, path: Path) -> None:
        self._done, self._name = self._next, path.name
        self._next += path.stat().st_size
        self._tell(self._done, self._total, f"Reading {self._name}")

    def rows(self, count: int) -> None:
        if count % _ROWS_PER_WORD == 0:
            self._tell(self._done, self._total, f"Reading {self._name}: {count:,} rows")


def _refuse_again(facts: FileFacts, known: Mapping[tuple[str, str], str]) -> None:
    before = known.get((facts.leg, facts.sha256))
    if before:
        raise FileRefusedError(f"the same bytes came before, as {before}")


def _facts(number: int, leg: str, path: Path) -> FileFacts:
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return FileFacts(number, leg, path.name, digest, path.stat().st_size)


def _take(
    rules: RuleSet,
    facts: FileFacts,
    file: tuple[Path, FileRule],
    table: Path,
    *,
    as_of: date | None,
    told: _Told,
) -> None:
    reading = Reading(*file, rules.legs[facts.leg])
    mapper = Mapper(rules, facts.leg, facts.number)
    with table.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        for number, row in enumerate(READERS[reading.rule.format](reading), 1):
            told.rows(number)
            item = mapper.item(row, reading)
            _refuse_other_days(item, as_of, rules.legs[facts.leg].oldest_days)
            _count(facts, item)
            writer.writerow(_cells(item))
    facts.statements = reading.statements


def _describe(rules: RuleSet, facts: FileFacts) -> FileRule:
    rule = _rule_of(rules, facts)
    facts.format = rule.format
    facts.sequence = _sequence(rule, facts.name)
    return rule


def _rule_of(rules: RuleSet, facts: FileFacts) -> FileRule:
    for rule in rules.legs[facts.leg].files:
        if fnmatchcase(facts.name, rule.name):
            return rule
    raise FileRefusedError(f"no rule of the leg {facts.leg} takes a file of this name")


def _sequence(rule: FileRule, name: str) -> str:
    if rule.sequence_pattern is None:
        return ""
    found = re.search(rule.sequence_pattern, name)
    if found is None:
        raise FileRefusedError("the name holds no sequence number or day as the rules describe")
    return found[1] if found.re.groups else found[0]


def _refuse_other_days(item: Item, as_of: date | None, oldest_days: int) -> None:
    if as_of is None:
        return
    day = timedelta(days=1)
    if not as_of - oldest_days * day <= item.day <= as_of + day:
        reason = f"a row is of {item.day}, which this run of {as_of} does not take"
        raise FileRefusedError(reason, item.line)


def _count(facts: FileFacts, item: Item) -> None:
    total = facts.totals.setdefault(item.currency, [0, 0, 0])
    total[0] += 1
    total[1 if item.amount >= 0 else 2] += item.amount
    moment = item.occurred_at.isoformat()
    facts.first = min(facts.first or moment, moment)
    facts.last = max(facts.last, moment)


def _cells(item: Item) -> list[object]:
    cells: list[object] = list(item)
    # The table keeps UTC without a zone: a zoned time would follow the zone of the machine.
    cells[_OCCURRED] = item.occurred_at.replace(tzinfo=None)
    return cells


def _gaps(rules: RuleSet, leg: str, files: Sequence[FileFacts]) -> Iterator[FileBreak]:
    """Find sequence numbers and days that are not there; a refused file is there all the same."""
    mine = [facts for facts in files if facts.leg == leg]
    for rule in rules.legs[leg].files:
        of_rule = [f.sequence for f in mine if f.sequence and fnmatchcase(f.name, rule.name)]
        if rules.legs[leg].daily:
            days = sorted({_day(text) for text in of_rule})
            wanted = _business_days(days, rules.closed(leg))
            absent = [str(day) for day in wanted if day not in days]
        else:
            numbers = sorted({int(text) for text in of_rule if text.isdigit()})
            absent = [str(number) for number in _between(numbers)]
        for subject in absent:
            detail = f"no file of the pattern {rule.name} has it"
            yield FileBreak(leg, "file_missing", subject, detail)
    by_account = defaultdict(set)
    for facts in mine:
        for statement in facts.statements:
            if statement.number is not None:
                by_account[statement.account, statement.day.year].add(statement.number)
    for (account, year), found in sorted(by_account.items()):
        for number in _between(sorted(found)):
            detail = f"the statement of {year} is missing between two that came"
            yield FileBreak(leg, "file_missing", f"{account} {number}", detail)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


def _business_days(days: Sequence[date], closed: frozenset[date]) -> Iterator[date]:
    named = [day for day in days if day != date.min]
    for offset in range((named[-1] - named[0]).days if named else 0):
        day = named[0] + timedelta(days=offset)
        if is_business_day(day, closed):
            yield day


def _between(numbers: Sequence[int]) -> Iterator[int]:
    """Yield what is missing between the first and the last number."""
    left = _MOST_MISSING
    for before, after in pairwise(numbers):
        for number in range(before + 1, after):
            if left:
                left -= 1
                yield number


def _chain(files: Sequence[FileFacts]) -> tuple[list[ChainBreak], int]:
    """Compare balances of statements in a row; a gap in their numbers is told apart."""
    chains: dict[tuple[str, str, str], list[Statement]] = defaultdict(list)
    for facts in files:
        for statement in facts.statements:
            chains[facts.leg, statement.account, statement.currency].append(statement)
    broken, links = [], 0
    for (leg, _, currency), statements in sorted(chains.items()):
        ordered = sorted({*statements}, key=lambda s: (s.day, s.number or 0, s.part))
        for before, after in pairwise(ordered):
            if before.repeats(after) or before.leaves_gap(after):
                continue
            links += 1
            if before.closing != after.opening:
                broken.append(ChainBreak(leg, currency, before.closing, after.opening))
    return broken, links
