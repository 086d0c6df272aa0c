"""No pack was ever finished."""

from controls.readiness_file import Entry
from readiness.detection import Judgement
from readiness.facts import Facts
from readiness.score import Verdict


def judge(_entry: Entry, facts: Facts) -> Judgement:
    if facts.has_pack:
        return Judgement(Verdict.CLEAR, "A pack was built and can be verified offline.")
    return Judgement(Verdict.FOUND, "No pack was finished yet.")
