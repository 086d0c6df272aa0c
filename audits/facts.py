"""Asks the database what coverage needs to know, in five queries, and sums up the answer."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db.models import Exists, OuterRef
from django.utils import timezone

from audits import changes, claim_facts, days, scope
from audits.claims import Kind
from audits.coverage import Expected, Occurrence, State, worst
from audits.models import Engagement
from audits.summed import Block, Clock, cover_summed
from controls.models import Expectation
from evidence.models import Evidence, Review

_FURTHEST = timedelta(days=2 * 366)
"""No time of a rhythm that was over by a date began longer before it."""


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
    blocks: tuple[Block, ...]
    controls: tuple[ControlLine, ...]
    criteria: tuple[CriterionLine, ...]

    @cached_property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """Every occurrence, by control, expectation and time."""
        return tuple(one for block in self.blocks for one in block.occurrences())

    @property
    def totals(self) -> Mapping[State, int]:
        """How many occurrences are in each state, every state named."""
        counted = Counter[State]()
        for block in self.blocks:
            for (_, state), count in block.counts().items():
                counted[state] += count
        return {state: counted[state] for state in State}

    @property
    def shortfall(self) -> tuple[Occurrence, ...]:
        return tuple(one for block in self.blocks for one in block.short())


def coverage_of(
    engagement: Engagement,
    as_of: datetime | None = None,
    *,
    control: str = "",
    slugs: Collection[str] | None = None,
) -> CoverageReport:
    """Return every occurrence that the engagement expects, as it was known at `as_of` (or now).

    With the reference of a control only what that control must leave is asked for and reported;
    with slugs of expectations only these are.
    """
    moment = as_of or timezone.now()
    wanted = scope.expectations_of(engagement).select_related("control")
    if control:
        wanted = wanted.filter(control__ref=control)
    expectations = list(wanted if slugs is None else wanted.filter(slug__in=set(slugs)))
    expected = [expected_of(one) for one in expectations]
    start, end = engagement.window_from, engagement.window_to
    at_a_date = engagement.is_at_a_date
    if at_a_date:
        start = end - _FURTHEST
    question = changes.question(expected, start, end, moment, is_at_a_date=at_a_date)
    if at_a_date:
        start = min([end, *(due.start for one in expected for due in question.windows(one))])
        question = replace(question, start=start)
    facts = claim_facts.read(expected, start, end, moment, Clock(days.zone()))
    blocks = cover_summed(expected, question, facts.sums, facts.claims)
    criteria, controls = _mapped(engagement, control)
    ends = [one.end for block in blocks for one in block.listed or ()] if at_a_date else []
    months = tuple(_months(min([engagement.window_from, *ends]), end))
    return CoverageReport(
        engagement=engagement,
        as_of=moment,
        months=months,
        blocks=tuple(blocks),
        controls=tuple(_lines(controls, expectations, blocks, months)),
        criteria=criteria,
    )


def awaiting_review(refs: Iterable[str], as_of: datetime) -> frozenset[str]:
    """Return those of some items about which nobody had decided by a moment."""
    decided = Review.objects.filter(evidence=OuterRef("pk"), decided_at__lte=as_of)
    open_ones = Evidence.objects.filter(~Exists(decided), ref__in=set(refs))
    return frozenset(open_ones.values_list("ref", flat=True))


def happened(at: datetime | None, as_of: datetime) -> bool:
    """Say whether something with this date, or with none, had happened by a moment."""
    return at is not None and at <= as_of


def expected_of(expectation: Expectation) -> Expected:
    """Return an expectation in the words of the pure core."""
    return Expected(
        expectation.pk,
        expectation.slug,
        Kind(expectation.kind),
        expectation.cadence,
        expectation.days_allowed,
        expectation.active_from,
        expectation.active_to,
        expectation.lag_days,
    )


@dataclass(frozen=True)
class _Mapped:
    ref: str
    title: str
    criteria: list[str]


def _mapped(
    engagement: Engagement, only: str
) -> tuple[tuple[CriterionLine, ...], dict[int, _Mapped]]:
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
            if only and control_ref != only:
                continue
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
    blocks: Sequence[Block],
    months: Sequence[date],
) -> Iterator[ControlLine]:
    place = {month: number for number, month in enumerate(months)}
    owner = {expectation.pk: expectation.control_id for expectation in expectations}
    counted = {pk: [Counter[State]() for _ in months] for pk in controls}
    for block in blocks:
        line = counted[owner[block.expected.expectation]]
        for (month, state), count in block.counts().items():
            line[place[month]][state] += count
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
