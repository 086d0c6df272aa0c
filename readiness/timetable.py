"""Lays the steps of the phases out over days, one phase behind the other.

A phase lasts its weeks and begins the day after the one before it ended. Its steps are due at even
distances, the last of them on the last day of the phase.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Stretch:
    """One phase: how many weeks it lasts, and its steps in their order."""

    weeks: int
    steps: Sequence[str]


def laid_out(start: date, phases: Sequence[Stretch]) -> dict[str, date]:
    """Return the day on which each step is due, when the first phase begins on `start`."""
    due: dict[str, date] = {}
    for phase in phases:
        length = 7 * phase.weeks
        for place, step in enumerate(phase.steps, start=1):
            due[step] = start + timedelta(days=length * place // len(phase.steps) - 1)
        start += timedelta(days=length)
    return due
