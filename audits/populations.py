"""Sealing a population: what an item is, how many there are, and that none is missing.

Whatever would make the list untrue is refused, not warned about: events that were asked for before
their period was over, an answer that its source could not give whole, an item that was returned or
replaced. What only has to be explained (gaps, a difference to another count) needs its reason.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from audits import joined, scope
from audits.confidence import Frequency
from audits.days import day_of
from audits.errors import ClosedError, NotAllowedError, PopulationRefusedError
from audits.gap_test import Profile, examine
from audits.models import Engagement, PopulationPart, SealedPopulation
from audits.tables import column_names
from controls import settling
from controls.models import Control, Expectation
from evidence import ledger
from evidence import population as retrieval
from evidence.models import Evidence, Population, Review

FORMAT, JOINED = "countersign-population/v1", "countersign-population/v2"
"""What is joined of several parts has a format of its own, which says which parts."""
MOST_LAG = 60
_DATED = {"date", "timestamp"}
_NAMED = {"text", "integer"}


@dataclass(frozen=True)
class TieOut:
    """A second source's own count; a difference to it needs an explanation."""

    count: int
    source: str
    evidence: Evidence | None = None
    explanation: str = ""


@dataclass(frozen=True)
class Definition:
    """What one item is, how often the control is applied, and which columns date and name it.

    `lag_days` are days for the source to settle, on top of which the expectation may ask for more.
    """

    words: str
    date_column: str = ""
    id_column: str = ""
    frequency: Frequency = Frequency.PER_EVENT
    lag_days: int = 0
    gap_note: str = ""


def seal_population(
    engagement: Engagement,
    *,
    control: Control,
    evidence: Evidence,
    definition: Definition,
    by: User,
    tie_out: TieOut | None = None,
    reason: str = "",
    further: Sequence[Evidence] = (),
) -> SealedPopulation:
    """Seal one evidence version as the population of a control, or several as one.

    `further` are versions of the days before or after, such as other months. `reason` is needed
    when the same tables were sealed for the control before.
    Raises NotAllowedError, ClosedError, PopulationRefusedError.
    """
    if not can(by, Capability.MANAGE_ENGAGEMENTS):
        raise NotAllowedError(f"{by} may not seal populations. Ask an administrator.")
    parts = joined.ordered([_population(one) for one in (evidence, *further)])
    for part in parts:
        _refuse_stranger(engagement, control, part.evidence)
    _refuse_words(definition, tie_out)
    definition = _waiting(definition, control, parts)
    refuse_unfit_parts(parts, lag_days=definition.lag_days)
    profile = _examined(parts, definition)
    _refuse_gaps(profile, definition, parts)
    _refuse_difference(profile.count, tie_out)
    sealed = _drafted(engagement, control, parts, by)
    with transaction.atomic():
        ledger.lock()
        # Asked again under the lock: a review or a newer version may have come meanwhile.
        refuse_unfit_parts(parts, lag_days=definition.lag_days)
        _number(sealed, reason)
        said = _record(
            sealed, parts, profile, definition=definition, tie_out=tie_out, reason=reason
        )
        _write(sealed, said)
        _keep_parts(sealed, parts)
    return sealed


def refuse_unfit_parts(parts: Sequence[Population], *, lag_days: int) -> None:
    """Raise PopulationRefusedError where one of the parts cannot stand for its days any more."""
    for part in parts:
        refuse_unfit(part.evidence, lag_days=lag_days)


def refuse_unfit(evidence: Evidence, *, lag_days: int = 0) -> None:
    """Raise PopulationRefusedError for a version that cannot stand for its period any more."""
    newer = Evidence.objects.filter(supersedes=evidence).values_list("ref", flat=True).first()
    if newer:
        raise PopulationRefusedError(f"{evidence.ref} was replaced by {newer}. Seal that one.")
    latest = Review.objects.filter(evidence=evidence).order_by("-pk").first()
    if latest and latest.decision != Review.Decision.ACCEPTED:
        raise PopulationRefusedError(
            f"A reviewer returned {evidence.ref}. Hand in a corrected version and seal that one."
        )
    population = _population(evidence)
    if population.ipe.get("partial_reason") or evidence.claims.filter(is_partial=True).exists():
        raise PopulationRefusedError(
            f"{evidence.ref} is not whole: {population.ipe.get('partial_reason') or 'partial'}. "
            "Collect it again until the source gives all of it."
        )
    retrieved = day_of(retrieved_at(population))
    whole = settling.whole_from(evidence.covers_to, lag_days)
    if evidence.kind == Evidence.Kind.EVENT and retrieved < whole:
        raise PopulationRefusedError(
            f"{evidence.ref} was asked for on {retrieved}, before its period up to "
            f"{evidence.covers_to} was over{settling.passed(lag_days)}: later events cannot be in "
            f"it. Collect it again on {whole} or later, and seal that version."
        )


def _waiting(definition: Definition, control: Control, parts: Sequence[Population]) -> Definition:
    """Return the definition with at least the lag of what the parts were collected for."""
    keys = [part.evidence_id for part in parts]
    claimed = Expectation.objects.filter(control=control, claims__evidence__in=keys)
    declared = claimed.aggregate(most=Max("lag_days"))["most"] or 0
    return replace(definition, lag_days=max(declared, definition.lag_days))


def retrieved_at(population: Population) -> datetime:
    """Return the moment at which the source was asked, by the rule that coverage goes by."""
    said = population.ipe.get("started_at")
    started = datetime.fromisoformat(said) if said else None
    return retrieval.retrieved_at(population.evidence.collected_at, started)


def _population(evidence: Evidence) -> Population:
    found = Population.objects.filter(evidence=evidence).select_related("evidence", "table").first()
    if found is None:
        raise PopulationRefusedError(
            f"{evidence.ref} is no table, so no item of it can be drawn. Hand in the list as a "
            "table, through a collector or the folder of a file source."
        )
    return found


def expectation_of(population: SealedPopulation) -> Expectation:
    """Return what the sealed item was collected for, the first of its control by name."""
    of_control = Expectation.objects.filter(control=population.control)
    found = of_control.filter(claims__evidence=population.evidence).order_by("slug").first()
    if found is None:
        raise PopulationRefusedError(f"{population.ref} is about no expectation of its control.")
    return found


def _refuse_stranger(engagement: Engagement, control: Control, evidence: Evidence) -> None:
    expected = scope.expectations_of(engagement).filter(control=control)
    if not expected.exists():
        raise PopulationRefusedError(f"{control.ref} is not in the scope of {engagement.ref}.")
    claims = scope.claims_of(engagement).filter(expectation__control=control, evidence=evidence)
    if not claims.exists():
        raise PopulationRefusedError(
            f"{evidence.ref} is no evidence of {control.ref} in the window of {engagement.ref}. "
            "Choose the item that was collected for this control."
        )


def _refuse_words(definition: Definition, tie_out: TieOut | None) -> None:
    if not definition.words.strip():
        raise PopulationRefusedError(
            "Say in words what one item is, and what is in and out; the auditor reads it first."
        )
    if not 0 <= definition.lag_days <= MOST_LAG:
        raise PopulationRefusedError(f"The days to settle are 0 to {MOST_LAG}.")
    if tie_out and tie_out.count < 0:
        raise PopulationRefusedError("The second source's count cannot be below 0.")
    if tie_out and not tie_out.source.strip():
        raise PopulationRefusedError("Name the second source from which the other count comes.")


def _examined(parts: Sequence[Population], definition: Definition) -> Profile:
    first, last = parts[0].evidence, parts[-1].evidence
    profile = examine(
        (row.cells for row in joined.rows_of(parts)),
        date_place=_place(parts[0], definition.date_column, _DATED, "dates"),
        id_place=_place(parts[0], definition.id_column, _NAMED, "ids"),
        start=first.covers_from,
        end=last.covers_to,
    )
    recorded = sum(part.row_count for part in parts)
    if profile.count != recorded:
        raise PopulationRefusedError(
            f"The table of {first.ref} has {profile.count} rows, and {recorded} "
            "were recorded. Compare the store with a backup before anything else."
        )
    return profile


def _place(population: Population, name: str, types: set[str], what: str) -> int | None:
    if not name:
        return None
    for place, column in enumerate(population.columns):
        if column["name"] == name:
            if column["type"] in types:
                return place
            raise PopulationRefusedError(f"Column {name} is {column['type']} and holds no {what}.")
    known = ", ".join(column_names(population))
    raise PopulationRefusedError(f"The table has no column {name!r}; it has {known}.")


def _refuse_gaps(profile: Profile, definition: Definition, parts: Sequence[Population]) -> None:
    """Demand a word about what looks like a hole; the source's own count allows none."""
    for part in parts:
        own = part.ipe.get("source_count")
        if own is not None and own != part.row_count:
            raise PopulationRefusedError(
                f"The source itself counted {own} and the table of {part.evidence.ref} has "
                f"{part.row_count} rows. Collect it again until both agree."
            )
    ids = profile.ids
    if ids and (ids.missing or ids.duplicates or ids.blank) and not definition.gap_note.strip():
        raise PopulationRefusedError(
            f"The ids have {ids.missing} gaps, {ids.duplicates} repetitions and {ids.blank} empty "
            "cells. Say why, in the note on gaps, or collect the table again."
        )


def _refuse_difference(count: int, tie_out: TieOut | None) -> None:
    if tie_out and tie_out.count != count and not tie_out.explanation.strip():
        raise PopulationRefusedError(
            f"{tie_out.source.strip()} counts {tie_out.count} and the table has {count} rows. "
            "Testing stops until the difference is explained: say what it is made of."
        )


def _drafted(
    engagement: Engagement, control: Control, parts: Sequence[Population], by: User
) -> SealedPopulation:
    evidence = parts[0].evidence
    return SealedPopulation(
        engagement=engagement,
        control=control,
        evidence=evidence,
        period_from=evidence.covers_from,
        period_to=parts[-1].evidence.covers_to,
        row_count=sum(part.row_count for part in parts),
        table_sha256=joined.digest_of([part.table_id for part in parts]),
        sealed_by=by,
    )


def _keep_parts(sealed: SealedPopulation, parts: Sequence[Population]) -> None:
    if len(parts) > 1:
        PopulationPart.objects.bulk_create(
            PopulationPart(
                population=sealed,
                number=number,
                evidence=part.evidence,
                table_sha256=part.table_id,
                row_count=part.row_count,
            )
            for number, part in enumerate(parts, 1)
        )


def _number(sealed: SealedPopulation, reason: str) -> None:
    """Give a population its place in the engagement; the caller holds the log's lock."""
    engagement = sealed.engagement
    if Engagement.objects.filter(pk=engagement.pk, closed_at__isnull=False).exists():
        raise ClosedError(f"{engagement.ref} is closed. Open a new engagement.")
    same = engagement.populations.filter(
        control=sealed.control, table_sha256=sealed.table_sha256
    ).first()
    if same and not reason.strip():
        raise PopulationRefusedError(
            f"This table was sealed for {sealed.control.ref} as {same.ref} already. Draw from that "
            "one, or say why it is sealed again."
        )
    sealed.number = engagement.populations.count() + 1
    sealed.ref = f"{engagement.ref}/P{sealed.number}"
    sealed.sealed_at = timezone.now()


def _record(
    sealed: SealedPopulation,
    parts: Sequence[Population],
    profile: Profile,
    *,
    definition: Definition,
    tie_out: TieOut | None,
    reason: str,
) -> dict[str, Any]:
    """Return all that is said of the population; free text is here, not in the leaf."""
    population, is_joined = parts[0], len(parts) > 1
    more = {"parts": [_part(one) for one in parts]} if is_joined else {}
    return {
        "format": JOINED if is_joined else FORMAT,
        "ref": sealed.ref,
        "engagement": sealed.engagement.ref,
        "number": sealed.number,
        "control": sealed.control.ref,
        "evidence": sealed.evidence.ref,
        "evidence_sha256": sealed.evidence.blob_id,
        "table_sha256": sealed.table_sha256,
        "ipe_sha256": sha256(ledger.canonical(population.ipe)).hexdigest(),
        "period": _period(sealed.period_from, sealed.period_to),
        "definition": definition.words.strip(),
        "frequency": definition.frequency.value,
        "columns": column_names(population),
        "date_column": definition.date_column,
        "id_column": definition.id_column,
        "control_totals": joined.totals_of(parts),
        "profile": _listed(asdict(profile)),
        "gap_note": definition.gap_note.strip(),
        "lag_days": definition.lag_days,
        "retrieved_at": ledger.stamp(max(map(retrieved_at, parts))),
        "tie_out": _tied(profile.count, tie_out),
        "reason": reason.strip(),
        "sealed_by": actor(sealed.sealed_by),
        "sealed_at": ledger.stamp(sealed.sealed_at),
    } | more


def _part(part: Population) -> dict[str, Any]:
    """Return what the record of a joined population says of one part."""
    evidence = part.evidence
    return {
        "evidence": evidence.ref,
        "evidence_sha256": evidence.blob_id,
        "table_sha256": part.table_id,
        "ipe_sha256": sha256(ledger.canonical(part.ipe)).hexdigest(),
        "period": _period(evidence.covers_from, evidence.covers_to),
        "rows": part.row_count,
        "control_totals": part.control_totals,
        "retrieved_at": ledger.stamp(retrieved_at(part)),
    }


def _period(start: date, end: date) -> dict[str, str]:
    return {"from": start.isoformat(), "to": end.isoformat()}


def _tied(count: int, tie_out: TieOut | None) -> dict[str, Any] | None:
    if tie_out is None:
        return None
    return {
        "count": tie_out.count,
        "source": tie_out.source.strip(),
        "evidence": tie_out.evidence.ref if tie_out.evidence else "",
        "difference": count - tie_out.count,
        "explanation": tie_out.explanation.strip(),
    }


def _listed(value: Any) -> Any:
    """Return the value with lists in the place of tuples, as it will be read back."""
    if isinstance(value, dict):
        return {name: _listed(part) for name, part in value.items()}
    return [_listed(part) for part in value] if isinstance(value, list | tuple) else value


def _write(sealed: SealedPopulation, record: dict[str, Any]) -> None:
    text = ledger.canonical(record)
    sealed.record = text.decode()
    sealed.record_sha256 = sha256(text).hexdigest()
    sealed.ledger_entry = ledger.append(
        "population",
        subject=sealed.ref,
        body={
            "record_sha256": sealed.record_sha256,
            "table_sha256": sealed.table_sha256,
            "evidence": sealed.evidence.ref,
            "control": sealed.control.ref,
            "period": record["period"],
            "rows": sealed.row_count,
        },
        actor=actor(sealed.sealed_by),
    )
    sealed.save(force_insert=True)
