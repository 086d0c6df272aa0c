"""Keeps the list of a person's sessions true, and the one that asks alive when the others end."""

from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest

from accounts.models import User


def note(request: HttpRequest) -> None:
    """Keep from where and with what a session was used last."""
    UserSession.objects.create_from_request(request)


def stay(request: HttpRequest, user: User) -> None:
    """Let the session that asks go on, after a deed that ended all sessions of its person."""
    if request.user == user:
        update_session_auth_hash(request, user)
        note(request)
