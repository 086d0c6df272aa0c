"""Reverse tests of a sealed population: from the world into the list, and back to its source.

The first is a computed fact: the product looks up what an auditor noted elsewhere. For the second
the rows are bound by a leaf before the source is looked at; what it showed is added to the test
and never changed. A nonce chooses the rows that the algorithm of samples draws.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audits import access, joined, records, reverse_lookup, sampling, written
from audits.draws import seed_of
from audits.errors import PopulationRefusedError, ReverseTestError
from audits.models import ReverseEntry, ReverseTest, SealedPopulation
from audits.reverse_lookup import Hit, Outcome
from audits.sampling import Method
from audits.tables import Row
from evidence import ledger

FORMAT, ENTRY = "countersign-reversetest/v1", "countersign-reverseentry/v1"
MOST_ROWS = 50
LONGEST_NOTE, LONGEST_CELL = 4_000, 2_000
AGREES, DIFFERS, NOT_THERE = "agrees", "differs", "not there"
OUTCOMES = (AGREES, DIFFERS, NOT_THERE)


@dataclass(frozen=True)
class SourceResult:
    """What the source showed of one row: `seen` has the values of the columns that differ."""

    row: int
    outcome: str
    seen: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    evidence: str = ""


def look_up(
    population: SealedPopulation, *, text: str, by: User, seen: str = "", column: str = ""
) -> ReverseTest:
    """Look up what was noted elsewhere in a column of the list (of the ids, unless one is named).

    Raises NotAllowedError, ClosedError, ReverseTestError.
    """
    records.refuse_others(population.engagement, by, "reverse tests")
    try:
        wanted = reverse_lookup.noted(text, seen=seen)
    except ValueError as fault:
        raise ReverseTestError(f"{fault} Nothing was recorded.") from fault
    name = column or population.said["id_column"]
    place = _place(population, name)
    hits = reverse_lookup.look_up((row.cells[place] for row in _rows(population)), wanted)
    counts = {
        "looked_up": len(hits),
        "not_found": sum(hit.outcome is Outcome.NOT_FOUND for hit in hits),
        "several": sum(hit.outcome is Outcome.SEVERAL for hit in hits),
    }
    test = ReverseTest(population=population, direction=ReverseTest.Direction.COMPLETENESS)
    said = {"column": name, "looked_up": [_listed(hit) for hit in hits]}
    return _keep(test, said, counts, by)


def choose_rows(
    population: SealedPopulation,
    *,
    by: User,
    rows: Sequence[int] = (),
    nonce: str = "",
    size: int = 0,
) -> ReverseTest:
    """Choose rows to be held against their source: by number, or `size` rows that a nonce draws.

    Raises NotAllowedError, ClosedError, ReverseTestError.
    """
    records.refuse_others(population.engagement, by, "reverse tests")
    nonce = unicodedata.normalize("NFC", nonce.strip())
    if bool(rows) == bool(nonce):
        raise ReverseTestError("Name rows by their numbers, or enter a nonce and a size: one way.")
    chosen, selection = (
        _drawn(population, nonce, size) if nonce else (_named(population, rows), {"by": "number"})
    )
    wanted = set(chosen)
    offsets = [row.offset for row in _rows(population) if row.number in wanted]
    test = ReverseTest(
        population=population, direction=ReverseTest.Direction.ACCURACY, offsets=offsets
    )
    digest = sampling.digest_of(chosen)
    said = {"selection": selection, "rows": chosen, "rows_sha256": digest}
    return _keep(test, said, {"rows": len(chosen), "rows_sha256": digest}, by)


def record_source(
    test: ReverseTest, *, results: Sequence[SourceResult], by: User
) -> ReverseEntry | None:
    """Record what the source showed of some rows; what is as it was is passed over.

    Returns None where nothing changed. Raises NotAllowedError, ClosedError, ReverseTestError
    (then nothing is recorded).
    """
    engagement = test.population.engagement
    records.refuse_others(engagement, by, "reverse tests")
    if test.direction != ReverseTest.Direction.ACCURACY:
        raise ReverseTestError(f"{test.ref} looks into the list. It has no rows to take back.")
    listed = cells_of(test)
    with transaction.atomic():
        ledger.lock()
        records.refuse_closed(engagement)
        before = latest_of(test)
        checked = [_checked(test, result, listed) for result in results]
        if len({one["row"] for one in checked}) < len(checked):
            raise ReverseTestError("A row is given twice. Nothing was recorded.")
        changed = [one for one in checked if one != before.get(one["row"])]
        if not changed:
            return None
        entry = ReverseEntry(
            test=test, number=test.entries.count() + 1, made_by=by, made_at=timezone.now()
        )
        ref = f"{test.ref}/E{entry.number}"
        said = {"ref": ref, "test": test.ref, "number": entry.number, "results": changed}
        exceptions = sum(one["outcome"] != AGREES for one in changed)
        body = {"test": test.ref, "results": len(changed), "exceptions": exceptions}
        records.keep(entry, {"format": ENTRY, **said}, kind="reverseentry", subject=ref, body=body)
    return entry


def latest_of(test: ReverseTest) -> dict[int, dict[str, Any]]:
    """Return the word that counts on each row of a test of accuracy."""
    return {
        one["row"]: one
        for entry in sorted(test.entries.all(), key=lambda each: each.number)
        for one in entry.said["results"]
    }


def cells_of(test: ReverseTest) -> dict[int, list[str]]:
    """Return the cells of the chosen rows, by number; ReverseTestError where the table is gone."""
    try:
        cells = joined.cells_at(test.population, test.offsets)
    except PopulationRefusedError as error:
        raise ReverseTestError(str(error)) from error
    return dict(zip(test.said["rows"], cells, strict=True))


def rows_named(text: str) -> list[int]:
    """Read the numbers of rows with commas, spaces or lines between; ReverseTestError."""
    parts = re.split(r"[\s,;]+", text.strip())
    for part in parts:
        if part and not (part.isascii() and part.isdecimal() and len(part) < 16):
            raise ReverseTestError(f"{part[:40]!r} is no number of a row. Write 3, 17, 40.")
    return [int(part) for part in parts if part]


def values_seen(text: str) -> dict[str, str]:
    """Read `column = value`, one a line; ReverseTestError says which line to mend."""
    seen: dict[str, str] = {}
    for place, line in enumerate((one for one in text.splitlines() if one.strip()), 1):
        name, mark, value = line.partition("=")
        if not mark or not name.strip():
            raise ReverseTestError(f"Line {place} is not of the form: column = value seen.")
        if name.strip() in seen:
            raise ReverseTestError(f"Column {name.strip()} is given twice.")
        seen[name.strip()] = value.strip()
    return seen


def _place(population: SealedPopulation, name: str) -> int:
    columns: list[str] = population.said["columns"]
    if not name:
        raise ReverseTestError(
            "The population was sealed without a column of ids. Choose the column to look in."
        )
    if name not in columns:
        raise ReverseTestError(f"The list has no column {name!r}; it has {', '.join(columns)}.")
    return columns.index(name)


def _rows(population: SealedPopulation) -> Iterator[Row]:
    """Yield the rows of the list; ReverseTestError where it is not the one that was sealed."""
    count = 0
    try:
        for row in joined.rows_of(joined.parts_of(population)):
            count += 1
            yield row
    except PopulationRefusedError as error:
        raise ReverseTestError(str(error)) from error
    if count != population.row_count:
        raise ReverseTestError(
            f"The table has {count} rows now, and {population.row_count} were sealed. Ask the "
            "compliance team to compare the store with a backup."
        )


def _named(population: SealedPopulation, rows: Sequence[int]) -> list[int]:
    chosen = sorted(set(rows))
    if len(chosen) > MOST_ROWS:
        raise ReverseTestError(f"These are {len(chosen)} rows; one test has {MOST_ROWS} at most.")
    if chosen[0] < 1 or chosen[-1] > population.row_count:
        raise ReverseTestError(
            f"{population.ref} has rows 1 to {population.row_count}. Name rows of these."
        )
    return chosen


def _drawn(population: SealedPopulation, nonce: str, size: int) -> tuple[list[int], dict[str, Any]]:
    fault = sampling.fault_of(nonce)
    if fault:
        raise ReverseTestError(fault)
    most = min(MOST_ROWS, population.row_count)
    if not 1 <= size <= most:
        raise ReverseTestError(f"Draw 1 to {most} rows of {population.ref}.")
    for one in population.reverse_tests.filter(direction=ReverseTest.Direction.ACCURACY):
        before = one.said["selection"]
        if (before.get("nonce"), before.get("size")) == (nonce, size):
            raise ReverseTestError(f"This would choose the rows of {one.ref} again.")
    seed = seed_of(population, nonce)
    chosen = sampling.draw(seed, method=Method.RANDOM, size=size, count=population.row_count)
    selection = {"by": "nonce", "algorithm": sampling.ALGORITHM, "method": Method.RANDOM.value}
    return chosen, {**selection, "nonce": nonce, "seed": seed, "size": size}


def _listed(hit: Hit) -> dict[str, Any]:
    return {
        "id": hit.noted.id,
        "seen": hit.noted.seen,
        "outcome": hit.outcome.value,
        "count": hit.count,
        "rows": hit.rows,
    }


@transaction.atomic
def _keep(
    test: ReverseTest, said: Mapping[str, Any], counts: Mapping[str, Any], by: User
) -> ReverseTest:
    """Number a test and write it down under the log's lock."""
    ledger.lock()
    population = test.population
    records.refuse_closed(population.engagement)
    test.number = population.reverse_tests.count() + 1
    test.ref = f"{population.ref}/T{test.number}"
    test.made_by, test.made_at = by, timezone.now()
    about = {
        "format": FORMAT,
        "ref": test.ref,
        "population": population.ref,
        "number": test.number,
        "direction": str(test.direction),
        "control": population.control.ref,
        "table_sha256": population.table_sha256,
        "rows_in_table": population.row_count,
    }
    body = {"population": population.ref, "direction": str(test.direction), **counts}
    records.keep(test, {**about, **said}, kind="reversetest", subject=test.ref, body=body)
    return test


def _checked(
    test: ReverseTest, result: SourceResult, listed: Mapping[int, Sequence[str]]
) -> dict[str, Any]:
    """Return one result in good order, with what the list says beside what was seen."""
    at = f"Row {result.row}:"
    if result.row not in listed:
        raise ReverseTestError(f"{at} it was not chosen for {test.ref}. Nothing was recorded.")
    if result.outcome not in OUTCOMES:
        raise ReverseTestError(f"{at} {result.outcome!r} is none of {', '.join(OUTCOMES)}.")
    columns: list[str] = test.population.said["columns"]
    cells = dict(zip(columns, listed[result.row], strict=True))
    try:
        note = written.text(result.note, most=LONGEST_NOTE, what=f"{at} The note")
        seen = {
            name: written.text(value, most=LONGEST_CELL, what=f"{at} The value of {name}")
            for name, value in result.seen.items()
        }
    except ValueError as odd:
        raise ReverseTestError(f"{odd} Nothing was recorded.") from odd
    fault = _fault(result.outcome, seen, note, cells) or _fault_of_evidence(test, result)
    if fault:
        raise ReverseTestError(f"{at} {fault} Nothing was recorded.")
    differs = [{"column": name, "listed": cells[name], "seen": seen[name]} for name in seen]
    return {
        "row": result.row,
        "outcome": result.outcome,
        "differs": differs,
        "note": note,
        "evidence": result.evidence.strip(),
    }


def _fault(outcome: str, seen: Mapping[str, str], note: str, cells: Mapping[str, str]) -> str:
    if outcome != DIFFERS and seen:
        return f"Values are given, and the outcome is {outcome!r}. Choose {DIFFERS!r}."
    if outcome == DIFFERS and not seen:
        return "Say in which columns the source differs, and what it showed."
    if outcome == NOT_THERE and not note:
        return "Say in the note where you looked for it."
    for name, value in seen.items():
        if name not in cells:
            return f"The list has no column {name!r}; it has {', '.join(cells)}."
        if cells[name] == value:
            return f"Column {name} of the list says {value!r} too, so it does not differ."
    return ""


def _fault_of_evidence(test: ReverseTest, result: SourceResult) -> str:
    ref = result.evidence.strip()
    known = access.evidence_for(test.population.engagement)
    if ref and not known.filter(ref=ref).exists():
        return f"{ref!r} is no item of this engagement, such as EV-000123."
    return ""
