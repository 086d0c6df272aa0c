"""The first page for buyers: the posture in plain numbers, and what may be asked for."""

from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from audits.buyers import documents, page
from compliance.trust import access
from reports import posture
from reports.posture import Posture

KEPT_SECONDS = 600
_KEY = "trust.posture"


@access.for_visitors("GET", "HEAD")
def front(request: HttpRequest) -> HttpResponseBase:
    """Show the posture as it was counted within the last ten minutes."""
    context = {
        "posture": _posture(),
        "documents": list(documents.offered()),
        "may_ask": page.agreement() is not None,
        "contact": access.contact(),
        "at": "front",
    }
    return render(request, "trust/front.html", context)


def _posture() -> Posture:
    """Count it once for all who look: a visitor must not be able to make the house work."""
    found: Posture | None = cache.get(_KEY)
    if found is None:
        found = posture.of_today()
        cache.set(_KEY, found, KEPT_SECONDS)
    return found
