"""The findings that are bound to what a page of either door shows, with their marks at a moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from audits.finding_record import State
from audits.models import Finding

MOST = 50


@dataclass(frozen=True)
class Bound:
    """Some findings, each with its door's mark and its label; whether there are more of them."""

    rows: list[tuple[Any, str, str]]
    has_more: bool


def shown(rows: QuerySet[Finding], *, marks: Mapping[State, str]) -> Bound:
    """Return the newest findings of rows that `as_known` annotated; one query."""
    found: list[Any] = list(rows[: MOST + 1])
    states = [State(one.was) for one in found[:MOST]]
    marked = [(one, marks[state], state.label) for one, state in zip(found, states, strict=False)]
    return Bound(marked, len(found) > MOST)
