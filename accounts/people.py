"""What may be done to a person's account: end it or its sessions, reset a lost second factor."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts import feeds, journal, roles, sessions, tokens
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.errors import PersonError
from accounts.models import User


def deactivate(user: User, *, by: User, reason: str) -> None:
    """End a person's access at once, the API tokens included; the last administrator stays."""
    _refuse_stranger(user, by)
    if not reason.strip():
        raise PersonError("Say why the account is deactivated.")
    with transaction.atomic():
        roles.refuse_without_administrator(user)
        person = User.objects.select_for_update().get(pk=user.pk)
        if not person.is_active:
            raise PersonError(f"{user} is not active already.")
        _set_active(user, active=False, reason=reason.strip())
        sessions.end_all(user)
        for token in user.tokens.filter(revoked_at=None):
            tokens.end(token, reason="Owner deactivated", by=actor(by))
        feeds.end(user, by=actor(by))
        journal.tell(
            "person.deactivated",
            subject=actor(user),
            body={"reason_sha256": journal.digest(user.inactive_reason)},
            actor=actor(by),
        )


def activate(user: User, *, by: User) -> None:
    """Let a person back in, with the roles held before; revoked API tokens stay revoked."""
    _refuse_stranger(user, by)
    with transaction.atomic():
        if User.objects.select_for_update().get(pk=user.pk).is_active:
            raise PersonError(f"{user} is active already.")
        _set_active(user, active=True, reason="")
        journal.tell("person.activated", subject=actor(user), body={}, actor=actor(by))


def reset_second_factor(user: User, *, by: User, reason: str) -> None:
    """Forget app, passkeys and recovery codes, so that the person enrols anew at the next visit."""
    _refuse_stranger(user, by)
    if not reason.strip():
        raise PersonError("Say why the second factor is reset.")
    with transaction.atomic():
        kinds = sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True))
        if not kinds:
            raise PersonError(f"{user} has no second factor.")
        Authenticator.objects.filter(user=user).delete()
        sessions.end_all(user)
        journal.tell(
            "person.factors_reset",
            subject=actor(user),
            body={"forgotten": kinds, "reason_sha256": journal.digest(reason.strip())},
            actor=actor(by),
        )


def sign_out(user: User, *, by: User) -> None:
    """End all sessions of a person at once, such as after a laptop was lost."""
    _refuse_stranger(user, by)
    with transaction.atomic():
        sessions.end_all(user)
        sessions.tell(user, which="all", by=by)


def _refuse_stranger(user: User, by: User) -> None:
    """Who acts must manage people, act on somebody else, and hold all that the other holds."""
    if by.pk == user.pk:
        raise PersonError("Nobody does this to themself. Ask another administrator.")
    if not can(by, Capability.MANAGE_PEOPLE):
        raise PersonError(f"{by} may not manage people. Ask an administrator.")
    if any(not role.held <= by.held for role in user.roles.all()):
        raise PersonError(f"{user} may do more than {by}. Ask an administrator.")


def _set_active(user: User, *, active: bool, reason: str) -> None:
    user.is_active, user.inactive_reason = active, reason
    user.save(update_fields=["is_active", "inactive_reason"])
    user.forget_held()
