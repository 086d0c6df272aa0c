"""No source is connected, or one has never answered whole."""

from controls.readiness_file import Entry
from readiness.detection import Judgement, Row, RowKind, decide
from readiness.facts import Facts
from readiness.score import Verdict


def judge(_entry: Entry, facts: Facts) -> Judgement:
    if not facts.sources:
        return Judgement(Verdict.FOUND, "No source is connected yet.")
    rows = [
        Row(RowKind.SOURCE, str(source.key), source.title, "has never answered whole")
        for source in facts.sources
        if not source.has_answered
    ]
    return decide(
        rows,
        found="Sources are connected that have never answered whole.",
        clear="Every source that is switched on has answered.",
    )
