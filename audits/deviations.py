"""Opens findings for results of checks that did not pass, in every open engagement they concern.

Nothing upstairs is told and nothing is signalled: results are looked through from where the last
look ended. The look begins anew when the scope or the window of the engagement changed. A result
that was observed already is not observed again, so that the look may be repeated at any time. A
check that could not run proves nothing, so it opens a finding too, of the kind "could not run". A
later pass closes nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from hashlib import sha256

from django.db.models import Max, Q

from audits import days, findings, scope
from audits.finding_record import Kind, Source
from audits.finding_subjects import occurrence, windows_of
from audits.findings import LONGEST_TITLE, Observation
from audits.models import Engagement, FindingScan
from controls.cadence import Window
from controls.models import Expectation
from evidence import ledger
from evidence.models import CheckResult, Claim

KIND = "audits.findings"
"""The kind of job that looks for findings; its payload may name one engagement."""
Tell = Callable[[int, int, str], None]

_BATCH = 200
_BAD = (CheckResult.State.FAILED, CheckResult.State.ERROR)


def waiting() -> list[Engagement]:
    """Return the open engagements for which the log has grown since their last look."""
    unseen = Q(finding_scan__isnull=True) | Q(finding_scan__log_size__lt=ledger.size())
    return list(Engagement.objects.filter(unseen, closed_at__isnull=True).order_by("pk"))


def look(engagement: Engagement, *, tell: Tell | None = None) -> int:
    """Keep every failing result of an engagement in a finding; return how many were looked at."""
    if engagement.closed_at is not None:
        return 0
    log_size = ledger.size()
    expectations = {one.pk: one for one in _expectations(engagement)}
    known = FindingScan.objects.filter(engagement=engagement).first()
    in_scope = _digest(engagement, expectations)
    since = known.seen if known and known.scope == in_scope else 0
    until = CheckResult.objects.aggregate(last=Max("pk"))["last"] or 0
    looked_at = 0
    if until > since:
        for batch in _batches(expectations, since, until):
            _keep(engagement, expectations, batch)
            looked_at += len(batch)
            if tell:
                tell(looked_at, 0, engagement.ref)
    FindingScan.objects.update_or_create(
        engagement=engagement,
        defaults={"scope": in_scope, "seen": until, "log_size": log_size},
    )
    return looked_at


def _expectations(engagement: Engagement) -> Sequence[Expectation]:
    return list(scope.expectations_of(engagement).select_related("control"))


def _digest(engagement: Engagement, expectations: Mapping[int, Expectation]) -> str:
    """Name what a look depends on: the window and the expectations in scope."""
    lines = [f"{engagement.window_from} {engagement.window_to}"]
    lines += [
        f"{one.pk} {one.cadence} {one.kind} {one.active_from} {one.active_to}"
        for one in sorted(expectations.values(), key=lambda one: one.pk)
    ]
    return sha256("\n".join(lines).encode()).hexdigest()


def _batches(
    expectations: Mapping[int, Expectation], since: int, until: int
) -> Iterator[list[CheckResult]]:
    """Yield the results that did not pass, in the order in which they came.

    They are written under the log's lock, so that none with a lower key comes later.
    """
    while True:
        rows = CheckResult.objects.filter(
            pk__gt=since, pk__lte=until, state__in=_BAD, check_ref__expectation__in=expectations
        )
        batch = list(
            rows.select_related("check_ref", "evidence").defer("exceptions").order_by("pk")[:_BATCH]
        )
        if batch:
            yield batch
        if len(batch) < _BATCH:
            return
        since = batch[-1].pk


def _keep(
    engagement: Engagement,
    expectations: Mapping[int, Expectation],
    batch: Sequence[CheckResult],
) -> None:
    claims: dict[tuple[int, int], Claim] = {
        (one.evidence_id, one.expectation_id): one
        for one in Claim.objects.filter(
            evidence__in=[result.evidence_id for result in batch], expectation__in=expectations
        )
    }
    expected: dict[int, list[Window]] = defaultdict(list)
    for result in batch:
        expectation = expectations[result.check_ref.expectation_id]
        claim = claims.get((result.evidence_id, expectation.pk))
        if claim is None:
            continue
        windows = expected[expectation.pk] = expected[expectation.pk] or windows_of(
            engagement, expectation
        )
        first, last = _days_shown(expectation, claim)
        for window in windows:
            if window.start <= last and first <= window.end:
                findings.observe(
                    engagement,
                    subject=occurrence(expectation, window),
                    title=_title(result),
                    observation=_observation(result),
                    source=Source.CHECK,
                    by=None,
                )


def _days_shown(expectation: Expectation, claim: Claim) -> tuple[date, date]:
    """Return the days for which an item speaks, as coverage counts them.

    A state speaks for its moment only; one that lies after its own retrieval was never seen.
    """
    first, last = claim.covers_from, claim.covers_to
    if expectation.kind != Expectation.Kind.STATE or first == last:
        return first, last
    retrieved = days.day_of(claim.retrieved_at)
    if first <= retrieved <= last:
        return retrieved, retrieved
    return last, last - timedelta(days=1)


def _title(result: CheckResult) -> str:
    outcome = "could not run" if result.state == CheckResult.State.ERROR else "exceptions found"
    return f"{result.check_ref.title[: LONGEST_TITLE - 30]}: {outcome}"


def _observation(result: CheckResult) -> Observation:
    check, item = result.check_ref, result.evidence
    if result.state == CheckResult.State.ERROR:
        return Observation(
            condition=f"Expected: {check.title}. The check of {item.ref} could not run, so it "
            f"proves nothing: {result.error}",
            kind=Kind.COULD_NOT_RUN,
            evidence=item,
            check_result=result,
        )
    exceptions, population = result.exception_count or 0, result.population_count or 0
    allowed = f"; the check allows {check.threshold:,}" if check.threshold else ""
    return Observation(
        condition=f"Expected: {check.title}. The check of {item.ref} returned {exceptions:,} "
        f"exception{'' if exceptions == 1 else 's'} in a population of {population:,}{allowed}.",
        evidence=item,
        check_result=result,
        exceptions=exceptions,
        population=max(population, exceptions),
        counted="rows tested",
    )
