"""The page of one's own sessions: where one is signed in, and the deeds that end it elsewhere."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import sessions
from accounts.errors import PersonError
from accounts.models import User
from compliance.signin import tracking

OTHERS = "others"


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own_sessions(request: HttpRequest) -> HttpResponse:
    """Show where the person is signed in; end one of these sessions, or all but this one."""
    user = request.user
    if not isinstance(user, User):
        return redirect("account_login")
    if request.method == "POST":
        _end(request, user, request.POST.get("session", ""))
        return redirect("sessions")
    found = sessions.of(user, key=request.session.session_key or "")
    return render(request, "signin/sessions.html", {"sessions": found, "others": OTHERS})


def _end(request: HttpRequest, user: User, which: str) -> None:
    if which == OTHERS:
        sessions.end_others(user)
        tracking.stay(request, user)
        messages.success(request, "You are signed out everywhere else.")
        return
    try:
        sessions.end_one(user, int(which) if which.isdecimal() and len(which) < 19 else 0)
    except PersonError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "That session has ended.")
