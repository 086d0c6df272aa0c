"""The queue of breaks as a table: what somebody asks for, row by row, amounts in minor units."""

from collections.abc import Iterator
from datetime import date

from registers.base import Value
from registers.models import Break
from registers.reconciling import queue
from registers.reconciling.aging import days_of
from registers.reconciling.queue import Choice

HEADER = (
    "Break",
    "Reconciliation",
    "Comparison",
    "Reason",
    "About",
    "Currency",
    "Amount (minor units)",
    "Found on",
    "Due on",
    "Closed on",
    "Days old",
    "Who looks",
    "State",
    "Owner",
    "Cause",
    "Ticket",
    "Proposal",
    "How it is closed",
    "Proposed by",
    "Left items",
    "Left ids",
    "Right items",
    "Right ids",
)
_BATCH = 2000


def rows(choice: Choice, *, today: date) -> Iterator[list[Value]]:
    """Yield the breaks of a choice in the order of the queue, read in batches."""
    found = queue.breaks(choice, today=today).select_related("proposed_by")
    for each in found.iterator(_BATCH):
        yield _row(each, today)


def _row(each: Break, today: date) -> list[Value]:
    level = queue.level(each, today).name.lower() if each.is_open else ""
    return [
        each.ref,
        each.reconciliation.ref,
        each.comparison,
        each.reason,
        each.label,
        each.currency,
        each.amount,
        each.opened_on,
        each.due_on,
        each.closed_on,
        days_of(each.aged_from, each.closed_on or today),
        level,
        each.get_state_display(),
        each.owner.email if each.owner else "",
        each.cause,
        each.ticket,
        each.proposal,
        each.resolution,
        each.proposed_by.email if each.proposed_by else "",
        *_sides(each),
    ]


def _sides(each: Break) -> list[Value]:
    told: list[Value] = []
    for side in ("left", "right"):
        part = each.facts.get(side, {})
        told += [part.get("count"), part.get("ids", "")]
    return told
