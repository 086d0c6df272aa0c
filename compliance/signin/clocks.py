"""The page on which a person says by whose clocks they read times."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import preferences
from accounts.errors import PreferenceError
from accounts.models import User


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own_zone(request: HttpRequest) -> HttpResponse:
    """Show and keep the time zone of a person; the page offers that of the browser."""
    user = request.user
    if not isinstance(user, User):
        return redirect("account_login")
    if request.method == "POST":
        try:
            preferences.live_in(user, zone=request.POST.get("zone", ""))
        except PreferenceError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"Times are shown by the clocks of {_name(user)}.")
        return redirect("time_zone")
    known = {"zones": preferences.zones(), "chosen": user.zone, "now": timezone.now()}
    return render(request, "signin/time_zone.html", known)


def _name(user: User) -> str:
    return user.zone.replace("_", " ") or "the organisation"
