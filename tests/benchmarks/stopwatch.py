"""Fair timing: sides take turns, five rounds, medians; and the peak memory of a process."""

import gc
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True)
class Measure:
    """One result: ours beside the limit or peer, their ratio, and what the ratio should be."""

    name: str
    size: str
    ours: float
    unit: str
    against: str
    limit: float
    ratio: float
    aim: str
    peak_memory_mb: int


def take_turns(sides: Sequence[Callable[[], object]], *, rounds: int = ROUNDS) -> list[float]:
    """Return the median seconds of each side; the sides alternate so that drift hits all alike."""
    times: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for place, side in enumerate(sides):
            gc.collect()
            start = time.perf_counter()
            side()
            times[place].append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]


@dataclass(frozen=True)
class Rival:
    """What ours is held against: a peer or a limit, and the ratio that we aim at."""

    name: str
    value: float
    aim: str


def compared(
    name: str,
    size: str,
    ours: tuple[float, str],
    rival: Rival,
    *,
    ratio: float,
    memory_mb: int | None = None,
) -> Measure:
    """Return a measure with three meaningful digits; `ours` is value and unit."""
    value, unit = ours
    return Measure(
        name=name,
        size=size,
        ours=_rounded(value),
        unit=unit,
        against=rival.name,
        limit=_rounded(rival.value),
        ratio=_rounded(ratio),
        aim=rival.aim,
        peak_memory_mb=_peak_memory_mb() if memory_mb is None else memory_mb,
    )


def _peak_memory_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
