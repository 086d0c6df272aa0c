"""Machines are watched, and what customers feel is not."""

from controls.readiness_file import Entry
from readiness.detection import Judgement, checked, decide, lacking, not_judged
from readiness.facts import Facts

_CUSTOMERS = ("service-levels", "uptime-per-day")
_MACHINES = ("monitoring-settings", "alert-rules", "capacity-review")


def judge(entry: Entry, facts: Facts) -> Judgement:
    customers, machines = facts.standings_of(_CUSTOMERS), facts.standings_of(_MACHINES)
    watched = [*customers, *machines]
    if not any(standing.is_in_force(facts.today) for standing in watched):
        return not_judged("no evidence in force shows what is watched at all")
    checks = checked(entry, facts)
    rows = [*lacking(customers, facts), *checks.rows]
    return decide(
        rows,
        found="What is watched tells of machines; whether customers are served, it does not.",
        clear="Uptime and service levels are measured as customers feel them.",
        count=len(rows) - len(checks.rows) + checks.count,
    )
