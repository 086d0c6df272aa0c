"""A collected list from the first question to its leaf, beside plain paging of the same server.

Ours is a whole run of a shipped collector against a processor on the loopback: all pages, canonical
table, screening, encryption, record and leaf. It runs in a process of its own, whose peak is told
with Django and all rooms in it. The peer asks for the same pages with bare httpx2, decodes them and
counts.
"""

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import httpx2

from collectors import connections, planning
from collectors.connections import Wishes
from collectors.models import Run, Source
from collectors.period import Period
from collectors.run import perform
from controls.cadence import Cadence
from tests.benchmarks.stopwatch import Measure, Rival, compared

SIZES = ((10_000, 5), (1_000_000, 1))
"""Rows, and rounds: the larger one takes minutes for each."""
MOST_MB = 200


def measure(quick: bool) -> Iterator[Measure]:
    month = planning.closed_windows(Cadence.MONTHLY, datetime.now(UTC).date())[-1]
    for size, rounds in SIZES[:1] if quick else SIZES:
        with _processor(size, month) as address:
            source = _source(address, f"bench-{size}")
            taken = [
                (*_collect(source, month, size, turn), _page(address, size))
                for turn in range(rounds)
            ]
        ours, peak, bare = (statistics.median(each) for each in zip(*taken, strict=True))
        rows = f"{size:,} rows"
        yield compared(
            "a collected list, question to leaf",
            rows,
            (size / ours, "rows/s"),
            Rival("bare paging by httpx2", size / bare, "told"),
            ratio=bare / ours,
            memory_mb=int(peak),
        )
        yield compared(
            "a collected list, memory of the process",
            rows,
            (peak, "MB"),
            Rival("limit", MOST_MB, "<= 1"),
            ratio=peak / MOST_MB,
            memory_mb=int(peak),
        )


@contextmanager
def _processor(rows: int, month: Period) -> Iterator[str]:
    """Serve so many transfers from a process of their own, which ends with the block."""
    command = [sys.executable, "-m", "tests.benchmarks.pages_server", str(rows), str(month.start)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.communicate(timeout=30)


def _source(address: str, slug: str) -> Source:
    values = {"url": address, "user": "USlindgren", "password": "a-password-of-ours"}
    wishes = Wishes(title="Transfers", values=values)
    return connections.connect("finix_transfers", slug=slug, wishes=wishes, by="user:1")


def _collect(source: Source, month: Period, size: int, turn: int) -> tuple[float, float]:
    """Return the seconds of one run and the peak megabytes of its process."""
    asked = [source.slug, month.start.isoformat(), month.end.isoformat(), str(turn)]
    command = [sys.executable, "-m", "tests.benchmarks.collected", *asked]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    rows, seconds, peak = told.split()
    assert int(rows) == size
    return float(seconds), float(peak)


def alone(slug: str, first: str, last: str, turn: str) -> None:
    """Perform a run and print its rows, its seconds and the peak megabytes of this process."""
    source = Source.objects.get(slug=slug)
    period = Period(date.fromisoformat(first), date.fromisoformat(last))
    start = time.perf_counter()
    run = perform(source, period=period, key=f"{slug}-{turn}")
    seconds = time.perf_counter() - start
    if run.state != Run.State.COMPLETE:
        raise SystemExit(run.reason)
    sys.stdout.write(f"{run.rows} {seconds} {_peak_megabytes()}\n")


def _peak_megabytes() -> int:
    """Return the peak of this program; getrusage tells that of its larger parent too."""
    status = Path("/proc/self/status").read_text("utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) // 1024


def _page(address: str, size: int) -> float:
    start = time.perf_counter()
    seen, asked = 0, {"limit": "100"}
    with httpx2.Client(base_url=address, trust_env=False) as client:
        while True:
            told = client.get("/transfers", params=asked).raise_for_status().json()
            seen += len(told["_embedded"]["transfers"])
            if told["page"]["next_cursor"] is None:
                break
            asked["after_cursor"] = told["page"]["next_cursor"]
    assert seen == size
    return time.perf_counter() - start
