"""Asks the database what coverage needs to know, in five queries, and sums up the answer."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from audits import days, scope
from audits.claims import Claimed, Decision, Kind, Verdict
from audits.coverage import SHORTFALL, Expected, Occurrence, State, cover, worst
from audits.models import Engagement
from controls.models import Expectation
from evidence.models import CheckResult, Review

_WORST_VERDICT = (Verdict.ERROR, Verdict.FAILED, Verdict.PASSED, Verdict.NONE)


@dataclass(frozen=True)
class CriterionLine:
    """A criterion in scope, and the controls that serve it; none is a gap in the design."""

    ref: str
    title: str
    category: str
    controls: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """One control in one month: how many occurrences of each state end there."""

    counts: Mapping[State, int]

    @property
    def state(self) -> State | None:
        """The worst state of the month; None where nothing is expected."""
        return worst(self.counts) if self.counts else None

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class ControlLine:
    """A control in scope: the criteria it serves, and a cell for each month of the window."""

    ref: str
    title: str
    criteria: tuple[str, ...]
    expectations: tuple[Expectation, ...]
    cells: tuple[Cell, ...]

    @property
    def counts(self) -> Mapping[State, int]:
        return sum((Counter(cell.counts) for cell in self.cells), Counter())


@dataclass(frozen=True)
class CoverageReport:
    """The coverage of an engagement as of a moment."""

    engagement: Engagement
    as_of: datetime
    months: tuple[date, ...]
    """The first day of each month that the window meets."""
    occurrences: tuple[Occurrence, ...]
    controls: tuple[ControlLine, ...]
    criteria: tuple[CriterionLine, ...]

    @property
    def totals(self) -> Mapping[State, int]:
        """How many occurrences are in each state, every state named."""
        counted = Counter(occurrence.state for occurrence in self.occurrences)
        return {state: counted[state] for state in State}

    @property
    def shortfall(self) -> tuple[Occurrence, ...]:
        return tuple(one for one in self.occurrences if one.state in SHORTFALL)


def coverage_of(engagement: Engagement, as_of: datetime | None = None) -> CoverageReport:
    """Return every occurrence that the engagement expects, as it was known at `as_of` (or now)."""
    moment = as_of or timezone.now()
    expectations = list(scope.expectations_of(engagement).select_related("control"))
    occurrences = cover(
        [_expected(one) for one in expectations],
        _claims(engagement, moment),
        start=engagement.window_from,
        end=engagement.window_to,
        as_of=moment,
        zone=days.zone(),
    )
    criteria, controls = _mapped(engagement)
    months = tuple(_months(engagement.window_from, engagement.window_to))
    return CoverageReport(
        engagement=engagement,
        as_of=moment,
        months=months,
        occurrences=tuple(occurrences),
        controls=tuple(_lines(controls, expectations, occurrences, months)),
        criteria=criteria,
    )


def happened(at: datetime | None, as_of: datetime) -> bool:
    """Say whether something with this date, or with none, had happened by a moment."""
    return at is not None and at <= as_of


def _expected(expectation: Expectation) -> Expected:
    return Expected(
        expectation.pk,
        expectation.slug,
        Kind(expectation.kind),
        expectation.cadence,
        expectation.days_allowed,
        expectation.active_from,
        expectation.active_to,
    )


def _claims(engagement: Engagement, moment: datetime) -> Iterator[Claimed]:
    decisions = _decisions(engagement, moment)
    verdicts = _verdicts(engagement, moment)
    rows = (
        scope.claims_of(engagement)
        .filter(evidence__received_at__lte=moment)
        .order_by("evidence_id")
        .values_list(
            "expectation_id",
            "evidence_id",
            "evidence__ref",
            "covers_from",
            "covers_to",
            "evidence__collected_at",
            "evidence__received_at",
            "evidence__superseded_by__received_at",
            "is_partial",
        )
    )
    for expectation, pk, ref, first, last, collected, received, next_at, partial in rows.iterator():
        yield Claimed(
            expectation,
            ref,
            first,
            last,
            days.day_of(collected),
            received,
            decisions.get(pk, Decision.NONE),
            verdicts.get((pk, expectation), Verdict.NONE),
            happened(next_at, moment),
            partial,
        )


def _decisions(engagement: Engagement, moment: datetime) -> dict[int, Decision]:
    """Return the latest decision about each item."""
    rows = (
        Review.objects.filter(
            evidence__in=scope.claims_of(engagement).values("evidence"), decided_at__lte=moment
        )
        .order_by("id")
        .values_list("evidence_id", "decision")
    )
    return {evidence: Decision(decision) for evidence, decision in rows}


def _verdicts(engagement: Engagement, moment: datetime) -> dict[tuple[int, int], Verdict]:
    """Return the worst of the latest results of the checks of each item, by expectation."""
    rows = (
        CheckResult.objects.filter(
            evidence__in=scope.claims_of(engagement).values("evidence"), ran_at__lte=moment
        )
        .order_by("id")
        .values_list("evidence_id", "check_ref__expectation_id", "check_ref_id", "state")
    )
    latest = {(evidence, expectation, check): state for evidence, expectation, check, state in rows}
    worst_of: dict[tuple[int, int], Verdict] = {}
    for (evidence, expectation, _), state in latest.items():
        known = worst_of.get((evidence, expectation), Verdict.NONE)
        worst_of[evidence, expectation] = min(Verdict(state), known, key=_WORST_VERDICT.index)
    return worst_of


@dataclass(frozen=True)
class _Mapped:
    ref: str
    title: str
    criteria: list[str]


def _mapped(engagement: Engagement) -> tuple[tuple[CriterionLine, ...], dict[int, _Mapped]]:
    """Return the criteria in scope and the controls that serve them, in one query."""
    controls: dict[int, _Mapped] = {}
    criteria: dict[str, tuple[str, str, list[str]]] = {}
    rows = (
        scope.criteria_of(engagement)
        .order_by("position", "mappings__control__ref")
        .values_list(
            "ref",
            "title",
            "category",
            "mappings__control_id",
            "mappings__control__ref",
            "mappings__control__title",
        )
    )
    for ref, title, category, control, control_ref, control_title in rows:
        serving = criteria.setdefault(ref, (title, category, []))[2]
        if control is not None:
            serving.append(control_ref)
            known = controls.setdefault(control, _Mapped(control_ref, control_title, []))
            known.criteria.append(ref)
    lines = tuple(
        CriterionLine(ref, title, category, tuple(serving))
        for ref, (title, category, serving) in criteria.items()
    )
    return lines, controls


def _lines(
    controls: Mapping[int, _Mapped],
    expectations: Sequence[Expectation],
    occurrences: Sequence[Occurrence],
    months: Sequence[date],
) -> Iterator[ControlLine]:
    place = {month: number for number, month in enumerate(months)}
    owner = {expectation.pk: expectation.control_id for expectation in expectations}
    counted = {pk: [Counter[State]() for _ in months] for pk in controls}
    for one in occurrences:
        counted[owner[one.expectation]][place[one.end.replace(day=1)]][one.state] += 1
    expected: dict[int, list[Expectation]] = {pk: [] for pk in controls}
    for expectation in expectations:
        expected[expectation.control_id].append(expectation)
    for pk, control in sorted(controls.items(), key=lambda item: item[1].ref):
        yield ControlLine(
            ref=control.ref,
            title=control.title,
            criteria=tuple(control.criteria),
            expectations=tuple(expected[pk]),
            cells=tuple(Cell(dict(counter)) for counter in counted[pk]),
        )


def _months(start: date, end: date) -> Iterator[date]:
    month = start.replace(day=1)
    while month <= end:
        yield month
        month = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
