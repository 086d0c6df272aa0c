"""The review queue: what awaits a decision, oldest first, and the decisions themselves."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.capabilities import Capability
from compliance.staff import standing
from compliance.staff.base import REFUSALS, attempt, back, person, typed
from compliance.staff.item import results_of
from compliance.staff.site import DO, READ, site
from evidence import awaiting, review
from evidence.models import Evidence

PER_PAGE = 20
SHOWN_EXCEPTIONS = 10
MOST_AT_ONCE = 100


@dataclass(frozen=True)
class Waiting:
    """One item of the queue with what a reviewer wants to see of it."""

    item: Evidence
    stands: standing.Standing
    results: list[Any]
    is_own: bool


@site.page("reviews/", name="review_queue", needs=Capability.REVIEW_EVIDENCE, methods=READ)
def queue(request: HttpRequest) -> HttpResponseBase:
    """Show what awaits review, oldest first, with checks and exceptions in view."""
    user = person(request)
    waiting = awaiting.waiting()
    after = _whole(request.GET.get("after"))
    rows = list(
        waiting.among(Evidence.objects.filter(pk__gt=after))
        .select_related("prepared_by")
        .order_by("pk")[: PER_PAGE + 1]
    )
    following = rows[PER_PAGE - 1].pk if len(rows) > PER_PAGE else None
    rows = rows[:PER_PAGE]
    stands = standing.of(rows)
    results = results_of(rows, SHOWN_EXCEPTIONS)
    context = {
        "title": "Review queue",
        "waiting": waiting,
        "entries": [
            Waiting(
                item=row,
                stands=stands[row.pk],
                results=results[row.pk],
                is_own=row.prepared_by_id == user.pk,
            )
            for row in rows
        ],
        "after": after,
        "following": following,
    }
    return site.render(request, "staff/review_queue.html", context)


@site.page(
    "reviews/<int:pk>/accept/",
    name="review_accept",
    needs=Capability.REVIEW_EVIDENCE,
    methods=DO,
)
def accept(request: HttpRequest, pk: int) -> HttpResponseBase:
    item = get_object_or_404(Evidence, pk=pk)
    attempt(
        request,
        lambda: review.accept(item, reviewer=person(request)),
        done=f"{item.ref} is accepted.",
    )
    return redirect(back(request, reverse("admin:review_queue")))


@site.page(
    "reviews/<int:pk>/return/",
    name="review_return",
    needs=Capability.REVIEW_EVIDENCE,
    methods=DO,
)
def give_back(request: HttpRequest, pk: int) -> HttpResponseBase:
    item = get_object_or_404(Evidence, pk=pk)
    reason = typed(request, "reason")
    attempt(
        request,
        lambda: review.return_with_reason(item, reviewer=person(request), reason=reason),
        done=f"{item.ref} is returned.",
    )
    return redirect(back(request, reverse("admin:review_queue")))


@site.page(
    "reviews/accept/",
    name="review_preview",
    needs=Capability.REVIEW_EVIDENCE,
    methods=READ,
)
def preview(request: HttpRequest) -> HttpResponseBase:
    """List what would be accepted together, and what would not, with the reason; change nothing."""
    chosen = _chosen(request.GET.getlist("item"))
    if not chosen:
        messages.warning(request, "Choose the items to accept first.")
        return redirect("admin:review_queue")
    user = person(request)
    stands = standing.of(chosen)
    judged = [(item, stands[item.pk], review.obstacle(item, reviewer=user)) for item in chosen]
    context = {
        "title": "Accept several items",
        "fit": [(item, stand) for item, stand, obstacle in judged if not obstacle],
        "unfit": [(item, stand, obstacle) for item, stand, obstacle in judged if obstacle],
        "flawed": sum(stand.checks in {"failed", "error"} for _, stand, why in judged if not why),
    }
    return site.render(request, "staff/review_preview.html", context)


@site.page(
    "reviews/accept/all/",
    name="review_accept_all",
    needs=Capability.REVIEW_EVIDENCE,
    methods=DO,
)
def accept_all(request: HttpRequest) -> HttpResponseBase:
    """Accept what the preview listed, one deed each, so that one refusal does not stop the rest."""
    user = person(request)
    accepted = 0
    for item in _chosen(request.POST.getlist("item")):
        try:
            review.accept(item, reviewer=user)
        except REFUSALS as refusal:
            messages.error(request, f"{item.ref}: {refusal}")
        else:
            accepted += 1
    if accepted:
        word = "item is" if accepted == 1 else "items are"
        messages.success(request, f"{accepted} {word} accepted.")
    return redirect("admin:review_queue")


def _chosen(keys: list[str]) -> list[Evidence]:
    numbers = [_whole(key) for key in keys[:MOST_AT_ONCE]]
    return list(Evidence.objects.filter(pk__in=numbers).order_by("pk"))


def _whole(text: str | None) -> int:
    """Read a number out of an address; what is none counts as nothing."""
    return int(text) if text and text.isdecimal() and len(text) < 19 else 0
