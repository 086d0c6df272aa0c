"""The engagement that a page is about: the one named in the address, else the newest open one."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest

from audits.models import Engagement

_MOST = 50


@dataclass(frozen=True)
class Choice:
    """The chosen engagement, and those that could be chosen instead."""

    engagement: Engagement | None
    others: list[Engagement]


def of(request: HttpRequest) -> Choice:
    """Read the choice out of an address; 404 for an engagement that is not there."""
    known = list(Engagement.objects.select_related("framework").order_by("-pk")[:_MOST])
    wanted = request.GET.get("engagement", "")
    if not wanted:
        still_open = [each for each in known if each.closed_at is None]
        return Choice(next(iter(still_open or known), None), known)
    if not wanted.isdecimal() or len(wanted) > 18:
        raise Http404
    found = next((each for each in known if each.pk == int(wanted)), None)
    if found is None:
        found = Engagement.objects.filter(pk=int(wanted)).select_related("framework").first()
    if found is None:
        raise Http404
    return Choice(found, known)
