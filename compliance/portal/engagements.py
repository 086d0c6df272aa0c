"""The audits of an auditor, and the front page of one: window, coverage, packs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from audits import description, flags, organisations, summary, walkthroughs
from audits.coverage import WORST_FIRST, State
from audits.flags import Flag, Flags
from audits.models import AssertionSignature, Engagement
from audits.parts import Part, divided
from audits.summary import Counts, Row, Summary
from compliance.portal import access
from compliance.portal.asking import asked_day, kept
from compliance.portal.pages import show
from compliance.portal.signs import SIGNS
from evidence import checkpoint
from reports import verifier_page

_BAR = 1000
"""Units of the bar that shows the states' shares, from its left to its right end."""


@dataclass(frozen=True)
class HeatCell:
    """One month of one control as the page shows it: a sign, a colour, and words for readers."""

    month: date
    state: State | None
    sign: str
    words: str
    flag: Flag | None = None


@dataclass(frozen=True)
class HeatRow:
    """One control as the page shows it."""

    control: Row
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True)
class Share:
    """A state, how many occurrences are in it, and its place in the bar of all of them."""

    state: State
    count: int
    start: int
    width: int


@access.for_auditor
def engagements(request: HttpRequest, user: User) -> HttpResponse:
    """List what this auditor may see; nothing yet is a page that says what to do."""
    mine: list[Any] = list(access.engagements(user))
    closed = list(access.closed(user))
    return show(request, "engagements", rows=[(one, one.until) for one in mine], closed=closed)


@access.for_auditor
def overview(request: HttpRequest, user: User, engagement: Engagement) -> HttpResponse:
    """Show the engagement, its coverage and its packs; `?as_of=2026-10-05` as known that day."""
    asked = asked_day(request)
    found = summary.of(engagement, asked)
    totals = {state: found.totals[state.value] for state in State}
    access.viewed(engagement, user, engagement.ref)
    return show(
        request,
        "overview",
        engagement,
        categories=engagement.categories.order_by("pk").values_list("category", flat=True),
        parts=divided(
            engagement.window_from,
            engagement.window_to,
            [Part(one.title, one.ends_on) for one in engagement.sub_periods.all()],
        ),
        months=found.days,
        asked=asked,
        as_of=summary.moment_of(asked) or timezone.now(),
        keep=kept(asked),
        shares=list(_shares(totals)),
        expected=sum(totals.values()),
        heat=list(_heat(found, flags.of(engagement, summary.moment_of(asked)))),
        uncovered=[{"ref": ref, "title": title} for ref, title in found.gaps],
        packs=list(access.packs(engagement)),
        vkey=checkpoint.vkey(),
        verifiers=verifier_page.published(),
    )


@access.for_auditor
def scope(request: HttpRequest, user: User, engagement: Engagement) -> HttpResponse:
    """Show what else belongs to the scope, and how far management's own papers are."""
    access.viewed(engagement, user, f"{engagement.ref}/scope")
    signed = AssertionSignature.objects.filter(assertion__engagement=engagement)
    return show(
        request,
        "scope",
        engagement,
        categories=engagement.categories.order_by("pk"),
        changes=list(engagement.changes.select_related("changed_by")),
        organisations=list(engagement.organisations.filter(removed_at=None)),
        wordings=organisations.latest_wordings(engagement),
        texts=[(one, row) for one, row in description.current(engagement).items() if row.text],
        reach=walkthroughs.reach_of(engagement),
        signed=signed.select_related("assertion", "signed_by").last(),
    )


def _shares(totals: Mapping[State, int]) -> Iterator[Share]:
    """Yield every state, the worst first; together they fill the bar."""
    whole, before = sum(totals.values()), 0
    for state in WORST_FIRST:
        start = _BAR * before // whole if whole else 0
        before += totals[state]
        end = _BAR * before // whole if whole else 0
        yield Share(state, totals[state], start, end - start)


def _heat(found: Summary, known: Flags) -> Iterator[HeatRow]:
    for row in found.rows:
        cells = zip(found.days, row.cells, strict=True)
        yield HeatRow(
            row,
            tuple(_cell(month, counts, known.of_month(row.ref, month)) for month, counts in cells),
        )


def _cell(month: date, counts: Counts, flag: Flag | None) -> HeatCell:
    state = summary.state_of(counts)
    if state is None:
        return HeatCell(month, None, "", "nothing expected", flag)
    words = ", ".join(f"{counts[each]} {each}" for each in WORST_FIRST if each.value in counts)
    return HeatCell(month, state, SIGNS[state], words, flag)
