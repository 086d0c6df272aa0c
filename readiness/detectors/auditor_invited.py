"""No auditor has access to an engagement."""

from controls.readiness_file import Entry
from readiness.detection import Judgement
from readiness.facts import Facts
from readiness.score import Verdict


def judge(_entry: Entry, facts: Facts) -> Judgement:
    if facts.has_auditor:
        return Judgement(Verdict.CLEAR, "An auditor has access to an engagement.")
    return Judgement(Verdict.FOUND, "No auditor has access to an engagement today.")
