"""Drawing a sample: the auditor names a nonce after the sealing, and nobody can choose the rows."""

import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from sys import intern
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.access import actor
from accounts.models import User
from audits import joined, sampling
from audits.access import may_conclude
from audits.confidence import Frequency, Proposal, proposed
from audits.errors import ClosedError, DrawError, NotAllowedError, PopulationRefusedError
from audits.models import Draw, Engagement, SampleItem, SealedPopulation
from audits.populations import refuse_unfit_parts
from audits.sampling import Method
from evidence import ledger

MOST_ITEMS = 10_000
"""A work sheet holds so many items; what is larger is tested whole by a check."""


@dataclass(frozen=True)
class _Table:
    """Where each row starts, and its month where one is asked for."""

    offsets: "array[int]"
    months: list[str]


def proposal_of(population: SealedPopulation) -> Proposal:
    """Return the size that is usual for this population; the auditor decides."""
    return proposed(Frequency(population.said["frequency"]), population.row_count)


def draw_sample(
    population: SealedPopulation,
    *,
    nonce: str,
    method: Method,
    size: int,
    by: User,
    reason: str = "",
) -> Draw:
    """Draw a sample from a sealed population; each draw after the first needs a reason.

    Raises NotAllowedError, ClosedError, DrawError.
    """
    if not may_conclude(by, population.engagement):
        raise NotAllowedError(
            f"{by} is no auditor of {population.engagement.ref}. Samples are drawn by its auditors."
        )
    nonce = unicodedata.normalize("NFC", nonce.strip())
    size = population.row_count if method is Method.ALL else size
    _refuse_odd(population, nonce, method, size)
    table = _read(population, method)
    seed = seed_of(population, nonce)
    rows = sampling.draw(
        seed, method=method, size=size, count=population.row_count, months=table.months
    )
    draw = Draw(
        population=population,
        method=method,
        size=size,
        nonce=nonce,
        seed=seed,
        reason=reason.strip(),
        drawn_by=by,
    )
    _keep(draw, rows, table)
    return draw


def seed_of(population: SealedPopulation, nonce: str) -> str:
    """Return the seed of a draw from a population with a nonce."""
    return sampling.seed_of(
        table_sha256=population.table_sha256,
        control=population.control.ref,
        start=population.period_from,
        end=population.period_to,
        nonce=nonce,
    )


def _refuse_odd(population: SealedPopulation, nonce: str, method: Method, size: int) -> None:
    fault = sampling.fault_of(nonce)
    if fault:
        raise DrawError(f"{fault} Make one up, such as four words, and keep it to yourself so far.")
    count = population.row_count
    if not count:
        raise DrawError(
            f"{population.ref} has no items: its query shows that nothing happened. There is "
            "nothing to draw; rely on the record of the query instead."
        )
    if size < 1:
        raise DrawError("Draw at least one item.")
    if size > count:
        raise DrawError(
            f"{population.ref} has {count} items, fewer than {size}. Draw {count} or fewer, or all."
        )
    if size > MOST_ITEMS:
        raise DrawError(
            f"A work sheet holds {MOST_ITEMS:,} items. Draw fewer; to test the whole of a larger "
            "population, have a check run over it."
        )
    if method is Method.STRATIFIED and not population.said["date_column"]:
        raise DrawError(
            f"{population.ref} was sealed without a column of dates, so it has no months. Choose "
            "another method, or have it sealed again with one."
        )


def _read(population: SealedPopulation, method: Method) -> _Table:
    said = population.said
    is_dated = method is Method.STRATIFIED
    place = said["columns"].index(said["date_column"]) if is_dated else 0
    offsets, months = array("Q"), []
    try:
        for row in joined.rows_of(joined.parts_of(population)):
            offsets.append(row.offset)
            if is_dated:
                months.append(intern(sampling.month_of(row.cells[place])))
    except PopulationRefusedError as error:
        raise DrawError(str(error)) from error
    if len(offsets) != population.row_count:
        raise DrawError(
            f"The table has {len(offsets)} rows now, and {population.row_count} were sealed. Ask "
            "the compliance team to compare the store with a backup."
        )
    return _Table(offsets, months)


@transaction.atomic
def _keep(draw: Draw, rows: Sequence[int], table: _Table) -> None:
    """Number a draw and write it down, unless something stands against it by now."""
    ledger.lock()
    population = draw.population
    _refuse_closed(population.engagement)
    _refuse_unsound(population)
    _refuse_repetition(draw)
    draw.number = population.draws.count() + 1
    draw.ref = f"{population.ref}/D{draw.number}"
    draw.drawn_at = timezone.now()
    _write(draw, _record(draw, rows))
    SampleItem.objects.bulk_create(
        (SampleItem(draw=draw, row=row, offset=table.offsets[row - 1]) for row in rows),
        batch_size=1000,
    )


def _refuse_closed(engagement: Engagement) -> None:
    if Engagement.objects.filter(pk=engagement.pk, closed_at__isnull=False).exists():
        raise ClosedError(f"{engagement.ref} is closed, so nothing is drawn any more.")


def _refuse_unsound(population: SealedPopulation) -> None:
    try:
        refuse_unfit_parts(joined.parts_of(population), lag_days=population.said["lag_days"])
    except PopulationRefusedError as error:
        raise DrawError(
            f"Nothing can be drawn from {population.ref} any more. {error} What was drawn stays."
        ) from error


def _refuse_repetition(draw: Draw) -> None:
    earlier = draw.population.draws
    before = earlier.order_by("-number").first()
    if before is None:
        return
    same = earlier.filter(nonce=draw.nonce, method=draw.method, size=draw.size).first()
    if same:
        raise DrawError(f"This would draw {same.ref} again. Change the nonce, method or size.")
    if not draw.reason:
        raise DrawError(
            f"{before.ref} was drawn already. A new draw is possible and says why, and both stay "
            "visible."
        )


def _record(draw: Draw, rows: Sequence[int]) -> dict[str, Any]:
    """Return everything by which the draw can be made again, and what it gave."""
    population = draw.population
    usual = proposal_of(population)
    return {
        "format": sampling.ALGORITHM,
        "ref": draw.ref,
        "population": population.ref,
        "number": draw.number,
        "table_sha256": population.table_sha256,
        "control": population.control.ref,
        "period": population.said["period"],
        "rows_in_table": population.row_count,
        "date_column": population.said["date_column"],
        "nonce": draw.nonce,
        "seed": draw.seed,
        "method": draw.method.value if isinstance(draw.method, Method) else draw.method,
        "size": draw.size,
        "proposed": {"size": usual.size, "least": usual.least, "most": usual.most},
        "rows": list(rows),
        "rows_sha256": sampling.digest_of(rows),
        "reason": draw.reason,
        "drawn_by": actor(draw.drawn_by),
        "drawn_at": ledger.stamp(draw.drawn_at),
    }


def _write(draw: Draw, record: dict[str, Any]) -> None:
    text = ledger.canonical(record)
    draw.record = text.decode()
    draw.record_sha256 = sha256(text).hexdigest()
    draw.ledger_entry = ledger.append(
        "draw",
        subject=draw.ref,
        body={
            "population": draw.population.ref,
            "record_sha256": draw.record_sha256,
            "algorithm": sampling.ALGORITHM,
            "seed": draw.seed,
            "method": record["method"],
            "size": draw.size,
            "rows_sha256": record["rows_sha256"],
        },
        actor=actor(draw.drawn_by),
    )
    draw.save(force_insert=True)
