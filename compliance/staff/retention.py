"""How long the content of an item is kept: holds, proposals, and what a second person decides."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.access import can
from accounts.capabilities import Capability
from compliance.staff.base import attempt, person, typed
from compliance.staff.site import DO, site
from evidence import disposed, keeping, retention
from evidence.errors import RetentionError
from evidence.models import Evidence
from evidence.retention_models import LegalHold, RetentionProposal


@dataclass(frozen=True)
class Hold:
    """A hold as the page shows it."""

    row: LegalHold
    is_in_force: bool
    is_lift_proposed: bool


def retention_of(item: Evidence, user: AbstractBaseUser | AnonymousUser) -> dict[str, Any]:
    """Return what the card of an item says about its retention."""
    try:
        kept, problem = retention.kept(item), ""
    except RetentionError as error:
        kept, problem = None, str(error)
    proposals = item.retention_proposals.select_related("proposed_by", "decision__decided_by")
    waiting = [one for one in proposals if not hasattr(one, "decision")]
    said = disposed.sentences([item.blob_id]).get(item.blob_id, "")
    return {
        "kept": kept,
        "problem": problem,
        "disposed": said,
        "holds": _holds(item, waiting),
        "proposals": proposals,
        "may_manage": can(user, Capability.MANAGE_RETENTION),
        "obstacle": "" if said or problem else keeping.obstacle(item),
        "is_disposal_proposed": any(one.deed == keeping.Deed.DISPOSE for one in waiting),
    }


def _holds(item: Evidence, waiting: list[RetentionProposal]) -> list[Hold]:
    in_force = set(keeping.in_force([item]).values_list("pk", flat=True))
    lifting = {one.hold_id for one in waiting}
    rows = item.holds.select_related("placed_by")
    return [Hold(row, row.pk in in_force, row.pk in lifting) for row in rows]


@site.page(
    "evidence/evidence/<int:pk>/hold/",
    name="retention_hold",
    needs=Capability.MANAGE_RETENTION,
    methods=DO,
)
def place_hold(request: HttpRequest, pk: int) -> HttpResponseBase:
    item = get_object_or_404(Evidence, pk=pk)
    attempt(
        request,
        lambda: keeping.place_hold(item, by=person(request), reason=typed(request, "reason")),
        done=f"{item.ref} is under a legal hold.",
    )
    return redirect("admin:evidence_evidence_change", pk)


@site.page(
    "evidence/evidence/<int:pk>/dispose/",
    name="retention_dispose",
    needs=Capability.MANAGE_RETENTION,
    methods=DO,
)
def propose_disposal(request: HttpRequest, pk: int) -> HttpResponseBase:
    item = get_object_or_404(Evidence, pk=pk)
    attempt(
        request,
        lambda: keeping.propose_disposal(item, by=person(request), reason=typed(request, "reason")),
        done="It is proposed. Another person must approve it.",
    )
    return redirect("admin:evidence_evidence_change", pk)


@site.page(
    "evidence/holds/<int:pk>/lift/",
    name="retention_lift",
    needs=Capability.MANAGE_RETENTION,
    methods=DO,
)
def propose_lift(request: HttpRequest, pk: int) -> HttpResponseBase:
    hold = get_object_or_404(LegalHold.objects.select_related("evidence"), pk=pk)
    attempt(
        request,
        lambda: keeping.propose_lift(hold, by=person(request), reason=typed(request, "reason")),
        done="It is proposed. Another person must approve it.",
    )
    return redirect("admin:evidence_evidence_change", hold.evidence_id)


@site.page(
    "evidence/proposals/<int:pk>/decide/",
    name="retention_decide",
    needs=Capability.MANAGE_RETENTION,
    methods=DO,
)
def decide(request: HttpRequest, pk: int) -> HttpResponseBase:
    proposal = get_object_or_404(RetentionProposal.objects.select_related("evidence"), pk=pk)
    is_approved = request.POST.get("answer") == "approve"
    attempt(
        request,
        lambda: keeping.decide(
            proposal, by=person(request), is_approved=is_approved, note=typed(request, "note")
        ),
        done="Approved; it took effect." if is_approved else "Refused; nothing changed.",
    )
    return redirect("admin:evidence_evidence_change", proposal.evidence_id)
