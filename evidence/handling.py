"""What became of an export before it was handed in, and what was seen when it was taken.

AT-C 205.36 asks for accuracy and completeness of what an entity produces; whoever exports by hand
cannot show a query that a program ran, so their words stand in for it. Rules:

1. Steps are in the order in which they were done. Each says what was done, in words.
2. Rows before and after a step are given both or neither. The rows after one step are the rows
   before the next that counts, and the rows after the last are those of the table handed in.
3. Sorting and conversion keep the number of rows, masking too; filtering never adds any.
4. Filtering and masking need a reason: they take something away from who reads it.
5. SHA-256 of the file as it was before a step is given in hex, or not at all.
6. An observation says who ran the export and where. A number of rows that was seen on the screen
   is the number before the first step that counts, or that of the table.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, BinaryIO

MOST_STEPS = 12
LONGEST_WORDS, LONGEST_NAME = 1_000, 300
MOST_ROWS = 10**12
_COUNTS = re.compile(r"([0-9]{1,12})\s*(?:->|to|\u2192)\s*([0-9]{1,12})")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LONGEST_LINE = 1_000_000
_SEEN = (
    ("ran_by", "run by"),
    ("where", "at"),
    ("filters", "filters"),
    ("rows_seen", "rows seen"),
    ("clock_seen", "clock"),
)
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".bmp", ".tif", ".tiff")
_EXPORTS = frozenset({"population_export", "config_export", "log_extract", "access_log"})


class Did(StrEnum):
    """What a step after the export did."""

    SORTED = "sorted"
    FILTERED = "filtered"
    MASKED = "masked"
    CONVERTED = "converted"
    OTHER = "other"


_KNOWN = frozenset(one.value for one in Did)
_KEEPS_ROWS = frozenset({Did.SORTED, Did.MASKED, Did.CONVERTED})
_TAKES_AWAY = frozenset({Did.FILTERED, Did.MASKED})


@dataclass(frozen=True)
class Step:
    """One step after the export."""

    did: str
    words: str
    rows_before: int | None = None
    rows_after: int | None = None
    reason: str = ""
    sha256_before: str = ""


@dataclass(frozen=True)
class Observation:
    """What a person saw when they took an export or a picture by hand."""

    ran_by: str
    where: str
    filters: str = ""
    rows_seen: int | None = None
    clock_seen: str = ""


@dataclass(frozen=True)
class Handling:
    """How an item was taken and what was done to it after that."""

    steps: tuple[Step, ...] = ()
    observation: Observation | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON values; nothing is left out, so that it reads the same."""
        return {
            "steps": [asdict(step) for step in self.steps],
            "observation": asdict(self.observation) if self.observation else None,
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Handling":
        """Read what `to_json` wrote."""
        seen = said.get("observation")
        steps = tuple(Step(**step) for step in said.get("steps", ()))
        return cls(steps, Observation(**seen) if seen else None)

    def __bool__(self) -> bool:
        return bool(self.steps or self.observation)


def fault_of(handling: Handling, *, rows: int | None) -> str:
    """Say what is wrong with a handling of a table of so many rows (None: no table); or nothing."""
    if len(handling.steps) > MOST_STEPS:
        return f"These are {len(handling.steps)} steps; {MOST_STEPS} at most are kept."
    for place, step in enumerate(handling.steps, 1):
        fault = _fault_of_step(step)
        if fault:
            return f"Step {place}: {fault}"
    fault = _fault_of_observation(handling.observation) if handling.observation else ""
    return fault or _fault_of_chain(handling, rows)


def steps_typed(text: str) -> tuple[Step, ...]:
    """Read steps as people type them, one a line: `filtered | words | 120 -> 90 | reason`.

    Counts and reason may be left out. ValueError says which line to mend.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    return tuple(_step_typed(line, place) for place, line in enumerate(lines, 1))


def is_by_hand(filename: str, evidence_type: str) -> bool:
    """Say whether a person's file is a picture or an export, of which a program ran no query."""
    return filename.lower().endswith(_PICTURES) or evidence_type in _EXPORTS


def _step_typed(line: str, place: int) -> Step:
    did, *rest = (part.strip() for part in line.split("|"))
    counts = [_COUNTS.fullmatch(part) for part in rest[1:2]]
    found = next((one for one in counts if one), None)
    reasons = rest[2:] if found else rest[1:]
    if not rest or len(reasons) > 1:
        raise ValueError(
            f"Step {place} is not of the form: filtered | what was done | 120 -> 90 | why."
        )
    before, after = (int(found[1]), int(found[2])) if found else (None, None)
    return Step(did.lower(), rest[0], before, after, reasons[0] if reasons else "")


def rows_of_csv(source: BinaryIO) -> int | None:
    """Return the rows under the header of a CSV file; None for what is not read as one."""
    start = source.tell()
    try:
        return max(0, sum(1 for cells in csv.reader(_lines(source)) if cells) - 1)
    except (csv.Error, UnicodeDecodeError):
        return None
    finally:
        source.seek(start)


def _lines(source: BinaryIO) -> Iterator[str]:
    """Yield the lines of a file, none of them longer than a table of ours has."""
    encoding = "utf-8-sig"
    while line := source.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise csv.Error
        yield line.decode(encoding)
        encoding = "utf-8"


def counted(steps: Iterable[Step]) -> list[tuple[int, int, int]]:
    """Return the place, the rows before and the rows after of each step that counts rows."""
    return [
        (place, step.rows_before, step.rows_after)
        for place, step in enumerate(steps, 1)
        if step.rows_before is not None and step.rows_after is not None
    ]


def taken_away(said: Mapping[str, Any] | None) -> str:
    """Say in a few words what was filtered or masked of an item; nothing where nothing was."""
    found = []
    for step in said["steps"] if said else ():
        if step["did"] not in _TAKES_AWAY:
            continue
        before, after = step["rows_before"], step["rows_after"]
        lost = f" ({before} rows, then {after})" if before is not None else ""
        found.append(f"{step['did']}{lost}")
    return ", ".join(found)


def told(said: Mapping[str, Any] | None) -> tuple[str, str]:
    """Return the observation and the steps of an item as a list has them: a line each."""
    if not said:
        return "", ""
    seen = said["observation"] or {}
    said_of = ((label, seen.get(name)) for name, label in _SEEN)
    observed = [f"{label} {value}" for label, value in said_of if value not in {None, ""}]
    return "; ".join(observed), "\n".join(
        _step_told(place, step) for place, step in enumerate(said["steps"], 1)
    )


def _step_told(place: int, step: Mapping[str, Any]) -> str:
    rows = f" ({step['rows_before']} to {step['rows_after']} rows)"
    parts = [f"{place} {step['did']}: {step['words']}"]
    parts += [rows.strip()] if step["rows_before"] is not None else []
    parts += [f"because {step['reason']}"] if step["reason"] else []
    parts += [f"before: {step['sha256_before']}"] if step["sha256_before"] else []
    return ", ".join(parts)


def _fault_of_step(step: Step) -> str:
    if step.did not in _KNOWN:
        return f"{step.did!r} is none of {', '.join(Did)}."
    if not step.words.strip():
        return "say in words what was done, such as sorted by date."
    fault = _fault_of_text(step.words, LONGEST_WORDS) or _fault_of_text(step.reason, LONGEST_WORDS)
    if fault:
        return fault
    if step.did in _TAKES_AWAY and not step.reason.strip():
        return f"say why something was {step.did}: auditors ask what was taken away."
    if step.sha256_before and not _DIGEST.fullmatch(step.sha256_before):
        return "a SHA-256 has 64 hex digits in lower case."
    return _fault_of_counts(step)


def _fault_of_counts(step: Step) -> str:
    before, after = step.rows_before, step.rows_after
    if (before is None) != (after is None):
        return "give the rows before and after, or neither."
    if before is None or after is None:
        return ""
    if not (0 <= before <= MOST_ROWS and 0 <= after <= MOST_ROWS):
        return "a number of rows is 0 or more."
    if step.did in _KEEPS_ROWS and before != after:
        return f"{before} rows were {step.did} and {after} came out. Enter what took the others."
    if step.did == Did.FILTERED and after > before:
        return f"a filter made {after} rows of {before}. Correct the numbers."
    return ""


def _fault_of_observation(seen: Observation) -> str:
    if not seen.ran_by.strip():
        return "Say who ran the export or took the picture."
    if not seen.where.strip():
        return "Say where it was run or taken: the address of the page, or the screen."
    if seen.rows_seen is not None and not 0 <= seen.rows_seen <= MOST_ROWS:
        return "The number of rows that was seen is 0 or more."
    short = (seen.ran_by, seen.where, seen.clock_seen)
    faults = [_fault_of_text(text, LONGEST_NAME) for text in short]
    return next(filter(None, [*faults, _fault_of_text(seen.filters, LONGEST_WORDS)]), "")


def _fault_of_chain(handling: Handling, rows: int | None) -> str:
    """Follow the number of rows from the screen through every step to the table."""
    seen = handling.observation.rows_seen if handling.observation else None
    known, told = seen, "were seen at the export"
    for place, before, after in counted(handling.steps):
        if known is not None and before != known:
            return (
                f"Step {place} begins with {before} rows, and {known} {told}. Enter the step that "
                "explains the difference, or correct the number."
            )
        known, told = after, f"came out of step {place}"
    if rows is not None and known is not None and known != rows:
        return (
            f"The table has {rows} rows, and {known} {told}. Enter the step that explains the "
            "difference, or correct the number."
        )
    return ""


def _fault_of_text(text: str, most: int) -> str:
    if len(text) > most:
        return f"the words have more than {most:,} characters. Shorten them."
    return "the words have invisible characters. Type them anew." if _UNFIT.search(text) else ""
