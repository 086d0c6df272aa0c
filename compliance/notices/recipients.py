"""Who is told about a request: those whose turn it is, and nobody who may not see it."""

from collections.abc import Sequence

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from audits import access, requests
from audits.models import Engagement, EvidenceRequest, Side


def staff_for(request: EvidenceRequest) -> list[User]:
    """Return who answers: the person, or who holds the role, or else who leads engagements.

    What belongs to somebody who has left would be told to nobody; so it is told to the latter.
    """
    owner = [user for user in _staff() if user.pk == request.owner_id]
    if owner:
        return owner
    if request.owner_role:
        # Roles are written with a dash where people hold them, with an underscore in catalogues.
        slug = request.owner_role.replace("_", "-")
        holders = [user for user in _staff() if slug in {role.slug for role in user.roles.all()}]
        if holders:
            return holders
    return [user for user in _staff() if can(user, Capability.MANAGE_ENGAGEMENTS)]


def auditors_for(request: EvidenceRequest) -> list[User]:
    """Return the auditor who asked, or else all who audit this engagement today."""
    present = _auditors(request.engagement)
    asked = [user for user in present if user.pk == request.asked_by_id]
    return asked or present


def may_still_see(request: EvidenceRequest, user: User) -> bool:
    """Say whether the person may open the request now; access may have ended since the event."""
    if user.is_staff:
        return can(user, Capability.VIEW)
    return access.for_user(user).filter(pk=request.engagement_id).exists()


def _staff() -> Sequence[User]:
    people = User.objects.filter(is_active=True, is_staff=True).prefetch_related("roles")
    return [user for user in people.order_by("pk") if can(user, Capability.VIEW)]


def _auditors(engagement: Engagement) -> list[User]:
    people = User.objects.filter(
        is_active=True, engagement_memberships__engagement=engagement
    ).distinct()
    return [
        user
        for user in people.prefetch_related("roles").order_by("pk")
        if requests.side_of(engagement, user) == Side.AUDITOR
    ]
