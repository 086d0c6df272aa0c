"""The queue of gaps in the staff door: what is missing, the gravest first, each with its deed."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.capabilities import Capability
from compliance.staff import readiness_links
from compliance.staff.base import PER_PAGE
from compliance.staff.site import site
from compliance.staff.surveying import with_survey
from readiness.gaps import GapKind
from readiness.survey import Survey

_KINDS = {kind.name.lower(): kind for kind in GapKind}


@site.page("gaps/", name="gaps", needs=Capability.VIEW)
@with_survey
def gaps(request: HttpRequest, survey: Survey) -> HttpResponseBase:
    """Show the gaps of one kind or of all, a page at a time."""
    wanted = _KINDS.get(request.GET.get("kind", ""))
    found = [gap for gap in survey.gaps if wanted is None or gap.kind is wanted]
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page", "1"))
    counts = {kind: sum(gap.kind is kind for gap in survey.gaps) for kind in GapKind}
    context = {
        "title": "Gaps",
        "lines": [(gap, readiness_links.of_gap(request, gap, survey)) for gap in page.object_list],
        "page": page,
        "views": [
            ("", "All", len(survey.gaps), wanted is None),
            *((name, kind.words, counts[kind], wanted is kind) for name, kind in _KINDS.items()),
        ],
        "newer": _turn(wanted, page.number - 1) if page.has_previous() else "",
        "older": _turn(wanted, page.number + 1) if page.has_next() else "",
        "is_narrowed": wanted is not None,
    }
    return site.render(request, "staff/gaps.html", context)


def _turn(wanted: GapKind | None, page: int) -> str:
    kind = {"kind": wanted.name.lower()} if wanted else {}
    return "?" + urlencode({**kind, "page": page})
