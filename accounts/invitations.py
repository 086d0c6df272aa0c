"""Invitations: the only way to an account, good once and for a short time."""

import hmac
import secrets
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import journal, roles
from accounts.access import actor
from accounts.errors import InvitationError
from accounts.models import Invitation, User
from accounts.tokens import fingerprint

LONGEST_LIFE = timedelta(days=30)


def invite(
    *, role: str, email: str = "", invited_by: User | None, valid_for: timedelta
) -> tuple[Invitation, str]:
    """Invite a person to a role and return the invitation with its one-time secret.

    Without an e-mail address the person types it. Without an inviter this is the first start: the
    role must be administrator, nobody may be one yet, and earlier such invitations end.
    """
    if not timedelta(0) < valid_for <= LONGEST_LIFE:
        raise InvitationError("An invitation is good for up to 30 days.")
    address = _address(email) if email else ""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        wanted = roles.named(role)
        if invited_by is None:
            _refuse_second_start(role)
            for earlier in _open().filter(invited_by=None):
                _end(earlier, by=None)
        else:
            roles.refuse_overreach(wanted, by=invited_by)
        if address and User.objects.filter(email=address).exists():
            raise InvitationError(f"{address} has an account already. Give it the role instead.")
        invitation = Invitation.objects.create(
            role=wanted,
            email=address,
            fingerprint=fingerprint(secret),
            invited_by=invited_by,
            expires_at=timezone.now() + valid_for,
        )
        body = {"role": wanted.slug, "expires_at": invitation.expires_at.isoformat()}
        journal.tell("invitation.sent", subject=name(invitation), body=body, actor=_by(invited_by))
    return invitation, secret


def find(secret: str) -> Invitation:
    """Return the open invitation of a secret; InvitationError says why there is none."""
    given = fingerprint(secret)
    found = Invitation.objects.filter(fingerprint=given).select_related("role").first()
    if found is None or not hmac.compare_digest(found.fingerprint, given):
        raise InvitationError("This link is not known here. Check that it was copied whole.")
    if found.used_at is not None:
        raise InvitationError("This link was used already. Sign in with your e-mail address.")
    if found.withdrawn_at is not None:
        raise InvitationError("This link was replaced by a newer one, or withdrawn.")
    if found.expires_at <= timezone.now():
        raise InvitationError("This link has expired. Ask the person who sent it for a new one.")
    return found


def accept(secret: str, *, email: str, full_name: str, password: str) -> User:
    """Use an invitation up and return the new person, who holds its role.

    Raises InvitationError; of two attempts at the same moment exactly one succeeds.
    """
    with transaction.atomic():
        invitation = find(secret)
        role = roles.named(invitation.role.slug)
        # The database decides between two attempts; find() above only words the refusal well.
        if not _open().filter(pk=invitation.pk).update(used_at=timezone.now()):
            raise InvitationError("This link was used already. Sign in with your e-mail address.")
        if invitation.invited_by is None:
            _refuse_second_start(role.slug)
        user = _new_person(invitation.email or email, full_name=full_name, password=password)
        # An address that its owner only typed is unproven: the sign-in door trusts it less.
        EmailAddress.objects.create(
            user=user, email=user.email, primary=True, verified=bool(invitation.email)
        )
        roles.give(user, role, by=invitation.invited_by)
        Invitation.objects.filter(pk=invitation.pk).update(accepted_by=user)
        body = {"role": role.slug, "person": actor(user)}
        journal.tell("invitation.accepted", subject=name(invitation), body=body, actor=actor(user))
    return user


def withdraw(invitation: Invitation, *, by: User) -> None:
    """End an open invitation before anybody uses it."""
    with transaction.atomic():
        roles.refuse_overreach(roles.named(invitation.role.slug), by=by)
        if not _end(invitation, by=by):
            raise InvitationError("This invitation was used or withdrawn before.")


def name(invitation: Invitation) -> str:
    """Name an invitation in the ledger."""
    return f"invitation:{invitation.pk}"


def _refuse_second_start(role: str) -> None:
    if role != roles.ADMINISTRATOR:
        raise InvitationError("Only the first administrator is invited by the installation itself.")
    if roles.administrators().exists():
        raise InvitationError("There is an administrator already, who can invite you.")


def _open() -> QuerySet[Invitation]:
    """Invitations that somebody could still use."""
    return Invitation.objects.filter(used_at=None, withdrawn_at=None, expires_at__gt=timezone.now())


def _end(invitation: Invitation, *, by: User | None) -> bool:
    """Withdraw an open invitation; say whether it was open."""
    if not _open().filter(pk=invitation.pk).update(withdrawn_at=timezone.now()):
        return False
    journal.tell("invitation.withdrawn", subject=name(invitation), body={}, actor=_by(by))
    return True


def _by(user: User | None) -> str:
    return "system" if user is None else actor(user)


def _address(email: str) -> str:
    address = User.objects.address(email)
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvitationError(f"{email!r} is not an e-mail address.") from error
    return address


def _new_person(email: str, *, full_name: str, password: str) -> User:
    address = _address(email)
    if not full_name.strip():
        raise InvitationError("Give your name: it stands beside what you review and sign.")
    if User.objects.filter(email=address).exists():
        raise InvitationError(f"{address} has an account already. Sign in instead.")
    person = User(email=address, full_name=full_name.strip())
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise InvitationError(" ".join(error.messages)) from error
    return User.objects.create_user(address, full_name=person.full_name, password=password)
