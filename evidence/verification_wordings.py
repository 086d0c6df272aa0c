"""The step of a check that holds each wording of a control to the leaf that recorded it.

A wording is written on a lower floor, which names no leaf in its row; so the leaves of this kind
are walked, and each finds its row by control and number.
"""

import json
from collections.abc import Mapping
from typing import Any

from controls.catalogue_rows import digest
from controls.models import ControlVersion
from evidence.models import LedgerEntry

KIND = "control_version"
WORDINGS = 500

Found = tuple[list[tuple[str, str]], int, str]


def look(cursor: str, size: int) -> Found:
    """Return what differs (subject and sentence), how many were looked at, where to go on."""
    leaves = list(
        LedgerEntry.objects.filter(kind=KIND, index__gt=int(cursor or -1), index__lt=size).order_by(
            "index"
        )[:WORDINGS]
    )
    refs = {leaf.subject for leaf in leaves}
    rows = {
        (row.control.ref, row.number): row
        for row in ControlVersion.objects.filter(control__ref__in=refs).select_related("control")
    }
    differing = [
        (f"leaf {leaf.index} ({leaf.subject})", sentence)
        for leaf in leaves
        if (sentence := _difference(leaf, rows))
    ]
    following = str(leaves[-1].index) if len(leaves) == WORDINGS else ""
    return differing, len(leaves), following


def count(size: int) -> int:
    """Return how many wordings the first leaves of the log record."""
    return LedgerEntry.objects.filter(kind=KIND, index__lt=size).count()


def _difference(leaf: LedgerEntry, rows: Mapping[tuple[str, int], ControlVersion]) -> str:
    try:
        body: Mapping[str, Any] = json.loads(leaf.leaf)["body"]
        row = rows.get((leaf.subject, body["number"]))
        told = body["sha256"]
    except (ValueError, KeyError, TypeError):
        # The leaves are checked by themselves; what this one says, nobody can know.
        return ""
    if row is None:
        return "The leaf tells about a wording of the control, which is gone."
    says = {
        "control": row.control.ref,
        "number": row.number,
        "statement": row.statement,
        "effective_from": row.effective_from.isoformat(),
    }
    if told != digest(says) or told != row.digest:
        return "The wording of the control is no longer the one that its leaf recorded."
    return ""
