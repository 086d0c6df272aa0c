"""Expected times since the last quarter began that were missed or came late."""

from controls.readiness_file import Entry
from readiness.detection import Judgement, Row, RowKind, decide, not_judged
from readiness.facts import Facts


def judge(_entry: Entry, facts: Facts) -> Judgement:
    if not facts.has_evidence:
        return not_judged("no evidence at all has come into this installation yet")
    rows = []
    for slug, missed in facts.missed(facts.standings).items():
        standing = facts.standings[slug]
        why = ", ".join(f"{count} {state}" for state, count in sorted(missed.counts.items()))
        rows.append(Row(RowKind.EXPECTATION, str(standing.key), standing.title, why))
    return decide(
        rows,
        found="Since the last quarter began, some evidence came late, in part, or not at all.",
        clear="Since the last quarter began, all evidence came in time.",
    )
