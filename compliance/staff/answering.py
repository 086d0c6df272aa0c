"""Answering a request in the staff door: picking evidence, or handing it in first."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.capabilities import Capability
from audits import requests, scope
from audits.errors import OutOfScopeError, RequestError
from audits.models import EvidenceRequest
from audits.request_terms import split
from compliance.staff.base import REFUSALS, person, typed
from compliance.staff.requests import request_of
from compliance.staff.site import READ_AND_DO, site
from evidence.models import Evidence

_FOUND = 20
_LOOKED_AT = 5_000
"""A title is looked for among so many of the newest items; an older one is found by reference."""


@site.page(
    "requests/<int:pk>/answer/",
    name="request_answer",
    needs=Capability.SUBMIT_EVIDENCE,
    methods=READ_AND_DO,
)
def answer(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Answer with chosen evidence; what is out of scope needs a second, explicit word."""
    found = request_of(pk)
    asked = request.GET.get("q", "").replace("\0", "").strip()
    refs = list(split(",".join(request.GET.getlist("evidence")).replace("\0", "")))
    problem, needs_widening = "", False
    if request.method == "POST":
        refs = [*split(",".join(request.POST.getlist("evidence"))), *split(typed(request, "more"))]
        refs = [ref.replace("\0", "").upper() for ref in refs]
        try:
            _answer(request, found, refs)
        except OutOfScopeError as refusal:
            problem, needs_widening = str(refusal), True
        except REFUSALS as refusal:
            problem = str(refusal)
        else:
            return redirect("admin:request", pk)
    chosen = list(Evidence.objects.filter(ref__in=refs[:_FOUND]))
    context = {
        "title": f"Answer request {found.number}",
        "found": found,
        "asked": asked,
        "chosen": chosen,
        "offered": _offered(found, asked, chosen),
        "note": typed(request, "note"),
        "problem": problem,
        "needs_widening": needs_widening,
        "hand_in": _hand_in(found),
    }
    return site.render(request, "staff/request_answer.html", context)


def _answer(request: HttpRequest, found: EvidenceRequest, refs: Sequence[str]) -> None:
    wanted = list(dict.fromkeys(refs))
    known = {item.ref: item for item in Evidence.objects.filter(ref__in=wanted)}
    missing = [ref for ref in wanted if ref not in known]
    if missing:
        raise RequestError(f"There is no evidence {missing[0][:40]!r}.")
    requests.answer(
        found,
        evidence=[known[ref] for ref in wanted],
        note=typed(request, "note"),
        by=person(request),
        widen=request.POST.get("widen") == "yes",
    )


def _offered(
    found: EvidenceRequest, asked: str, chosen: Sequence[Evidence]
) -> list[tuple[Evidence, bool]]:
    """Return items to choose from, each with whether it is in scope: those asked for by reference
    or title, or else the newest that claim what the request is about."""
    items = Evidence.objects.exclude(pk__in=[item.pk for item in chosen]).order_by("-pk")
    if asked:
        newest = Evidence.objects.order_by("-pk").values_list("pk", flat=True)
        floor = next(iter(newest[_LOOKED_AT : _LOOKED_AT + 1]), 0)
        items = items.filter(Q(ref=asked.upper()) | Q(pk__gt=floor, title__icontains=asked))
    else:
        claims = scope.claims_of(found.engagement)
        about = Q(expectation__control__ref__in=split(found.refs))
        if found.expectation_id:
            about |= Q(expectation=found.expectation_id)
        keys = claims.filter(about).order_by("-evidence_id").values("evidence_id")
        items = items.filter(pk__in=keys.distinct()[:_FOUND])
    shown = list(items[:_FOUND])
    ours = scope.evidence_of(found.engagement).filter(pk__in=[item.pk for item in shown])
    inside = set(ours.values_list("pk", flat=True))
    return [(item, item.pk in inside) for item in shown]


def _hand_in(found: EvidenceRequest) -> str:
    """Return where a file is handed in, which leads back here with the new item chosen."""
    asked: dict[str, Any] = {"request": found.pk}
    if found.expectation_id:
        asked["expectation"] = found.expectation_id
    return f"{reverse('admin:hand_in')}?{urlencode(asked)}"
