"""Proof lies elsewhere: yes is said with nothing here, or items come long after the fact."""

from collections.abc import Iterator
from datetime import timedelta

from controls.readiness_file import Entry
from readiness.detection import Judgement, Row, RowKind, checked, decide, not_judged
from readiness.facts import Facts

_LATE = timedelta(days=30)


def judge(entry: Entry, facts: Facts) -> Judgement:
    if not facts.has_evidence and not facts.answers:
        return not_judged("no evidence has come in yet, and no question is answered")
    checks = checked(entry, facts)
    rows = [*_elsewhere(facts), *checks.rows]
    return decide(
        rows,
        found="Proof lies outside of this workspace, or did for long.",
        clear="What is said is shown by evidence that came in soon after it was collected.",
        count=len(rows) - len(checks.rows) + checks.count,
    )


def _elsewhere(facts: Facts) -> Iterator[Row]:
    for answer in facts.mere_claims:
        yield Row(RowKind.QUESTION, answer.question, answer.question, "yes, with nothing to show")
    for item in facts.items:
        if item.received_at - item.collected_at > _LATE:
            days = (item.received_at - item.collected_at).days
            why = f"came in {days} days after it was collected"
            yield Row(RowKind.EVIDENCE, str(item.key), f"{item.ref} {item.title}", why)
