"""Long reports: a PDF in pieces beside WeasyPrint in one go, and an Excel file beside openpyxl.

A process of its own writes each, so that its peak is its own.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from tests.benchmarks.stopwatch import Measure, Rival, compared

LAUNCHER = Path(__file__).parent / "launch.py"
_ROUNDS = 3


def measure(quick: bool) -> Iterator[Measure]:
    # What one go makes of more pages takes a gigabyte: the peer has fewer, ours both numbers.
    few, many = (300, 600) if quick else (1_500, 10_500)
    _, plain, memory = _run("one_go", few)
    pages, ours, own = _run("pieces", few)
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
    all_pages, seconds, most = _run("pieces", many)
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
    sides = [[_run(what, rows) for _ in range(_ROUNDS)] for what in ("excel", "openpyxl")]
    (ours, own), (plain, memory) = (
        (min(one[1] for one in side), max(one[2] for one in side)) for side in sides
    )
    size = f"{rows:,} rows x {15}"
    yield compared(
        "report as Excel",
        size,
        (rows / ours, "rows/s"),
        Rival("openpyxl write-only", rows / plain, "<= 0.65"),
        ratio=ours / plain,
        memory_mb=own,
    )
    yield compared(
        "memory of a report as Excel",
        size,
        (own, "MB"),
        Rival("openpyxl write-only", memory, "<= 1.5"),
        ratio=own / memory,
        memory_mb=own,
    )


def _run(what: str, rows: int) -> tuple[int, float, int]:
    """Return the pages, the seconds, and the peak memory in MB of all processes that take part."""
    path = Path(settings.VAR_DIR) / f"{what}.out"
    command = [sys.executable, "-m", "tests.benchmarks.write_report", what, str(rows), str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    path.unlink()
    return int(told[-3]), float(told[-2]), int(told[-1])
