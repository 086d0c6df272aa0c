"""Populations of several parts, such as twelve monthly exports: read as if they were one table.

Rules:

1. Parts follow each other by their days: none overlaps the next, and no day between them is left.
2. All have the same columns, by name and type, in the same order.
3. Rows are numbered through, in the order of the parts; each header is none of them.
4. The digest of one part is that of its table. The digest of several is SHA-256 over these lines
   in UTF-8, joined by LF and without one at the end: `countersign-joined/v1`, then the SHA-256
   (hex) of each table in order.
5. Control totals are the sums of those of the parts.
6. The offset of a row is the byte at which it starts in the tables laid end to end.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import accumulate, pairwise

from audits import tables
from audits.errors import PopulationRefusedError
from audits.models import SealedPopulation
from audits.tables import Row
from evidence.models import Population

FORMAT = "countersign-joined/v1"
MOST_PARTS = 60
_DAY = timedelta(days=1)


def ordered(parts: Sequence[Population]) -> list[Population]:
    """Return the parts in the order of their days; PopulationRefusedError where they do not fit."""
    if len(parts) > MOST_PARTS:
        raise PopulationRefusedError(f"A population has at most {MOST_PARTS} parts.")
    found = sorted(parts, key=lambda part: part.evidence.covers_from)
    for before, after in pairwise(found):
        _refuse_misfit(before, after)
    return found


def digest_of(tables_sha256: Sequence[str]) -> str:
    """Return the digest (hex) by which a draw knows a population of these tables."""
    if len(tables_sha256) == 1:
        return tables_sha256[0]
    return sha256("\n".join((FORMAT, *tables_sha256)).encode()).hexdigest()


def totals_of(parts: Sequence[Population]) -> dict[str, str]:
    """Return the control totals of all parts together: exact sums, written as in each part."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for part in parts:
        for name, total in part.control_totals.items():
            sums[name] += Decimal(total)
    return {name: f"{total:f}" for name, total in sums.items()}


def parts_of(sealed: SealedPopulation) -> list[Population]:
    """Return the parts of a sealed population in order; most have one."""
    keys = list(sealed.parts.values_list("evidence", flat=True)) or [sealed.evidence_id]
    found = Population.objects.select_related("table", "evidence").in_bulk(
        keys, field_name="evidence_id"
    )
    return [found[key] for key in keys]


def rows_of(parts: Sequence[Population]) -> Iterator[Row]:
    """Yield every row of the parts, numbered through; PopulationRefusedError."""
    number = 0
    for base, part in zip(_bases(parts), parts, strict=True):
        for row in tables.rows_of(part):
            number += 1
            yield Row(number, base + row.offset, row.cells)


def cells_at(sealed: SealedPopulation, offsets: Iterable[int]) -> list[list[str]]:
    """Return the cells of the rows that start at these bytes, in the order asked for."""
    parts = parts_of(sealed)
    bases = _bases(parts)
    asked: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for place, offset in enumerate(offsets):
        part = bisect_right(bases, offset) - 1
        asked[part].append((place, offset - bases[part]))
    found: dict[int, list[str]] = {}
    for part, wanted in asked.items():
        cells = tables.cells_at(parts[part], [offset for _, offset in wanted])
        found.update(zip((place for place, _ in wanted), cells, strict=True))
    return [found[place] for place in sorted(found)]


def _bases(parts: Sequence[Population]) -> list[int]:
    """Return the byte at which each table starts when they are laid end to end."""
    return list(accumulate((part.table.size for part in parts[:-1]), initial=0))


def _refuse_misfit(before: Population, after: Population) -> None:
    first, second = before.evidence, after.evidence
    if second.covers_from <= first.covers_to:
        raise PopulationRefusedError(
            f"{first.ref} covers days up to {first.covers_to}, and {second.ref} begins on "
            f"{second.covers_from}: events of these days would be in the population twice. Choose "
            "parts that do not overlap."
        )
    if second.covers_from != first.covers_to + _DAY:
        raise PopulationRefusedError(
            f"Nothing covers {first.covers_to + _DAY} to {second.covers_from - _DAY}, between "
            f"{first.ref} and {second.ref}. Add the part of these days."
        )
    shapes = [[(one["name"], one["type"]) for one in part.columns] for part in (before, after)]
    if shapes[0] != shapes[1]:
        raise PopulationRefusedError(
            f"{first.ref} and {second.ref} do not have the same columns. Collect them in one form."
        )
