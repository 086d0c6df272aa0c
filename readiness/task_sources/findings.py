"""Findings: responses and corrective actions that are open, and what waits for its retest."""

from collections.abc import Iterator
from datetime import date, timedelta

from audits import days
from audits.finding_entries import records_of
from audits.finding_record import EntryKind, Record, State, obstacle_to_retesting
from audits.models import Finding
from readiness.task import Asked, Task

WORDS = "Findings"
IS_KEPT = True
RESPONSE_ALLOWED = timedelta(days=14)
RETEST_ALLOWED = timedelta(days=30)
"""How long an answer to a finding, and the retest of what was done about it, may take."""
_ENDED = (State.CLOSED, State.RISK_ACCEPTED)
_LEAD = "compliance-lead"


def tasks(_asked: Asked) -> Iterator[Task]:
    found = Finding.objects.filter(engagement__closed_at=None).exclude(standing__state__in=_ENDED)
    findings = list(found.order_by("pk"))
    records = records_of(finding.pk for finding in findings)
    for finding in findings:
        yield from _of(finding, records[finding.pk])


def _of(finding: Finding, record: Record) -> Iterator[Task]:
    for action in record.open_actions:
        planned = action.planned
        yield Task(
            source="findings",
            key=f"{finding.pk:012d}.action.{action.number}",
            name=finding.ref,
            title=finding.title,
            due=planned.due,
            weight=4,
            page="audits_finding_change",
            args=(finding.pk,),
            note=f"Corrective action {action.number} of this finding is open.",
            named=planned.owner.strip(),
            owner=planned.owner,
        )
    opened = [one for one in record.entries if one.kind in {EntryKind.OPENED, EntryKind.REOPENED}]
    if record.state in {State.OPEN, State.REOPENED}:
        due = days.day_of(opened[-1].at) + RESPONSE_ALLOWED
        yield _by_lead(finding, "response", due, "It waits for a response.")
    elif record.state is not State.RETESTED and not obstacle_to_retesting(record):
        done = max(one.ended.at for one in record.actions if one.ended and one.is_done)
        due = days.day_of(done) + RETEST_ALLOWED
        yield _by_lead(finding, "retest", due, "All is done about it; now it wants a retest.")
    elif record.state is State.RETESTED:
        due = days.day_of(record.entries[-1].at) + RETEST_ALLOWED
        yield _by_lead(finding, "closing", due, "The retest passed; it can be closed.")


def _by_lead(finding: Finding, deed: str, due: date, note: str) -> Task:
    return Task(
        source="findings",
        key=f"{finding.pk:012d}.{deed}",
        name=finding.ref,
        title=finding.title,
        due=due,
        weight=5 if deed == "response" else 3,
        page="audits_finding_change",
        args=(finding.pk,),
        note=note,
        role=_LEAD,
        owner="Compliance lead",
    )
