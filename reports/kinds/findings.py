"""Findings of an engagement with cause, effect and response, and every corrective action."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from audits import findings
from audits.days import day_of
from audits.finding_entries import records_of
from audits.finding_record import UNSETTLED, Action, Part, Record
from audits.models import Finding
from reports.written import looking_back, of_engagement, of_registers, values
from reports.written.document import (
    Column,
    Document,
    Figure,
    Figures,
    Mark,
    Row,
    Section,
    Table,
    Tone,
    Words,
)
from reports.written.registry import Asked, Kind, Need

_FINDINGS = (
    Column("Finding", 15),
    Column("Control", 9),
    Column("From", 11),
    Column("To", 11),
    Column("What deviated", 34, wraps=True),
    Column("Exceptions", 10, is_number=True),
    Column("Of", 8, is_number=True),
    Column("State", 13),
    Column("Cause", 28, wraps=True),
    Column("Effect", 26, wraps=True),
    Column("Management response", 30, wraps=True),
)
_ACTIONS = (
    Column("Finding", 15),
    Column("Action", 7, is_number=True),
    Column("What is done about it", 46, wraps=True),
    Column("Owner", 24, wraps=True),
    Column("Planned", 11),
    Column("Due", 11),
    Column("State", 12),
    Column("Evidence", 14),
)
_OTHERS = ("title", "cause", "owner", "opened_on", "due_on", "done_on", "proof")
_NOTES = (
    "A finding stays here after it was remedied: what deviated in the window deviated.",
    "Exceptions and what they were counted of are those of the latest observation that counted.",
)


def build(asked: Asked) -> Document:
    found = list(findings.as_known(asked.audit, asked.at).order_by("number"))
    records = records_of((one.pk for one in found), asked.at)
    today = day_of(asked.at)
    return Document(
        title="Findings and corrective actions",
        subtitle=f"{asked.audit.ref} {asked.audit.title}",
        sections=[
            Section("In numbers", [Words(_sentence(found)), Figures(_figures(records, today))]),
            Section("Findings", [_findings(found, records)]),
            Section("Corrective actions of findings", [_actions(found, records, today)]),
            Section("Other corrective actions", [_others(asked)]),
        ],
        facts=of_engagement.facts(asked.audit),
        period=(asked.audit.window_from, asked.audit.window_to),
        as_of=asked.at,
        notes=looking_back.noted(asked, _NOTES),
    )


def _sentence(found: Sequence[Finding]) -> str:
    if not found:
        return "No finding is recorded in this engagement."
    said = values.counted(len(found), "finding is recorded", "findings are recorded")
    return f"{said} in this engagement; settled ones count too."


def _figures(records: Mapping[int, Record], today: date) -> list[Figure]:
    actions = [each for record in records.values() for each in record.actions]
    unsettled = sum(record.state in UNSETTLED for record in records.values())
    return [
        Figure("Findings", len(records), "recorded in this engagement"),
        Figure("Not settled", unsettled, "somebody still has to do something"),
        Figure("Corrective actions", len(actions), "planned in answers to findings"),
        Figure("Open actions", sum(each.is_open for each in actions), "neither done nor withdrawn"),
        Figure(
            "Overdue actions",
            sum(each.is_overdue(today) for each in actions),
            "open after their due day",
        ),
    ]


def _findings(found: Sequence[Finding], records: Mapping[int, Record]) -> Table:
    def rows() -> Iterator[Row]:
        for one in found:
            record = records[one.pk]
            counted = [each for each in record.observations if each.exceptions is not None][-1:]
            latest = counted[0] if counted else None
            yield [
                one.ref,
                one.control_ref,
                one.start,
                one.end,
                one.title,
                latest.exceptions if latest else None,
                latest.population if latest else None,
                of_engagement.finding_mark(record.state),
                *(_said(record, part) for part in (Part.CAUSE, Part.EFFECT, Part.RESPONSE)),
            ]

    return Table("Findings", _FINDINGS, rows, empty="No finding is recorded.")


def _actions(found: Sequence[Finding], records: Mapping[int, Record], today: date) -> Table:
    def rows() -> Iterator[Row]:
        for one in found:
            for action in records[one.pk].actions:
                planned = action.planned
                yield [
                    one.ref,
                    action.number,
                    planned.text,
                    planned.owner,
                    day_of(planned.at),
                    planned.due,
                    _state(action, today),
                    action.ended.evidence if action.ended else None,
                ]

    return Table("Corrective actions", _ACTIONS, rows, empty="No action is planned for a finding.")


def _state(action: Action, today: date) -> Mark:
    if action.is_open:
        return Mark("overdue", Tone.BAD) if action.is_overdue(today) else Mark("open", Tone.WARN)
    return Mark("done", Tone.GOOD) if action.is_done else Mark("withdrawn", Tone.QUIET)


def _others(asked: Asked) -> Table | Words:
    if asked.made_at:
        return Words(
            "The register of corrective actions is kept as it stands now: a report as of an "
            "earlier day leaves it out."
        )
    return of_registers.table(
        "corrective_actions",
        _OTHERS,
        title="Register of actions",
        empty="The register of corrective actions has no entry.",
    )


def _said(record: Record, part: Part) -> str | None:
    current = record.current(part)
    return (current.text or current.value) if current else None


KIND = Kind(
    title="Findings and corrective actions",
    sentence="Every finding with cause, effect and response, and what is done about it until when.",
    build=build,
    needs=(Need.ENGAGEMENT,),
    goes_back=True,
)
