"""The way in: an invitation becomes an account, a factor is enrolled, and everyone goes home."""

import logging
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from requests import RequestException

from accounts import access
from accounts.capabilities import Capability
from accounts.errors import InvitationError
from accounts.models import Invitation, User
from audits import admission
from audits.errors import AdmissionError
from audits.models import Engagement
from compliance.signin.forms import WelcomeForm
from compliance.signin.middleware import SECOND_FACTOR
from evidence.errors import AddressError

log = logging.getLogger(__name__)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send each person to the door that is theirs."""
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login("/")
    if user.is_staff:
        return redirect("/admin/")
    if access.can(user, Capability.OPEN_PORTAL):
        return redirect("/portal/")
    return render(request, "signin/nothing_open.html", status=403)


@require_safe
def single_sign_on(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the organisation's own sign-in; say so where it gives no usable answer."""
    try:
        response: HttpResponse = openid_connect.login(request, provider_id)
    except (RequestException, AddressError, ValueError, LookupError):
        log.exception("The provider of the single sign-on gave no usable answer.")
        return render(request, "socialaccount/authentication_error.html", status=502)
    return response


@never_cache
@sensitive_post_parameters("password", "password_again")
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest, secret: str) -> HttpResponse:
    """Turn an invitation into an account, sign the person in, and lead on to a second factor."""
    try:
        invitation, engagement = admission.find(secret)
    except (InvitationError, AdmissionError) as error:
        return render(request, "signin/welcome_refused.html", {"reason": error}, status=410)
    if request.user.is_authenticated:
        return render(request, "signin/welcome_taken.html", status=409)
    return _welcome(request, secret, invitation, engagement)


def _welcome(
    request: HttpRequest, secret: str, invitation: Invitation, engagement: Engagement | None
) -> HttpResponse:
    form = WelcomeForm(request.POST or None, invitation=invitation)
    if form.is_valid():
        answers = form.cleaned_data
        try:
            user = admission.accept(
                secret,
                email=answers["email"],
                full_name=answers["full_name"],
                password=answers["password"],
            )
        except (InvitationError, AdmissionError) as error:
            form.add_error(None, str(error))
        else:
            get_adapter(request).login(request, user)
            return redirect("mfa_index")
    known = {"form": form, "invitation": invitation, "audit": engagement}
    return render(request, "signin/welcome.html", known)


class _EnrolmentProves:
    """Enrolling a factor proves it: the session needs no further sign-in."""

    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        self.request.session[SECOND_FACTOR] = True
        return response


class EnrolApp(_EnrolmentProves, ActivateTOTPView):
    """Set an authenticator app up."""


class EnrolPasskey(_EnrolmentProves, AddWebAuthnView):
    """Add a passkey or a security key."""
