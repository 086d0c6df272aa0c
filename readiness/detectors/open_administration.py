"""Calls that administer and are guarded no better than any other."""

from controls.readiness_file import Entry
from readiness.detection import Judgement, by_checks
from readiness.facts import Facts


def judge(entry: Entry, facts: Facts) -> Judgement:
    return by_checks(
        entry,
        facts,
        found="Calls that administer are open, or guarded like any other call.",
        clear="Every call that administers is guarded as its list says.",
    )
