"""One control as an auditor reads it: wording of the window, criteria, occurrences, evidence."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from accounts.models import User
from audits import flags, summary
from audits.coverage import WORST_FIRST, Occurrence, State
from audits.facts import CoverageReport, awaiting_review, coverage_of
from audits.models import Engagement, Finding
from compliance import bound_findings
from compliance.portal import access
from compliance.portal.asking import asked_day, kept
from compliance.portal.findings import MARKS
from compliance.portal.pages import show
from controls.models import Control, ControlVersion, Expectation

_SHORT_ENOUGH = 14
"""An expectation with no more occurrences than this is shown whole, month by month opened."""


@dataclass(frozen=True)
class Wording:
    """What a control said, and on which days of the window (both included)."""

    version: ControlVersion
    start: date
    end: date


@dataclass(frozen=True)
class Month:
    """The occurrences of an expectation that end in one month."""

    first_day: date
    occurrences: Sequence[Occurrence]

    @property
    def counts(self) -> list[tuple[State, int]]:
        return _counts(self.occurrences)


@dataclass(frozen=True)
class Expected:
    """An expectation and what became of it, month by month."""

    expectation: Expectation
    months: Sequence[Month]
    counts: Sequence[tuple[State, int]]

    @property
    def is_short(self) -> bool:
        return sum(count for _, count in self.counts) <= _SHORT_ENOUGH


@access.for_auditor
def control(
    request: HttpRequest, user: User, engagement: Engagement, control_ref: str
) -> HttpResponse:
    """Show one control; `?month=2026-10` shows the occurrences of that month only."""
    found = get_object_or_404(access.controls(engagement), ref=control_ref)
    asked = asked_day(request)
    moment = summary.moment_of(asked)
    report = coverage_of(engagement, moment, control=found.ref)
    month = _month(request.GET.get("month", ""))
    access.viewed(engagement, user, found.ref)
    mappings = found.mappings.filter(criterion__framework=engagement.framework_id)
    return show(
        request,
        "control",
        engagement,
        control=found,
        wordings=list(_wordings(found, engagement)),
        mappings=mappings.select_related("criterion").order_by("criterion__position"),
        expected=list(_expected(report, found, month)),
        month=month,
        asked=asked,
        keep=kept(asked),
        flags=flags.of(engagement, moment, controls=[found.ref]),
        findings=bound_findings.shown(_findings(engagement, found, moment, month), marks=MARKS),
        walkthroughs=[(one, one.said) for one in access.walkthroughs(engagement, found)],
        # Who may not record one is told so on the page of it; to ask here costs queries.
        may_conclude=not engagement.closed_at,
        awaiting=awaiting_review(
            (ref for one in report.occurrences for ref in one.evidence), report.as_of
        ),
    )


def _findings(
    engagement: Engagement, control: Control, moment: datetime | None, month: date | None
) -> QuerySet[Finding]:
    """Return the findings of a control; of those whose days end in a month, where one is asked."""
    known = access.findings_known(engagement, moment).filter(control_ref=control.ref)
    return known.filter(flags.in_month(engagement, month)) if month else known


def _expected(report: CoverageReport, control: Control, month: date | None) -> Iterator[Expected]:
    line = next(line for line in report.controls if line.ref == control.ref)
    for expectation in line.expectations:
        shown = [
            one
            for one in report.occurrences
            if one.expectation == expectation.pk and month in {None, _month_of(one)}
        ]
        months = [Month(first, list(ones)) for first, ones in groupby(shown, key=_month_of)]
        yield Expected(expectation, months, _counts(shown))


def _wordings(control: Control, engagement: Engagement) -> Iterator[Wording]:
    """Yield the wordings in force in the window, the oldest first, each with its days."""
    changes = control.versions.filter(
        effective_from__gt=engagement.window_from, effective_from__lte=engagement.window_to
    ).order_by("effective_from")
    days = [engagement.window_from, *changes.values_list("effective_from", flat=True)]
    in_force = [(day, control.wording_on(day)) for day in dict.fromkeys(days)]
    end = engagement.window_to
    spans: list[Wording] = []
    for version, same in groupby(reversed(in_force), key=lambda each: each[1]):
        start = list(same)[-1][0]
        if version:
            spans.append(Wording(version, start, end))
        end = start - timedelta(days=1)
    yield from reversed(spans)


def _counts(occurrences: Sequence[Occurrence]) -> list[tuple[State, int]]:
    counted = Counter(one.state for one in occurrences)
    return [(state, counted[state]) for state in WORST_FIRST if counted[state]]


def _month_of(occurrence: Occurrence) -> date:
    return occurrence.end.replace(day=1)


def _month(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
