"""Leaves of the ledger about the way in: sign-ins, bursts of refused ones, and second factors.

django-allauth tells of factors by signals of its own, which are its interface; the leaf follows the
change in a transaction of its own, because allauth has stored it by then. A change of factors also
ends the person's other sessions: somebody else may sit in one of them.
"""

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import journal, sessions
from accounts.access import actor
from accounts.models import User
from compliance.signin import tracking

ONE_BURST = 3600
"""Seconds for which all refusals after too many attempts are one leaf: nobody can flood the log."""


def signed_in(user: User, *, second_factor: bool) -> None:
    """Leave a leaf for a sign-in that succeeded."""
    _tell("signin.succeeded", user, {"second_factor": second_factor})


def refused_burst(login: str) -> None:
    """Leave a leaf where sign-ins to one address are refused for their number; one an hour."""
    address = User.objects.address(login)
    digest = journal.digest(address)
    if not cache.add(f"signin-burst-{digest}", True, ONE_BURST):
        return
    user = User.objects.filter(email=address).first()
    # What was typed may be anything, a password too: only a known person is named.
    subject = actor(user) if user else "signin"
    with transaction.atomic():
        journal.tell("signin.refused_burst", subject=subject, body={}, actor="system")


@receiver(signals.authenticator_added)
def _added(user: User, authenticator: Authenticator, request: HttpRequest, **_: Any) -> None:
    _changed("factor.added", user, authenticator, request)


@receiver(signals.authenticator_removed)
def _removed(user: User, authenticator: Authenticator, request: HttpRequest, **_: Any) -> None:
    _changed("factor.removed", user, authenticator, request)


@receiver(signals.authenticator_reset)
def _renewed(user: User, authenticator: Authenticator, request: HttpRequest, **_: Any) -> None:
    _changed("factor.renewed", user, authenticator, request)


@receiver(password_changed)
@receiver(password_reset)
@receiver(password_set)
def _password(user: User, **_: Any) -> None:
    """Django ended the sessions of the former password; the log says that there is a new one."""
    _tell("password.changed", user, {})


@receiver(signals.authenticator_used)
def _used(user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        _tell("factor.recovery_code_used", user, {})


def _changed(kind: str, user: User, factor: Authenticator, request: HttpRequest) -> None:
    _tell(kind, user, {"factor": factor.type})
    sessions.end_all(user)
    tracking.stay(request, user)


def _tell(kind: str, user: User, body: dict[str, object]) -> None:
    with transaction.atomic():
        journal.tell(kind, subject=actor(user), body=body, actor=actor(user))
