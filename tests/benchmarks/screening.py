"""Screening: how many planted card numbers it finds, how often it errs, and what it costs.

The files are made from a seed (tests/evidence/screening/planting.py), so anybody gets the same.
"""

import secrets
from collections.abc import Callable, Iterator
from hashlib import sha256
from io import BytesIO

from evidence.screening import Sort, scan
from tests.benchmarks.stopwatch import Measure, Rival, compared, take_turns
from tests.evidence.screening import planting

SEED = 20261121
ITEM = 100_000
_ROUND = 20


def measure(quick: bool) -> Iterator[Measure]:
    yield from _detection(len(planting.FORMS) * (10 if quick else 200))
    yield from _false_alarms(2 if quick else 30)
    for name, content in _contents().items():
        ours, bare = take_turns([_screened(content), _hashed(content)])
        size = _ROUND * len(content) / 1e6
        # An item is hashed in any case; at 25 times that it is screened in 2 ms.
        yield compared(
            f"screening of {name}",
            f"{ITEM:,} bytes",
            (size / ours, "MB/s"),
            Rival("SHA-256", size / bare, ">= 0.04"),
            ratio=bare / ours,
        )


def _detection(count: int) -> Iterator[Measure]:
    found = sum(
        any(one.sort == Sort.CARD for one in scan(BytesIO(each.content)))
        for each in planting.planted(SEED, count)
    )
    rate = 100 * found / count
    size = f"{count:,} files, {len(planting.FORMS)} forms"
    rival = Rival("planted", 100.0, ">= 0.995")
    yield compared("card numbers found", size, (rate, "%"), rival, ratio=found / count)


def _false_alarms(megabytes: int) -> Iterator[Measure]:
    """Look at the logs in pieces: one look stops after twenty findings."""
    alarms = 0
    for part in range(megabytes):
        alarms += len(scan(BytesIO(planting.ordinary(SEED + part, 1_000_000))))
    rate = alarms * 10 / megabytes
    rival = Rival("allowed in 10 MB", 1.0, "<= 1")
    yield compared("false alarms", f"{megabytes} MB of logs", (rate, "/10 MB"), rival, ratio=rate)


def _contents() -> dict[str, bytes]:
    words = b"The quick brown fox jumps over the lazy dog, and nobody paid for it.\n"
    table = "".join(f"2026-10-{n % 28 + 1:02},ok,{n * 37 % 10000}\n" for n in range(5000))
    return {
        "random bytes": secrets.token_bytes(ITEM),
        "prose": (words * 2000)[:ITEM],
        "a table": f"day,result,count\n{table}".encode()[:ITEM],
        "hex": secrets.token_hex(ITEM // 2).encode(),
    }


def _screened(content: bytes) -> Callable[[], object]:
    return lambda: [scan(BytesIO(content)) for _ in range(_ROUND)]


def _hashed(content: bytes) -> Callable[[], object]:
    return lambda: [sha256(content).digest() for _ in range(_ROUND)]
