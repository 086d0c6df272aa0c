"""The work sheet of a draw: as a table, and item by item."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.models import User
from audits import tallies, worksheets
from audits.errors import AuditsError
from audits.joined import cells_at
from audits.models import Draw, Engagement, SampleAttribute, SampleItem, SampleResult
from audits.sampling import Method
from compliance.portal import access, deviations
from compliance.portal.pages import show
from compliance.portal.sample_forms import AttributesForm, ResultsForm
from evidence import exhibit

PAGE = 50
MARKS = {
    SampleResult.Result.PASS: ("met", "✓"),
    SampleResult.Result.DEVIATION: ("failing", "!"),
    SampleResult.Result.NOT_APPLICABLE: ("exempt", "\N{EN DASH}"),
    SampleResult.Result.NOT_TESTED: ("upcoming", "○"),
}


@dataclass(frozen=True)
class Mark:
    """The result of one attribute as the table shows it: a colour, a sign, and words."""

    state: str
    sign: str
    words: str


@dataclass(frozen=True)
class Line:
    """One item of the work sheet."""

    item: SampleItem
    name: str
    marks: Sequence[Mark]


def found_draw(engagement: Engagement, number: int, draw: int) -> Draw:
    """Return a draw of this audit; 404 for what is none."""
    return get_object_or_404(access.draws(engagement), population__number=number, number=draw)


@access.for_auditor_deed
def draw(
    request: HttpRequest, user: User, engagement: Engagement, number: int, draw: int
) -> HttpResponseBase:
    """Show the work sheet and what it comes to; its auditor chooses what to test."""
    drawn = found_draw(engagement, number, draw)
    attributes = list(drawn.attributes.all())
    form = _attributes_form(request, user, drawn, attributes)
    if form and form.is_valid():
        try:
            worksheets.choose_attributes(drawn, titles=form.lines, by=user)
        except AuditsError as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("portal:draw", engagement.ref, number, draw)
    access.viewed(engagement, user, drawn.ref)
    items, following = _page(drawn, request.GET.get("after", ""))
    return show(
        request,
        "draw",
        engagement,
        draw=drawn,
        population=drawn.population,
        method=Method(drawn.method).words,
        attributes=attributes,
        lines=_lines(drawn, items, attributes),
        following=following,
        is_first="after" not in request.GET,
        tallies=tallies.tallies_of(drawn),
        form=form,
        may_conclude=access.may_conclude(user, engagement) and not engagement.closed_at,
        proof=exhibit.proof(drawn.ledger_entry),
    )


@access.for_auditor_deed
def item(
    request: HttpRequest, user: User, engagement: Engagement, *, number: int, draw: int, row: int
) -> HttpResponseBase:
    """Show one item drawn with its cells, and take its results."""
    drawn = found_draw(engagement, number, draw)
    found = get_object_or_404(drawn.items, row=row)
    attributes = list(drawn.attributes.all())
    history = _history(found)
    latest = {letter: results[-1] for letter, results in history.items()}
    may_conclude = access.may_conclude(user, engagement) and not engagement.closed_at
    if request.method == "POST" and not may_conclude:
        raise Http404
    form = ResultsForm(request.POST or None, attributes=attributes, latest=latest)
    if form.is_valid():
        try:
            _record(request, drawn, form, row, by=user)
        except AuditsError as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("portal:sample_item", engagement.ref, number, draw, row)
    access.viewed(engagement, user, f"{drawn.ref}#{row}")
    (cells,) = cells_at(drawn.population, [found.offset])
    return show(
        request,
        "sample_item",
        engagement,
        draw=drawn,
        population=drawn.population,
        item=found,
        cells=list(zip(drawn.population.said["columns"], cells, strict=True)),
        form=form,
        groups=form.groups(history),
        may_conclude=may_conclude,
        neighbours=_neighbours(found),
    )


def _record(request: HttpRequest, drawn: Draw, form: ResultsForm, row: int, *, by: User) -> None:
    entry = worksheets.record_results(
        drawn, results=form.results(row), by=by, report_deviation=deviations.report
    )
    if entry:
        messages.success(request, f"Recorded as entry {entry.number} of the work sheet.")
    else:
        messages.info(request, "Nothing had changed, so nothing was recorded.")


def _attributes_form(
    request: HttpRequest, user: User, drawn: Draw, attributes: Sequence[SampleAttribute]
) -> AttributesForm | None:
    engagement = drawn.population.engagement
    if not access.may_conclude(user, engagement) or engagement.closed_at:
        return None
    usual = () if attributes else worksheets.proposed_attributes(drawn.population.control)
    return AttributesForm(request.POST or None, initial={"titles": "\n".join(usual)})


def _page(drawn: Draw, after: str) -> tuple[list[SampleItem], int | None]:
    if after and not (after.isascii() and after.isdecimal() and len(after) < 19):
        raise Http404
    rows = list(drawn.items.filter(row__gt=int(after or 0))[: PAGE + 1])
    return rows[:PAGE], rows[PAGE - 1].row if len(rows) > PAGE else None


def _lines(
    drawn: Draw, items: Sequence[SampleItem], attributes: Sequence[SampleAttribute]
) -> list[Line]:
    said = drawn.population.said
    place = said["columns"].index(said["id_column"]) if said["id_column"] else 0
    found = cells_at(drawn.population, [one.offset for one in items])
    latest = worksheets.latest_of(items)
    return [
        Line(
            one,
            cells[place],
            [_mark(latest.get((one.row, attribute.letter))) for attribute in attributes],
        )
        for one, cells in zip(items, found, strict=True)
    ]


def _mark(result: SampleResult | None) -> Mark:
    said = SampleResult.Result(result.result) if result else SampleResult.Result.NOT_TESTED
    return Mark(*MARKS[said], str(said.label))


def _history(found: SampleItem) -> dict[str, list[SampleResult]]:
    """Return every result of an item by letter, the latest last."""
    rows = found.results.select_related("attribute", "evidence", "entry__made_by").order_by("pk")
    history: dict[str, list[SampleResult]] = defaultdict(list)
    for one in rows:
        history[one.attribute.letter].append(one)
    return history


def _neighbours(found: SampleItem) -> tuple[int | None, int | None]:
    ours = SampleItem.objects.filter(draw=found.draw_id)
    before = ours.filter(row__lt=found.row).order_by("-row").values_list("row", flat=True).first()
    after = ours.filter(row__gt=found.row).order_by("row").values_list("row", flat=True).first()
    return before, after
