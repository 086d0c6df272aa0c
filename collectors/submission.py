"""What a run hands in: the item with its IPE record, and what it claims to cover."""

from collectors.errors import SourceNonsenseError
from collectors.gathering import Gathered
from collectors.models import Source
from evidence.intake import Submission
from evidence.population import IPE, PopulationFacts

# Evidence names its source system briefly; the IPE record has the whole name.
_LONGEST_NAME = 200


def submission_of(source: Source, gathered: Gathered, *, partial_reason: str) -> Submission:
    """Return the item to hand in; SourceNonsenseError where an expected column is missing."""
    declared = gathered.collector.declared
    _refuse_missing(gathered)
    first = gathered.claims[0] if gathered.claims else None
    answer = gathered.answer
    return Submission(
        content=answer.original or gathered.table,
        filename=answer.filename or _filename(source, gathered),
        title=f"{source.title}, {gathered.period}",
        evidence_type=gathered.evidence_type,
        kind=gathered.kind,
        area=first.control.area if first else declared.area,
        source_system=answer.source_system[:_LONGEST_NAME],
        environment=source.environment,
        covers_from=gathered.period.start,
        covers_to=gathered.period.end,
        collected_at=gathered.asked_at,
        owner=first.owner_role if first else "",
        sensitivity=declared.sensitivity,
        media_type="" if answer.original else "text/csv",
        claims=gathered.claims,
        handling=answer.handling,
        population=PopulationFacts(
            columns=gathered.columns,
            ipe=ipe_of(source, gathered, partial_reason=partial_reason),
            facts=gathered.facts,
            table=gathered.table if answer.original else None,
        ),
    )


def ipe_of(source: Source, gathered: Gathered, *, partial_reason: str) -> IPE:
    """Return how the list was made, so that another person can ask the same and compare."""
    answer, trail, collector = gathered.answer, gathered.ask.trail, gathered.collector
    return IPE(
        query=answer.query,
        parameters={**answer.parameters, "time_zone": source.time_zone},
        source_system=answer.source_system,
        environment=source.environment,
        runner=source.actor,
        collector=collector.slug,
        collector_version=collector.version,
        code_digest=collector.code_digest,
        pages=trail.pages,
        source_count=trail.source_count,
        source_clock=trail.source_clock,
        raw_digests=tuple(trail.raw_digests),
        raw_digest=trail.raw_digest,
        started_at=gathered.asked_at,
        finished_at=gathered.finished_at,
        completeness=collector.declared.completeness,
        partial_reason=partial_reason,
    )


def _refuse_missing(gathered: Gathered) -> None:
    there = {column.name for column in gathered.columns}
    for expectation in gathered.claims:
        missing = [name for name in expectation.required_columns if name not in there]
        if missing:
            message = (
                f"The table lacks the column {missing[0]!r}, without which "
                f"{expectation.title!r} does not take it."
            )
            raise SourceNonsenseError(message)


def _filename(source: Source, gathered: Gathered) -> str:
    days = gathered.period
    return f"{source.slug}_{days.start}_{days.end}.csv"
