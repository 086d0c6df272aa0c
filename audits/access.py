"""Who may see what of an audit: every query of the portal goes through here."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from audits import scope
from audits.days import today
from audits.models import Engagement, EngagementMember
from evidence.models import Evidence


def for_user(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Engagement]:
    """Return the engagements that a person may see in the portal today."""
    if not isinstance(user, User) or not can(user, Capability.OPEN_PORTAL):
        return Engagement.objects.none()
    return _of_member(user).filter(_is_room_open())


def closed_to(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Engagement]:
    """Return the engagements that a person would see today, had their rooms not closed."""
    if not isinstance(user, User) or not can(user, Capability.OPEN_PORTAL):
        return Engagement.objects.none()
    return _of_member(user).exclude(_is_room_open())


def evidence_for(engagement: Engagement) -> QuerySet[Evidence]:
    """Return the evidence of an engagement, returned and superseded versions too."""
    return scope.evidence_of(engagement)


def may_conclude(user: AbstractBaseUser | AnonymousUser, engagement: Engagement) -> bool:
    """Say whether a person may draw samples and record results: an auditor of this engagement.

    Staff never may, members or not: an auditor's conclusions are not theirs to write.
    """
    if not isinstance(user, User) or user.is_staff:
        return False
    as_auditor = EngagementMember.objects.filter(
        engagement=engagement,
        user=user,
        role=EngagementMember.Role.AUDITOR,
        removed_at__isnull=True,
        access_until__gte=today(),
    ).filter(_is_room_open("engagement__"))
    return can(user, Capability.OPEN_PORTAL) and as_auditor.exists()


def _of_member(user: User) -> QuerySet[Engagement]:
    return Engagement.objects.filter(
        members__user=user, members__removed_at__isnull=True, members__access_until__gte=today()
    )


def _is_room_open(along: str = "") -> Q:
    return Q(**{f"{along}room_until__isnull": True}) | Q(**{f"{along}room_until__gte": today()})
