"""The draft of a bridge letter: what changed and happened since the window of a report ended."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from audits.days import day_of
from audits.models import Engagement
from registers.base import Values
from registers.models import Entry
from reports.errors import AskedError
from reports.kinds import incidents
from reports.written import of_engagement, of_registers, values
from reports.written.document import (
    Column,
    Document,
    Facts,
    Figure,
    Figures,
    Points,
    Section,
    Table,
    Words,
)
from reports.written.registry import Asked, Kind, Need

_LONGEST = 92
"""Days after which a letter can no longer stand in for a report: about three months."""
_LINE = "_" * 48
_CHANGES = ("number", "title", "kind", "system", "deployed_on", "approved_by", "processing_note")
_INCIDENTS = (
    Column("Ticket", 12),
    Column("What happened", 36, wraps=True),
    Column("Severity", 11),
    Column("Noticed", 12),
    Column("Solved", 12),
    Column("Effect", 40, wraps=True),
)
_NOTES = (
    (
        "This is a draft out of the registers of changes and incidents. It becomes a letter when "
        "management has read it, corrected it and signed it."
    ),
    (
        "A bridge letter is the word of management alone: no auditor has tested the days that "
        "it is about, and it cannot replace a report."
    ),
)

_Entries = Sequence[tuple[Entry, Values]]


def build(asked: Asked) -> Document:
    audit = asked.audit
    first, last = audit.window_to + timedelta(days=1), day_of(asked.at)
    if last < first:
        raise AskedError(
            f"The window of {audit.ref} ends on {audit.window_to}: nothing is to be bridged yet."
        )
    changes, happened = _changes(first, last), incidents.within(first, last)
    return Document(
        title="Bridge letter (draft)",
        subtitle=f"From the end of {audit.ref} to {last}",
        sections=[
            Section("To whom it concerns", [Words(each) for each in _letter(audit, first, last)]),
            Section(
                "What we know of these days",
                [Points(_said(changes, happened)), _figures(changes, happened, first, last)],
            ),
            Section("Changes that touch processing", [_changed(changes)]),
            Section("Incidents", [_incidents(happened)]),
            Section("Signature", [Facts([(name, _LINE) for name in ("Name", "Position", "Day")])]),
        ],
        facts=of_engagement.facts(audit),
        period=(first, last),
        as_of=asked.at,
        notes=_NOTES,
    )


def _letter(audit: Engagement, first: date, last: date) -> Iterator[str]:
    firm = audit.firm or "our auditor"
    yield (
        f"The examination of our system by {firm} ({audit.get_type_display()}) is about the days "
        f"from {audit.window_from} to {audit.window_to}. This letter is about the days from "
        f"{first} to {last}."
    )
    yield (
        "As far as the records named below show, the following changed or happened in these days. "
        "We know of nothing else that would affect the conclusions of the report."
    )
    if (last - first).days + 1 > _LONGEST:
        yield (
            f"These are {(last - first).days + 1} days. A letter about more than three months is "
            "rarely accepted; a new report should take its place."
        )


def _changes(first: date, last: date) -> list[tuple[Entry, Values]]:
    return [
        (entry, said)
        for entry, said in of_registers.entries("changes")
        if isinstance(day := said["deployed_on"], date) and first <= day <= last
    ]


def _said(changes: _Entries, happened: _Entries) -> list[str]:
    touching = sum(bool(said["touches_processing"]) for _, said in changes)
    grave = sum(str(said["severity"]) in incidents.GRAVE for _, said in happened)
    return [
        f"{values.counted(len(changes), 'change is', 'changes are')} recorded; of these, "
        f"{values.counted(touching, 'touches', 'touch')} processing."
        if changes
        else "No change is recorded in the register of changes.",
        f"{values.counted(len(happened), 'incident is', 'incidents are')} recorded, {grave:,} of "
        "them critical or high."
        if happened
        else "No incident is recorded in the register of incidents.",
    ]


def _figures(changes: _Entries, happened: _Entries, first: date, last: date) -> Figures:
    return Figures(
        [
            Figure("Days", (last - first).days + 1, "since the window ended"),
            Figure("Changes", len(changes), "deployed in these days"),
            Figure("Incidents", len(happened), "noticed in these days, or still open"),
        ]
    )


def _changed(changes: _Entries) -> Table:
    touching = [one for one in changes if one[1]["touches_processing"]]
    return of_registers.table(
        "changes",
        _CHANGES,
        title="Changes that touch processing",
        empty="No change that touches processing is recorded.",
        rows=lambda: touching,
    )


def _incidents(happened: _Entries) -> Table:
    names = ("number", "title", "severity", "noticed_on", "solved_on", "effect")
    rows = [[said[name] for name in names] for _, said in happened]
    return Table("Incidents", _INCIDENTS, rows, empty="No incident is recorded for these days.")


KIND = Kind(
    title="Bridge letter (draft)",
    sentence="What changed and happened since a window ended, drafted from changes and incidents.",
    build=build,
    needs=(Need.ENGAGEMENT,),
)
