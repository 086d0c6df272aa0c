"""What reports of reconciliations share: which is meant, and the tables of its signed papers."""

import re
from collections.abc import Iterable, Mapping, Sequence

from registers.models import Reconciliation
from reports.errors import AskedError
from reports.pack.workbook import Cell
from reports.written.document import Column, Section, Table

_NUMBERS = re.compile(
    "amount|count|items|breaks|^run$|age$|days old|so far|written off|left$", re.IGNORECASE
)
_WRAPPED = 20

Tables = Mapping[str, tuple[Sequence[tuple[str, int]], Iterable[Sequence[Cell]]]]


def named(subject: str) -> tuple[Reconciliation, str]:
    """Return the reconciliation and the day or month that a subject names; AskedError."""
    ref, _, rest = subject.strip().partition(" ")
    found = Reconciliation.objects.filter(ref__iexact=ref).first()
    if found is None:
        known = ", ".join(Reconciliation.objects.values_list("ref", flat=True)[:5])
        raise AskedError(f"There is no reconciliation {ref}; known: {known or 'none yet'}.")
    return found, rest.strip()


def signed(facts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what a signed paper says of itself, without what the title block says already."""
    return [(name, value) for name, value in facts if name != "Organisation"]


def sections(tables: Tables, empty: Mapping[str, str]) -> list[Section]:
    """Return a section for each table of a paper, with the sentence for where it has no row."""
    return [
        Section(name, [_table(name, columns, rows, empty.get(name, "Nothing is recorded."))])
        for name, (columns, rows) in tables.items()
    ]


def _table(
    name: str, columns: Sequence[tuple[str, int]], rows: Iterable[Sequence[Cell]], empty: str
) -> Table:
    made = [
        Column(title, width, width >= _WRAPPED, bool(_NUMBERS.search(title)))
        for title, width in columns
    ]
    return Table(name, made, rows, empty=empty)
