"""What was sealed, drawn and found for an engagement up to a moment, in the order of the log."""

from datetime import datetime

from django.db.models import QuerySet

from audits.models import (
    Draw,
    Engagement,
    PopulationPart,
    SampleResult,
    SealedPopulation,
    WorkSheetEntry,
)
from audits.selection import Sample, SampleKind
from evidence.models import Evidence


def records_of(engagement: Engagement, as_of: datetime) -> tuple[Sample, ...]:
    """Return every record of sampling with its leaf: none is ever left out."""
    populations, draws, entries = _rows(engagement, as_of)
    sealed = populations.values_list("ref", "ledger_entry")
    drawn = draws.values_list("ref", "ledger_entry")
    found = [Sample(SampleKind.POPULATION, ref, leaf) for ref, leaf in sealed]
    found += [Sample(SampleKind.DRAW, ref, leaf) for ref, leaf in drawn]
    found += [
        Sample(SampleKind.WORKSHEET, f"{ref}/W{number}", leaf)
        for ref, number, leaf in entries.values_list("draw__ref", "number", "ledger_entry")
    ]
    return tuple(sorted(found, key=lambda one: one.leaf))


def people_of(engagement: Engagement, as_of: datetime) -> set[int]:
    """Return the keys of those who sealed, drew and tested."""
    populations, draws, entries = _rows(engagement, as_of)
    return {
        *populations.values_list("sealed_by", flat=True),
        *draws.values_list("drawn_by", flat=True),
        *entries.values_list("made_by", flat=True),
    }


def evidence_of(engagement: Engagement) -> QuerySet[Evidence]:
    """Return every version of the items that were sealed, or on which a result rests, be they out
    of scope by now."""
    ours = SealedPopulation.objects.filter(engagement=engagement)
    parts = PopulationPart.objects.filter(population__in=ours)
    results = SampleResult.objects.filter(item__draw__population__in=ours, evidence__isnull=False)
    keys = (
        ours.order_by()
        .values("evidence")
        .union(parts.order_by().values("evidence"), results.order_by().values("evidence"))
    )
    sealed = Evidence.objects.filter(pk__in=keys)
    return Evidence.objects.filter(uid__in=sealed.order_by().values("uid"))


def _rows(
    engagement: Engagement, as_of: datetime
) -> tuple[QuerySet[SealedPopulation], QuerySet[Draw], QuerySet[WorkSheetEntry]]:
    return (
        SealedPopulation.objects.filter(engagement=engagement, sealed_at__lte=as_of),
        Draw.objects.filter(population__engagement=engagement, drawn_at__lte=as_of),
        WorkSheetEntry.objects.filter(draw__population__engagement=engagement, made_at__lte=as_of),
    )
