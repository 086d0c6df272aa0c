"""One occurrence with everything that explains it: what was expected, what came, what was found."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from audits import changes, days, reasons, scope
from audits.claims import Claimed, Decision, Verdict
from audits.coverage import Expected, Occurrence
from audits.facts import coverage_of, expected_of
from audits.models import Engagement, OccurrenceChange
from controls.cadence import Window
from controls.models import ControlVersion, Expectation
from evidence.models import CheckResult, Claim, Evidence, Review

MOST_ITEMS = 100
_WORST = (CheckResult.State.ERROR, CheckResult.State.FAILED, CheckResult.State.PASSED)


@dataclass(frozen=True)
class Wording:
    """What the control said from a day of the occurrence on."""

    version: ControlVersion
    start: date


@dataclass(frozen=True)
class Item:
    """One item that claims days of the occurrence, and what became of it by then."""

    evidence: Evidence
    claim: Claim
    counts: bool
    why: str
    results: Sequence[CheckResult]
    reviews: Sequence[Review]


@dataclass(frozen=True)
class Explanation:
    """An occurrence as of a moment, and why it is in its state."""

    engagement: Engagement
    expectation: Expectation
    occurrence: Occurrence
    as_of: datetime
    wordings: Sequence[Wording]
    changes: Sequence[OccurrenceChange]
    standing: Sequence[OccurrenceChange]
    """Those of the changes that are in force, which can be withdrawn."""
    items: Sequence[Item]
    has_more: bool
    earlier: Occurrence | None
    later: Occurrence | None


def explain(
    engagement: Engagement, slug: str, start: date, as_of: datetime | None = None
) -> Explanation | None:
    """Return the occurrence of an expectation in scope that starts on a day; None for no such."""
    moment = as_of or timezone.now()
    wanted = scope.expectations_of(engagement).filter(slug=slug)
    expectation = wanted.select_related("control").first()
    if expectation is None:
        return None
    found = coverage_of(engagement, moment, slugs=[slug]).occurrences
    place = next((place for place, one in enumerate(found) if one.start == start), None)
    if place is None:
        return None
    occurrence = found[place]
    claims = list(_claims(engagement, expectation, occurrence, moment))
    recorded = changes.known([expectation.pk], occurrence.start, occurrence.end, moment)
    made = list(recorded.select_related("recorded_by", "withdrawal", "withdraws"))
    withdrawn = {change.withdraws_id for change in made}
    return Explanation(
        engagement=engagement,
        expectation=expectation,
        occurrence=occurrence,
        as_of=moment,
        wordings=_wordings(expectation, occurrence),
        changes=made,
        standing=[
            one
            for one in made
            if one.pk not in withdrawn and one.kind != OccurrenceChange.Kind.WITHDRAWAL
        ],
        items=_items(expectation, occurrence, claims[:MOST_ITEMS], moment),
        has_more=len(claims) > MOST_ITEMS,
        earlier=found[place - 1] if place else None,
        later=found[place + 1] if place + 1 < len(found) else None,
    )


def _claims(
    engagement: Engagement, expectation: Expectation, one: Occurrence, moment: datetime
) -> Sequence[Claim]:
    """Return the claims that meet the days of the occurrence, the latest item first."""
    rows = scope.claims_of(engagement).filter(
        expectation=expectation,
        covers_to__gte=one.start,
        covers_from__lte=one.end,
        evidence__received_at__lte=moment,
    )
    fetched = rows.select_related("evidence__superseded_by").order_by("-number")
    return list(fetched[: MOST_ITEMS + 1])


def _items(
    expectation: Expectation, one: Occurrence, claims: Sequence[Claim], moment: datetime
) -> list[Item]:
    keys = [claim.evidence_id for claim in claims]
    results, reviews = _results(expectation, keys, moment), _reviews(keys, moment)
    expected, window = expected_of(expectation), Window(one.start, one.end, one.due)
    return [
        _item(expected, window, one, claim, results[key], reviews[key], moment)
        for claim, key in zip(claims, keys, strict=True)
    ]


def _item(  # noqa: PLR0917  one thing with all its parts
    expected: Expected,
    window: Window,
    one: Occurrence,
    claim: Claim,
    results: Sequence[CheckResult],
    reviews: Sequence[Review],
    moment: datetime,
) -> Item:
    claimed = _claimed(expected, claim, results, reviews, moment)
    return Item(
        evidence=claim.evidence,
        claim=claim,
        counts=reasons.counts(claimed, expected, window, one.evidence),
        why=reasons.why(claimed, expected, window, one.evidence),
        results=results,
        reviews=reviews,
    )


def _claimed(
    expected: Expected,
    claim: Claim,
    results: Sequence[CheckResult],
    reviews: Sequence[Review],
    moment: datetime,
) -> Claimed:
    item = claim.evidence
    newer = getattr(item, "superseded_by", None)
    states = {result.check_ref_id: result.state for result in results}
    worst = min(states.values(), key=_WORST.index, default="")
    return Claimed(
        expected.expectation,
        item.ref,
        claim.covers_from,
        claim.covers_to,
        days.day_of(claim.retrieved_at),
        item.received_at,
        Decision(reviews[-1].decision if reviews else ""),
        Verdict(worst),
        newer is not None and newer.received_at <= moment,
        claim.is_partial,
        claim.number,
    )


def _results(
    expectation: Expectation, keys: Sequence[int], moment: datetime
) -> Mapping[int, list[CheckResult]]:
    rows = CheckResult.objects.filter(
        evidence__in=keys, check_ref__expectation=expectation, ran_at__lte=moment
    )
    found: dict[int, list[CheckResult]] = defaultdict(list)
    for result in rows.select_related("check_ref").order_by("id"):
        found[result.evidence_id].append(result)
    return found


def _reviews(keys: Sequence[int], moment: datetime) -> Mapping[int, list[Review]]:
    rows = Review.objects.filter(evidence__in=keys, decided_at__lte=moment)
    found: dict[int, list[Review]] = defaultdict(list)
    for review in rows.select_related("reviewer").order_by("id"):
        found[review.evidence_id].append(review)
    return found


def _wordings(expectation: Expectation, one: Occurrence) -> list[Wording]:
    """Return the wordings in force on the days of the occurrence, in order."""
    versions = list(
        expectation.control.versions.filter(effective_from__lte=one.end).order_by("number")
    )
    starts = sorted(
        {one.start, *(v.effective_from for v in versions if v.effective_from > one.start)}
    )
    found: list[Wording] = []
    for day in starts:
        in_force = [version for version in versions if version.effective_from <= day]
        if in_force and (not found or found[-1].version != in_force[-1]):
            found.append(Wording(in_force[-1], day))
    return found
