"""Lets nobody past without a second factor, and ends sessions that are too old."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect

from accounts import factors
from accounts.models import User
from compliance import moments
from compliance.signin import tracking

SECOND_FACTOR = "second_factor_proved"
"""Key of the session; set at a sign-in that asked for the factor, and where one is enrolled."""
SIGNED_IN_AT = "signed_in_at"
"""Key of the session: when it began, in seconds since 1970."""
SEEN_AT = "seen_at"
"""Key of the session: when it was last used, to the minute."""

ACCOUNT_PAGES = "/accounts/"
OF_OTHERS = (ACCOUNT_PAGES, "/admin/login/", "/admin/logout/", "/admin/password_change/")
"""Addresses that are answered by views which are not ours."""
_METHODS = ("GET", "HEAD", "POST")
_NOTED_EVERY = 60

Next = Callable[[HttpRequest], HttpResponse]


class MethodsMiddleware:
    """Refuses what pages of the sign-in do not take: others' views would take a PUT for a POST."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in _METHODS or not request.path_info.startswith(OF_OTHERS):
            return self.get_response(request)
        return HttpResponseNotAllowed(_METHODS)


class SessionMiddleware:
    """Ends a session that was idle for too long or began too long ago, and notes when it is used.

    The note is kept to the minute, because a row that every request writes would be a bottleneck.
    What it lets pass is shown by the clocks of the person.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return self.get_response(request)
        now = int(time.time())
        reason = _too_old(request, now)
        if reason:
            logout(request)
            messages.info(request, f"{reason} Please sign in again.")
            return redirect_to_login(request.get_full_path())
        if now - request.session.get(SEEN_AT, 0) >= _NOTED_EVERY:
            request.session[SEEN_AT] = now
            request.session.setdefault(SIGNED_IN_AT, now)
            tracking.note(request)
        with moments.seen_by(user):
            return self.get_response(request)


def _too_old(request: HttpRequest, now: int) -> str:
    """Say why a session ends; empty where it goes on."""
    idle = settings.SESSION_IDLE_MINUTES * 60
    if now - request.session.get(SEEN_AT, now) > idle:
        return "You were signed out, because nothing was asked for a while."
    if now - request.session.get(SIGNED_IN_AT, now) > settings.SESSION_COOKIE_AGE:
        return "You were signed out, because your session had become too old."
    return ""


class SecondFactorMiddleware:
    """Sends a signed-in person without a second factor to the page where one is set up.

    It concerns every door alike, so that a new page is covered on the day it is written. Programs
    with an API token have no session and pass through; static files are served before.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._refusal(request) or self.get_response(request)

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        user = request.user
        if not isinstance(user, User):
            return None
        if not factors.has_second_factor(user):
            # The page says why; the mark goes, because the factor it stood for is gone.
            request.session.pop(SECOND_FACTOR, None)
            return None if request.path.startswith(ACCOUNT_PAGES) else redirect("mfa_index")
        if request.session.get(SECOND_FACTOR):
            return None
        # This session began before the person had a factor: a stolen password may be behind it.
        logout(request)
        messages.info(request, "Your account has a second factor now. Please sign in with it.")
        return redirect_to_login(request.get_full_path())
