"""Vendors are known, and nobody drew what the service depends on."""

from controls.readiness_file import Entry
from readiness.detection import Judgement, Row, RowKind, checked, decide, lacking, not_judged
from readiness.facts import Facts

_CRITICAL = "critical"


def judge(entry: Entry, facts: Facts) -> Judgement:
    standings = facts.standings_of(entry.expectations)
    if not facts.vendors and not any(standing.item for standing in standings):
        return not_judged("no vendor is known here: fill the register of vendors")
    checks = checked(entry, facts)
    alone = [
        Row(RowKind.ENTRY, vendor.key, f"{vendor.ref} {vendor.title}", "critical, no alternative")
        for vendor in facts.vendors
        if vendor.text("criticality") == _CRITICAL and not vendor.text("alternative")
    ]
    rows = [*lacking(standings, facts), *alone, *checks.rows]
    return decide(
        rows,
        found="Nothing in force shows what the service depends on and what could stand in.",
        clear="A map of what the service depends on is in force.",
        count=len(rows) - len(checks.rows) + checks.count,
    )
