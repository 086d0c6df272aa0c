"""There is evidence of security, and none that payments are processed right."""

from controls.readiness_file import Entry
from readiness.detection import Judgement, Row, decide, lacking, not_judged
from readiness.facts import Facts


def judge(entry: Entry, facts: Facts) -> Judgement:
    standings = facts.standings_of(entry.expectations)
    if not standings:
        return not_judged("the catalogue that is loaded asks for nothing about processing")
    if not facts.has_evidence:
        return not_judged("no evidence at all has come into this installation yet")
    absent: list[Row] = list(lacking(standings, facts))
    return decide(
        absent if len(absent) == len(standings) else [],
        found="Evidence has come in, and none of it shows that payments are processed right.",
        clear="There is evidence in force about how payments are processed.",
    )
