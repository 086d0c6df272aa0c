"""What was sealed, drawn and found for an engagement up to a moment, in the order of the log."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from audits.models import (
    Draw,
    Engagement,
    PopulationPart,
    ReverseEntry,
    ReverseTest,
    SampleResult,
    SealedPopulation,
    Walkthrough,
    WorkSheetEntry,
)
from audits.selection import Sample, SampleKind
from evidence.models import Evidence


def records_of(engagement: Engagement, as_of: datetime) -> tuple[Sample, ...]:
    """Return every record of testing with its leaf: none is ever left out."""
    return tuple(sorted(_records(engagement, as_of), key=lambda one: one.leaf))


def people_of(engagement: Engagement, as_of: datetime) -> set[int]:
    """Return the keys of those who sealed, drew and tested."""
    return {
        *_sealed(engagement, as_of).values_list("sealed_by", flat=True),
        *_drawn(engagement, as_of).values_list("drawn_by", flat=True),
        *_entries(engagement, as_of).values_list("made_by", flat=True),
        *_reversed(engagement, as_of).values_list("made_by", flat=True),
        *_answered(engagement, as_of).values_list("made_by", flat=True),
        *_walked(engagement, as_of).values_list("made_by", flat=True),
    }


def evidence_of(engagement: Engagement) -> QuerySet[Evidence]:
    """Return every version of the items that were sealed, or on which a result, a row taken back
    or a walkthrough rests, be they out of scope by now."""
    ours = SealedPopulation.objects.filter(engagement=engagement)
    parts = PopulationPart.objects.filter(population__in=ours)
    results = SampleResult.objects.filter(item__draw__population__in=ours, evidence__isnull=False)
    cited = Evidence.objects.filter(ref__in=set(_cited(engagement)))
    keys = (
        ours.order_by()
        .values("evidence")
        .union(
            parts.order_by().values("evidence"),
            results.order_by().values("evidence"),
            cited.order_by().values("pk"),
        )
    )
    kept = Evidence.objects.filter(pk__in=keys)
    return Evidence.objects.filter(uid__in=kept.order_by().values("uid"))


def _cited(engagement: Engagement) -> Iterator[str]:
    """Yield the refs of what walkthroughs and rows taken back to their source point to."""
    for walked in engagement.walkthroughs.all():
        for step in walked.said["steps"]:
            yield from step["evidence"]
    for entry in ReverseEntry.objects.filter(test__population__engagement=engagement):
        yield from filter(None, (one["evidence"] for one in entry.said["results"]))


def _records(engagement: Engagement, as_of: datetime) -> Iterator[Sample]:
    for ref, leaf in _sealed(engagement, as_of).values_list("ref", "ledger_entry"):
        yield Sample(SampleKind.POPULATION, ref, leaf)
    for ref, leaf in _drawn(engagement, as_of).values_list("ref", "ledger_entry"):
        yield Sample(SampleKind.DRAW, ref, leaf)
    rows = _entries(engagement, as_of).values_list("draw__ref", "number", "ledger_entry")
    for ref, number, leaf in rows:
        yield Sample(SampleKind.WORKSHEET, f"{ref}/W{number}", leaf)
    for ref, leaf in _reversed(engagement, as_of).values_list("ref", "ledger_entry"):
        yield Sample(SampleKind.REVERSE_TEST, ref, leaf)
    answers = _answered(engagement, as_of).values_list("test__ref", "number", "ledger_entry")
    for ref, number, leaf in answers:
        yield Sample(SampleKind.REVERSE_ENTRY, f"{ref}/E{number}", leaf)
    for ref, leaf in _walked(engagement, as_of).values_list("ref", "ledger_entry"):
        yield Sample(SampleKind.WALKTHROUGH, ref, leaf)


def _sealed(engagement: Engagement, as_of: datetime) -> QuerySet[SealedPopulation]:
    return SealedPopulation.objects.filter(engagement=engagement, sealed_at__lte=as_of)


def _drawn(engagement: Engagement, as_of: datetime) -> QuerySet[Draw]:
    return Draw.objects.filter(population__engagement=engagement, drawn_at__lte=as_of)


def _entries(engagement: Engagement, as_of: datetime) -> QuerySet[WorkSheetEntry]:
    of_draws = WorkSheetEntry.objects.filter(draw__population__engagement=engagement)
    return of_draws.filter(made_at__lte=as_of)


def _reversed(engagement: Engagement, as_of: datetime) -> QuerySet[ReverseTest]:
    return ReverseTest.objects.filter(population__engagement=engagement, made_at__lte=as_of)


def _answered(engagement: Engagement, as_of: datetime) -> QuerySet[ReverseEntry]:
    of_tests = ReverseEntry.objects.filter(test__population__engagement=engagement)
    return of_tests.filter(made_at__lte=as_of)


def _walked(engagement: Engagement, as_of: datetime) -> QuerySet[Walkthrough]:
    return Walkthrough.objects.filter(engagement=engagement, made_at__lte=as_of)
