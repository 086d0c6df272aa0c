"""Reads populations for campaigns: which ones can be reviewed, their rows, and later ones."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from evidence import store
from evidence.models import Evidence, Population, Review
from registers.campaigns.columns import Row
from registers.errors import PopulationUnfitError

MOST_ROWS = 20_000
MOST_LATER = 10 * MOST_ROWS
"""Rows of a list that proves something: what has ended may stay in it for years."""
_RECENT = 100


def recent() -> list[Evidence]:
    """Return the newest populations, those of which no newer version exists; one query."""
    found = Population.objects.select_related("evidence").order_by("-evidence_id")
    found = found.filter(evidence__superseded_by=None, row_count__lte=MOST_ROWS)
    return [each.evidence for each in found.defer("columns", "control_totals", "ipe")[:_RECENT]]


def population_of(evidence: Evidence) -> Population:
    """Return the table of an item that can be reviewed or can prove something.

    Raises PopulationUnfitError for what is no table, not whole, superseded, or returned.
    """
    population = Population.objects.filter(evidence=evidence).first()
    if population is None:
        raise PopulationUnfitError(f"{evidence.ref} is no table, so it has no lines.")
    if population.ipe.get("partial_reason"):
        raise PopulationUnfitError(
            f"{evidence.ref} is not whole: its source could not give all rows. Collect it again."
        )
    if Evidence.objects.filter(supersedes=evidence).exists():
        raise PopulationUnfitError(f"A newer version of {evidence.ref} exists. Choose that one.")
    last = evidence.reviews.order_by("-id").first()
    if last and last.decision == Review.Decision.RETURNED:
        raise PopulationUnfitError(f"{evidence.ref} was returned. Choose another list.")
    return population


def names(population: Population) -> list[str]:
    """Return the names of the columns, in their order."""
    return [str(column["name"]) for column in population.columns]


def rows(population: Population) -> Iterator[tuple[int, Row]]:
    """Yield the rows of a table with their numbers, the first being 1; all cells are text."""
    with store.open_blob(population.table_id) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        try:
            yield from enumerate(csv.DictReader(text), 1)
        except csv.Error as error:
            raise PopulationUnfitError(f"The table cannot be read: {error}.") from error


def day_of(evidence: Evidence) -> date:
    """Return the day that a list shows, by the clocks of the organisation."""
    if evidence.covers_from == evidence.covers_to:
        return evidence.covers_to
    collected = local_day(evidence.collected_at)
    inside = evidence.covers_from <= collected <= evidence.covers_to
    return collected if inside else evidence.covers_to


def local(moment: datetime) -> datetime:
    """Return a moment by the clocks of the organisation."""
    return moment.astimezone(ZoneInfo(settings.ORGANISATION_TIME_ZONE))


def local_day(moment: datetime) -> date:
    return local(moment).date()


def origin_of(population: Population) -> Mapping[str, str]:
    """Return what names the source of a list, whatever release retrieved it.

    That is its collector, and the source that this was set up for. A person who handed the list in
    is none: the next one may be handed in by somebody else.
    """
    ipe: Mapping[str, Any] = population.ipe
    origin = {"collector": str(ipe.get("collector", "")), "runner": str(ipe.get("runner", ""))}
    if origin["runner"].startswith("user:"):
        del origin["runner"]
    return origin


def later(evidence: Evidence, *, most: int = 10) -> Sequence[Evidence]:
    """Return newer lists of the same source, the newest first; two queries."""
    origin = origin_of(Population.objects.get(evidence=evidence))
    found = Evidence.objects.filter(
        pk__gt=evidence.pk,
        evidence_type=evidence.evidence_type,
        superseded_by=None,
        collected_at__gt=evidence.collected_at,
        **{f"population__ipe__{name}": value for name, value in origin.items()},
    ).select_related("population")
    return list(found.order_by("-pk")[:most])
