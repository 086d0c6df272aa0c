"""The one answer to the question whether a person may do a thing, and how a person is named."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from accounts.capabilities import Capability
from accounts.models import User


def can(user: AbstractBaseUser | AnonymousUser, capability: Capability) -> bool:
    """Say whether the person holds the capability now; nobody and the inactive hold none."""
    return isinstance(user, User) and user.is_active and capability in user.held


def actor(user: User) -> str:
    """Name a person in the ledger, by number only: a leaf stays for ever."""
    return f"user:{user.pk}"
