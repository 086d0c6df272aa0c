"""Long reports: a PDF in pieces beside WeasyPrint in one go, and an Excel file beside openpyxl.

A process of its own writes each, so that its peak is its own.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from django.conf import settings

from tests.benchmarks.stopwatch import Measure, Rival, compared

LAUNCHER = Path(__file__).parent / "launch.py"
_ROUNDS = 3
_MOST_MB = 60
"""So much memory a workbook may take beyond what the program has when all is loaded."""


def measure(quick: bool) -> Iterator[Measure]:
    # What one go makes of more pages takes a gigabyte: the peer has fewer, ours both numbers.
    few, many = (300, 600) if quick else (1_500, 10_500)
    _, plain, memory, _ = _run("one_go", few)
    pages, ours, own, _ = _run("pieces", few)
    yield compared(
        "report as PDF",
        f"{pages:,} pages",
        (pages / ours, "pages/s"),
        Rival("WeasyPrint in one go", pages / plain, ">= 1"),
        ratio=plain / ours,
        memory_mb=own,
    )
    yield compared(
        "memory of a report as PDF",
        f"{pages:,} pages",
        (own, "MB"),
        Rival("WeasyPrint in one go", memory, "<= 0.6"),
        ratio=own / memory,
        memory_mb=own,
    )
    all_pages, seconds, most, _ = _run("pieces", many)
    yield compared(
        "long report as PDF",
        f"{all_pages:,} pages",
        (all_pages / seconds, "pages/s"),
        Rival("the shorter one", pages / ours, ">= 0.8"),
        ratio=(all_pages / seconds) / (pages / ours),
        memory_mb=most,
    )
    yield from _excel(2_000 if quick else 200_000)


def _excel(rows: int) -> Iterator[Measure]:
    ours, theirs = [], []
    for _ in range(_ROUNDS):
        ours.append(_run("excel", rows))
        theirs.append(_run("openpyxl", rows))
    seconds, plain = (median(each[1] for each in side) for side in (ours, theirs))
    peak = max(each[2] for each in ours)
    added = max(each[2] - each[3] for each in ours)
    size = f"{rows:,} rows x {15}"
    yield compared(
        "report as Excel",
        size,
        (rows / seconds, "rows/s"),
        Rival("openpyxl write-only", rows / plain, "<= 0.65"),
        ratio=seconds / plain,
        memory_mb=peak,
    )
    yield compared(
        "memory that writing a report as Excel adds",
        size,
        (added, "MB"),
        Rival("the limit", _MOST_MB, "<= 1"),
        ratio=added / _MOST_MB,
        memory_mb=peak,
    )


def _run(what: str, rows: int) -> tuple[int, float, int, int]:
    """Return pages, seconds, the peak in MB of all that take part, and what it was at the start."""
    path = Path(settings.VAR_DIR) / f"{what}.out"
    command = [sys.executable, "-m", "tests.benchmarks.write_report", what, str(rows), str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    path.unlink()
    return int(told[-4]), float(told[-3]), int(told[-2]), int(told[-1])
