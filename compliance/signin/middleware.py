"""Lets nobody past the account pages who has not proved a second factor in this very session."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import factors
from accounts.models import User

SECOND_FACTOR = "second_factor_proved"
"""Key of the session; set at a sign-in that asked for the factor, and where one is enrolled."""

ACCOUNT_PAGES = "/accounts/"


class SecondFactorMiddleware:
    """Sends a signed-in person without a second factor to the page where one is set up.

    It concerns every door alike, so that a new page is covered on the day it is written. Programs
    with an API token have no session and pass through; static files are served before.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
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
