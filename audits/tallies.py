"""What the work sheet of a draw comes to: counts for each attribute, and what they support."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max

from audits.confidence import USUAL_CONFIDENCE, Statement
from audits.models import Draw, SampleAttribute, SampleResult
from audits.sampling import Method


@dataclass(frozen=True)
class Tally:
    """One attribute of a draw: how many items passed, deviated, did not apply, were not tested."""

    attribute: SampleAttribute
    passed: int
    deviations: int
    not_applicable: int
    not_tested: int
    statement: str


def tallies_of(draw: Draw, *, confidence: int = USUAL_CONFIDENCE) -> list[Tally]:
    """Count the latest results of a draw, attribute by attribute."""
    latest = (
        SampleResult.objects.filter(item__draw=draw)
        .order_by()
        .values("item", "attribute")
        .annotate(last=Max("pk"))
        .values("last")
    )
    found = (
        SampleResult.objects.filter(pk__in=latest)
        .order_by()
        .values_list("attribute", "result")
        .annotate(items=Count("pk"))
    )
    counts: dict[int, Counter[str]] = {}
    for attribute, result, items in found:
        counts.setdefault(attribute, Counter())[result] += items
    return [
        _tally(draw, attribute, counts.get(attribute.pk, Counter()), confidence)
        for attribute in draw.attributes.all()
    ]


def is_finished(tallies: Sequence[Tally]) -> bool:
    """Say whether every attribute of every item has a conclusion."""
    return bool(tallies) and not any(tally.not_tested for tally in tallies)


def _tally(draw: Draw, attribute: SampleAttribute, counts: Counter[str], confidence: int) -> Tally:
    results = SampleResult.Result
    passed, deviations = counts[results.PASS], counts[results.DEVIATION]
    not_applicable = counts[results.NOT_APPLICABLE]
    tested = passed + deviations
    left = draw.size - tested - not_applicable
    whole = draw.population.row_count
    if draw.method == Method.ALL:
        # Of a census the items to which the attribute does not apply are known, each of them.
        whole -= not_applicable
    statement = (
        f"{tested + not_applicable} of {draw.size} items have a conclusion so far."
        if left
        else str(Statement(tested, deviations, whole, confidence))
    )
    return Tally(attribute, passed, deviations, not_applicable, left, statement)
