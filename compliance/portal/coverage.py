"""Each expected time as an auditor reads it: the map of all, and one with what explains it."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse

from accounts.models import User
from audits import explained, flags, history, summary, window_map
from audits.models import Engagement
from compliance import bound_findings
from compliance.portal import access
from compliance.portal.asking import asked_day, kept, page_number
from compliance.portal.findings import MARKS
from compliance.portal.pages import show
from compliance.portal.signs import SIGNS

ROWS_PER_PAGE = 40


@access.for_auditor
def windows(request: HttpRequest, user: User, engagement: Engagement) -> HttpResponse:
    """Show each expectation by its windows, a page at a time."""
    asked, page = asked_day(request), page_number(request)
    found = window_map.of(
        engagement,
        summary.moment_of(asked),
        start=page * ROWS_PER_PAGE,
        size=ROWS_PER_PAGE,
    )
    controls = sorted({row.expectation.control.ref for row in found.rows})
    access.viewed(engagement, user, f"{engagement.ref}/coverage")
    return show(
        request,
        "windows",
        engagement,
        found=found,
        flags=flags.of(engagement, summary.moment_of(asked), controls=controls),
        asked=asked,
        keep=kept(asked),
        signs=SIGNS,
        previous=page or None,
        following=page + 2 if found.count > (page + 1) * ROWS_PER_PAGE else None,
    )


@access.for_auditor
def occurrence(
    request: HttpRequest, user: User, engagement: Engagement, slug: str, start: str
) -> HttpResponse:
    """Show one expected time: what was expected, what came, and why it is in its state."""
    try:
        day = date.fromisoformat(start)
    except ValueError:
        raise Http404 from None
    asked = asked_day(request)
    found = explained.explain(engagement, slug, day, summary.moment_of(asked))
    if found is None:
        raise Http404
    access.viewed(engagement, user, f"{slug} {found.occurrence.start}"[:120])
    return show(
        request,
        "occurrence",
        engagement,
        found=found,
        one=found.occurrence,
        asked=asked,
        keep=kept(asked),
        history=history.of(engagement, found.expectation, found.as_of),
        findings=bound_findings.shown(
            access.findings_of(engagement, found.occurrence, summary.moment_of(asked)),
            marks=MARKS,
        ),
    )
