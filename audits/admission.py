"""Inviting an auditor to one engagement: whoever accepts the invitation is a member at once.

These deeds begin with those of the accounts, which lock roles before the log; locking the log first
would let the two wait for each other.
"""

from datetime import date, timedelta

from django.db import transaction

from accounts import invitations, roles
from accounts.access import actor
from accounts.models import Invitation, User
from audits import days, gates
from audits.engagements import record_member
from audits.errors import AdmissionError, MemberError
from audits.models import BoundInvitation, Engagement, EngagementMember
from evidence import ledger

INVITED_FOR = timedelta(days=14)


def invite_auditor(
    engagement: Engagement,
    *,
    email: str,
    access_until: date,
    by: User,
    valid_for: timedelta = INVITED_FOR,
) -> tuple[BoundInvitation, str]:
    """Invite an auditor who has no account yet, and return the binding with the one-time secret.

    Raises NotAllowedError, MemberError, ClosedError, FrozenError, and what `accounts` refuses.
    """
    gates.refuse_stranger(by)
    if not email.strip():
        raise MemberError("Give the auditor's e-mail address: the link works for it only.")
    if access_until < days.today():
        raise MemberError(f"Access until {access_until} is over already. Choose a later day.")
    with transaction.atomic():
        invitation, secret = invitations.invite(
            role=roles.AUDITOR, email=email, invited_by=by, valid_for=valid_for
        )
        ledger.lock()
        gates.refuse_frozen(engagement)
        entry = ledger.append(
            "engagement.auditor_invited",
            subject=engagement.ref,
            body={
                "invitation": invitations.name(invitation),
                "access_until": access_until.isoformat(),
            },
            actor=actor(by),
        )
        bound = BoundInvitation.objects.create(
            engagement=engagement,
            invitation=invitation,
            access_until=access_until,
            ledger_entry=entry,
        )
    return bound, secret


def find(secret: str) -> tuple[Invitation, Engagement | None]:
    """Return the open invitation of a secret, and the engagement to which it leads, if any.

    Raises InvitationError, and AdmissionError where the engagement is not open to it any more.
    """
    invitation = invitations.find(secret)
    bound = _bound(invitation)
    if bound:
        _refuse_late(bound)
    return invitation, bound.engagement if bound else None


def accept(secret: str, *, email: str, full_name: str, password: str) -> User:
    """Use an invitation up: make the account and, where it carries an engagement, the membership.

    One transaction: an engagement that was closed meanwhile leaves neither. Raises InvitationError
    and AdmissionError.
    """
    with transaction.atomic():
        user = invitations.accept(secret, email=email, full_name=full_name, password=password)
        admit(Invitation.objects.get(accepted_by=user))
    return user


def admit(invitation: Invitation) -> EngagementMember | None:
    """Make the membership that an accepted invitation carries, once; None where it carries none."""
    with transaction.atomic():
        ledger.lock()
        bound = _bound(invitation)
        if bound is None:
            return None
        made = EngagementMember.objects.filter(invited_with=bound).first()
        if made:
            return made
        person, by = invitation.accepted_by, invitation.invited_by
        if person is None or by is None:
            raise AdmissionError("Nobody has accepted this invitation yet.")
        _refuse_late(bound)
        return record_member(
            bound.engagement,
            person,
            role=bound.role,
            access_until=bound.access_until,
            by=by,
            invited_with=bound,
        )


def _bound(invitation: Invitation) -> BoundInvitation | None:
    found = BoundInvitation.objects.filter(invitation=invitation)
    return found.select_related("engagement", "invitation__invited_by").first()


def _refuse_late(bound: BoundInvitation) -> None:
    """Refuse what closing or time has overtaken; a freeze has not, it came after the invitation."""
    engagement, sender = bound.engagement, bound.invitation.invited_by
    if engagement.closed_at is not None:
        message = (
            f"The audit {engagement.ref}, to which this link leads, was closed meanwhile. "
            f"Ask {sender} whether there is another one for you."
        )
        raise AdmissionError(message)
    if bound.access_until < days.today():
        message = (
            f"The access to {engagement.ref} that this link gives ended on {bound.access_until}. "
            f"Ask {sender} for a new link."
        )
        raise AdmissionError(message)
