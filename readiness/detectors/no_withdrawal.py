"""There is no tried way to stop a token: neither procedure nor record of stopping one."""

from controls.readiness_file import Entry
from readiness.detection import Judgement, absence
from readiness.facts import Facts


def judge(entry: Entry, facts: Facts) -> Judgement:
    return absence(
        entry,
        facts,
        found="Nothing in force shows that a token can be stopped in time.",
        clear="A procedure is in force, and tokens were stopped in time.",
    )
