"""Money is said to add up, and no record in force shows it."""

from controls.readiness_file import Entry
from readiness.detection import Judgement, absence
from readiness.facts import Facts


def judge(entry: Entry, facts: Facts) -> Judgement:
    return absence(
        entry,
        facts,
        found="No record in force shows that money adds up, or differences stay unexplained.",
        clear="Reconciliations are in force, and every difference is explained.",
    )
