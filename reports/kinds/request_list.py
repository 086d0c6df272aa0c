"""Audit request list: what the auditor asked for, who owes it, and what was answered."""

from collections.abc import Iterator, Sequence
from datetime import date

from audits import request_list, request_rows
from audits.days import day_of
from audits.models import EvidenceRequest
from audits.request_rows import Row as Asking
from reports.written import of_engagement
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

_REQUESTS = (
    Column("No.", 6, is_number=True),
    Column("Request", 28, wraps=True),
    Column("In full", 32, wraps=True),
    Column("Controls", 12, wraps=True),
    Column("Due", 11),
    Column("Owner", 18, wraps=True),
    Column("State", 12),
    Column("Evidence", 60, wraps=True),
    Column("Last comment", 32, wraps=True),
)
_STATES = EvidenceRequest.State
_TONES = {
    _STATES.ACCEPTED: Tone.GOOD,
    _STATES.RETURNED: Tone.BAD,
    _STATES.WITHDRAWN: Tone.QUIET,
}
_NOTES = (
    "A request is overdue when its day is over and it still waits for an answer of ours.",
    "The sheet that auditors can fill in and send back is handed out on the page Requests.",
)


def build(asked: Asked) -> Document:
    audit, today = asked.audit, day_of(asked.at)
    found = request_rows.all_of(audit)
    late = [one for one in found if _is_late(one, today)]
    return Document(
        title="Audit request list",
        subtitle=f"{audit.ref} {audit.title}",
        sections=[
            Section("In numbers", [Words(_sentence(found)), Figures(_figures(found, late))]),
            Section("Overdue", [_table("Overdue", late, "No request is overdue.")]),
            Section("Requests", [_table("Requests", found, "No request was made yet.")]),
        ],
        facts=of_engagement.facts(audit),
        period=(audit.window_from, audit.window_to),
        as_of=asked.at,
        notes=_NOTES,
    )


def _is_late(one: Asking, today: date) -> bool:
    due = one.request.due
    return one.is_waiting_for_staff and due is not None and due < today


def _sentence(found: Sequence[Asking]) -> str:
    if not found:
        return "The auditor has made no request in this engagement yet."
    waiting = sum(one.is_waiting_for_staff for one in found)
    return f"{len(found):,} requests were made; {waiting:,} of them wait for an answer of ours."


def _figures(found: Sequence[Asking], late: Sequence[Asking]) -> list[Figure]:
    states = [
        Figure(str(state.label).capitalize(), sum(one.state == state for one in found), "requests")
        for state in _STATES
    ]
    return [*states, Figure("Overdue", len(late), "of those that wait for an answer of ours")]


def _table(name: str, found: Sequence[Asking], empty: str) -> Table:
    def rows() -> Iterator[Row]:
        for one in found:
            request, comment = one.request, one.last_comment
            yield [
                request.number,
                request.title,
                request.text,
                request.refs,
                request.due,
                request_list.owner_words(request),
                Mark(str(one.state.label), _TONES.get(one.state, Tone.WARN)),
                "\n".join(f"{item.evidence.ref} {item.evidence.title}" for item in one.answers),
                f"{comment.by}: {comment.text}" if comment else None,
            ]

    return Table(name, _REQUESTS, rows, empty=empty)


KIND = Kind(
    title="Audit request list",
    sentence="What the auditor asked for, who owes it by when, and what was answered.",
    build=build,
    needs=(Need.ENGAGEMENT,),
)
