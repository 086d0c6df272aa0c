"""What reports of evidence share: the items that claim something in a period, with their checks."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from django.db.models import Q

from evidence.models import CheckResult, Claim, Review
from reports.written.document import Column, Mark, Row, Table, Tone

_ITEMS = (
    Column("Item", 12),
    Column("What it shows", 34, wraps=True),
    Column("Expectation", 30, wraps=True),
    Column("From", 11),
    Column("To", 11),
    Column("Received", 16),
    Column("Rows", 9, is_number=True),
    Column("Checks", 24, wraps=True),
    Column("Exceptions", 10, is_number=True),
    Column("Review", 12),
)
_RESULTS = {
    CheckResult.State.PASSED: "passed",
    CheckResult.State.FAILED: "found exceptions",
    CheckResult.State.ERROR: "could not run",
}
_DECISIONS = {
    "accepted": Mark("accepted", Tone.GOOD),
    "returned": Mark("returned", Tone.BAD),
}
_UNREVIEWED = Mark("not reviewed", Tone.WARN)


def claims(slugs: Sequence[str], first: date, last: date, as_of: datetime) -> list[Claim]:
    """Return the claims to some expectations that meet a period, oldest first.

    None had been replaced by the moment.
    """
    found = Claim.objects.filter(
        not_replaced(as_of, "evidence__"),
        expectation__slug__in=slugs,
        covers_from__lte=last,
        covers_to__gte=first,
        evidence__received_at__lte=as_of,
    )
    wanted = found.select_related("evidence__population", "expectation__control")
    return list(wanted.order_by("covers_from", "number"))


def not_replaced(as_of: datetime, prefix: str = "") -> Q:
    """Return the condition that no newer version of an item had come in by a moment."""
    newer = f"{prefix}superseded_by__"
    return Q(**{f"{newer}isnull": True}) | Q(**{f"{newer}received_at__gt": as_of})


def table(title: str, found: Sequence[Claim], as_of: datetime, *, empty: str) -> Table:
    """Return the items behind some claims with what their checks and reviewers had said by then."""
    return Table(title, _ITEMS, lambda: _rows(found, as_of), empty=empty)


def exceptions(found: Sequence[Claim], as_of: datetime) -> Mapping[int, int]:
    """Return how many exceptions the last runs of checks had found, by key of the item."""
    return {
        key: sum(one.exception_count or 0 for one in each)
        for key, each in _runs(found, as_of).items()
    }


def _rows(found: Sequence[Claim], as_of: datetime) -> Iterator[Row]:
    runs, decided = _runs(found, as_of), decisions([claim.evidence_id for claim in found], as_of)
    for claim in found:
        item = claim.evidence
        results = runs.get(item.pk, [])
        words = [f"{one.check_ref.title}: {_said(one)}." for one in results]
        population = getattr(item, "population", None)
        yield [
            item.ref,
            item.title,
            f"{claim.expectation.control.ref} {claim.expectation.title}",
            claim.covers_from,
            claim.covers_to,
            item.received_at,
            population.row_count if population else None,
            "\n".join(words) or "no check",
            sum(one.exception_count or 0 for one in results) if results else None,
            decided.get(item.pk, _UNREVIEWED),
        ]


def decisions(keys: Sequence[int], as_of: datetime | None = None) -> dict[int, Mark]:
    """Return the latest decision of a reviewer about some items, by a moment where one is given."""
    rows = Review.objects.filter(evidence__in=keys).order_by("pk")
    if as_of is not None:
        rows = rows.filter(decided_at__lte=as_of)
    return {
        key: _DECISIONS.get(decision, Mark(decision))
        for key, decision in rows.values_list("evidence", "decision")
    }


def _said(result: CheckResult) -> str:
    return _RESULTS[CheckResult.State(result.state)]


def _runs(found: Sequence[Claim], as_of: datetime) -> dict[int, list[CheckResult]]:
    """Return the last result of each check of each item by a moment."""
    keys = {claim.evidence_id for claim in found}
    latest: dict[tuple[int, int], CheckResult] = {}
    results = CheckResult.objects.filter(evidence__in=keys, ran_at__lte=as_of)
    for one in results.select_related("check_ref"):
        known = latest.get((one.evidence_id, one.check_ref_id))
        if known is None or known.pk < one.pk:
            latest[one.evidence_id, one.check_ref_id] = one
    runs: dict[int, list[CheckResult]] = defaultdict(list)
    for (item, _), one in sorted(latest.items()):
        runs[item].append(one)
    return runs
