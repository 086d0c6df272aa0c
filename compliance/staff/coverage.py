"""The heat map of control and month for an engagement, and what lies behind each of its cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode

from accounts.capabilities import Capability
from audits import findings, flags, summary
from audits.coverage import Occurrence, State
from audits.facts import ControlLine, CoverageReport, awaiting_review, coverage_of
from audits.flags import Flag, Flags
from audits.models import Engagement, Finding
from compliance import bound_findings
from compliance.staff import chosen, words
from compliance.staff.findings import BADGES
from compliance.staff.forms import DayField, StaffForm
from compliance.staff.site import READ, site
from controls.models import Control, Expectation
from evidence.models import Evidence
from registers.forms import registry as forms_registry
from registers.forms.registry import Kind

STATES = (
    (State.MET, "Met", "covered in time, and no check failed"),
    (State.LATE, "Late", "covered, but after the due day"),
    (State.PARTIAL, "Partial", "only some of its days are covered"),
    (State.FAILING, "Failing", "covered, and a check found exceptions"),
    (State.MISSED, "Missed", "nothing covers it, and its due day is over"),
    (State.UPCOMING, "Upcoming", "not due yet"),
    (State.EXEMPT, "Exempt", "within a recorded exemption"),
)
LABELS = {state: label for state, label, _ in STATES}
ROWS_PER_PAGE = 80


class AsOfForm(StaffForm):
    """The day as of which coverage is asked, and the area that is looked at."""

    as_of = DayField(label="As of", required=False)
    area = forms.ChoiceField(required=False, choices=[("", "All areas"), *Control.Area.choices])
    state = forms.ChoiceField(
        required=False, choices=[("", "All states"), *((s.value, label) for s, label, _ in STATES)]
    )


@dataclass(frozen=True)
class Square:
    """One cell as it is drawn: a state for its sign and colour, and words for who cannot see it."""

    href: str
    state: str
    words: str
    count: str
    flag: Flag | None


@dataclass(frozen=True)
class Line:
    control: summary.Row
    squares: Sequence[Square | None]


@site.page("coverage/", name="coverage", needs=Capability.VIEW, methods=READ)
def heat_map(request: HttpRequest) -> HttpResponseBase:
    choice = chosen.of(request)
    form = AsOfForm(request.GET or None)
    context: dict[str, Any] = {"title": "Coverage", "choice": choice, "form": form}
    if choice.engagement is None:
        return site.render(request, "staff/coverage.html", context)
    asked = asked_day(form)
    found = summary.of(choice.engagement, asked)
    fit = [row for row in found.rows if _fits(row, form)]
    page = _page(request)
    start = page * ROWS_PER_PAGE
    shown = fit[start : start + ROWS_PER_PAGE]
    known = flags.of(
        choice.engagement, summary.moment_of(asked), controls=[row.ref for row in shown]
    )
    context |= {
        "asked": asked,
        "months": _years(found.days),
        "lines": [
            _line(row, found.days, choice.engagement.pk, kept(asked), known) for row in shown
        ],
        "fit": len(fit),
        "any": bool(found.rows),
        "following": page + 2 if len(fit) > start + ROWS_PER_PAGE else None,
        "previous": page if start else None,
        "legend": [(s.value, label, text, found.totals[s]) for s, label, text in STATES],
        "gaps": found.gaps,
    }
    return site.render(request, "staff/coverage.html", context)


@site.page(
    "coverage/<int:pk>/<str:control>/<str:month>/",
    name="coverage_cell",
    needs=Capability.VIEW,
    methods=READ,
)
def cell(request: HttpRequest, pk: int, control: str, month: str) -> HttpResponseBase:
    """Show the occurrences of one control that end in one month, each with its reason."""
    engagement = get_object_or_404(Engagement.objects.select_related("framework"), pk=pk)
    asked = asked_day(AsOfForm(request.GET or None))
    report = coverage_of(engagement, summary.moment_of(asked), control=control)
    line = next((each for each in report.controls if each.ref == control), None)
    first = next((each for each in report.months if f"{each:%Y-%m}" == month), None)
    if line is None or first is None:
        raise Http404
    place = report.months.index(first)
    moment = summary.moment_of(asked)
    context = {
        "title": f"{line.ref} in {first:%B %Y}",
        "engagement": engagement,
        "asked": asked,
        "as_of": report.as_of,
        "line": line,
        "control": get_object_or_404(Control, ref=line.ref),
        "state": line.cells[place].state,
        "state_words": LABELS.get(line.cells[place].state or State.EXEMPT, "Nothing expected"),
        "groups": _groups(line, report, first),
        "flags": flags.of(engagement, moment, controls=[line.ref]),
        "findings": bound_findings.shown(
            _findings(engagement, line.ref, first, moment), marks=BADGES
        ),
        "awaiting": _awaiting(report, first),
        "keep": kept(asked),
        "earlier": _neighbour(report, line, place - 1, asked),
        "later": _neighbour(report, line, place + 1, asked),
        "map": _map_of(engagement, asked),
    }
    return site.render(request, "staff/coverage_cell.html", context)


def url_of_state(engagement: Engagement, state: State) -> str:
    """Where the controls are listed that have an occurrence in a state."""
    wanted = urlencode({"engagement": engagement.pk, "state": state.value})
    return f"{reverse('admin:coverage')}?{wanted}"


def _map_of(engagement: Engagement, asked: date | None) -> str:
    """The heat map of an engagement, as of the same day."""
    wanted = {"engagement": str(engagement.pk), **({"as_of": asked.isoformat()} if asked else {})}
    return f"{reverse('admin:coverage')}?{urlencode(wanted)}"


def asked_day(form: AsOfForm) -> date | None:
    """Return the day that was asked for; None for now."""
    day: date | None = form.cleaned_data.get("as_of") if form.is_valid() else None
    return day if day and day < words.today() else None


def _fits(row: summary.Row, form: AsOfForm) -> bool:
    wanted = form.cleaned_data if form.is_bound and form.is_valid() else {}
    area, state = wanted.get("area"), wanted.get("state")
    if area and area not in row.areas:
        return False
    return not state or any(state in cell for cell in row.cells)


def _line(row: summary.Row, months: Sequence[date], key: int, keep: str, known: Flags) -> Line:
    return Line(
        row,
        [
            _square(cell, f"{key}/{row.ref}/{month:%Y-%m}/{keep}", known.of_month(row.ref, month))
            for cell, month in zip(row.cells, months, strict=True)
        ],
    )


def _square(cell: summary.Counts, address: str, flag: Flag | None) -> Square | None:
    state = summary.state_of(cell)
    if state is None:
        return Square(address, "", "nothing expected", "", flag) if flag else None
    counted = [f"{cell[s]} {label.lower()}" for s, label, _ in STATES if s.value in cell]
    total, worst = sum(cell.values()), cell[state]
    return Square(
        href=address,
        state=state.value,
        words=", ".join(counted),
        count="" if total in {1, worst} else f"{worst}/{total}",
        flag=flag,
    )


def _years(months: Sequence[date]) -> list[tuple[int, list[date]]]:
    return [(year, list(group)) for year, group in groupby(months, key=lambda month: month.year)]


def kept(asked: date | None) -> str:
    """What a link adds so that the day that was asked for stays."""
    return f"?as_of={asked.isoformat()}" if asked else ""


def _page(request: HttpRequest) -> int:
    number = request.GET.get("page", "1")
    return max(0, int(number) - 1) if number.isdecimal() and len(number) < 6 else 0


def _groups(
    line: ControlLine, report: CoverageReport, first: date
) -> list[tuple[Expectation, list[tuple[Occurrence, str, list[tuple[str, int]]]], list[Kind]]]:
    """The occurrences of the month by expectation, with label and evidence, and its forms."""
    last = _last_day(first)
    mine = {each.pk: each for each in line.expectations}
    fit = [
        one for one in report.occurrences if one.expectation in mine and first <= one.end <= last
    ]
    refs = {ref for one in fit for ref in one.evidence}
    keys = dict(Evidence.objects.filter(ref__in=refs).values_list("ref", "pk"))
    return [
        (
            mine[key],
            [
                (one, LABELS[one.state], [(ref, keys[ref]) for ref in one.evidence if ref in keys])
                for one in group
            ],
            forms_registry.serving(mine[key].slug),
        )
        for key, group in groupby(fit, key=lambda one: one.expectation)
    ]


def _awaiting(report: CoverageReport, first: date) -> frozenset[str]:
    """The items of the month about which nobody had decided by then."""
    last = _last_day(first)
    refs = [ref for one in report.occurrences if first <= one.end <= last for ref in one.evidence]
    return awaiting_review(refs, report.as_of)


def _findings(
    engagement: Engagement, control: str, first: date, moment: datetime | None
) -> QuerySet[Finding]:
    known = findings.as_known(engagement, moment).filter(control_ref=control)
    return known.filter(flags.in_month(engagement, first))


def _last_day(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _neighbour(
    report: CoverageReport, line: ControlLine, place: int, asked: date | None
) -> tuple[date, str] | None:
    if not 0 <= place < len(report.months):
        return None
    month = report.months[place]
    name = "admin:coverage_cell"
    address = reverse(name, args=[report.engagement.pk, line.ref, f"{month:%Y-%m}"])
    return month, f"{address}{kept(asked)}"
