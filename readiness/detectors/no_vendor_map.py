"""Vendors are known, and nobody drew what the service depends on."""

from collections.abc import Iterator, Sequence
from datetime import date

from controls.readiness_file import Entry
from readiness.detection import (
    Judgement,
    checked,
    decide,
    lacking,
    not_judged,
    shown_by,
    vendors,
)
from readiness.facts import Facts, Kept

_CRITICAL = "critical"


def judge(entry: Entry, facts: Facts) -> Judgement:
    standings = facts.standings_of(entry.expectations)
    shown = shown_by(vendors, _alone, facts)
    if not shown.entries and not any(standing.item for standing in standings):
        return not_judged("no vendor is known here: fill the register of vendors")
    checks = checked(entry, facts)
    absent = list(lacking(standings, facts))
    rows = [*absent, *shown.rows, *checks.rows]
    return decide(
        rows,
        found="Nothing in force shows what the service depends on and what could stand in.",
        clear="A map of what the service depends on is in force.",
        count=len(absent) + shown.count + checks.count,
    )


def _alone(kept: Sequence[Kept], _today: date) -> Iterator[tuple[Kept, str]]:
    for vendor in kept:
        if vendor.text("criticality") == _CRITICAL and not vendor.text("alternative"):
            yield vendor, "critical, no alternative"
