"""Nothing in force shows what should be shown: every expectation without it is named."""

from controls.readiness_file import Entry
from readiness.detection import Judgement, absence
from readiness.facts import Facts


def judge(entry: Entry, facts: Facts) -> Judgement:
    return absence(
        entry,
        facts,
        found="Of these expectations no evidence is in force, or its checks found exceptions.",
        clear="Evidence is in force for all of it, and no check found an exception.",
    )
