"""Our answers to the questions that django-allauth asks about accounts, second factors and SSO."""

import logging
import time
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import redirect
from requests import Session

from accounts import factors
from accounts.models import User
from compliance.signin import guarded, leaves, sealing
from compliance.signin.middleware import SECOND_FACTOR, SEEN_AT, SIGNED_IN_AT

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's words
        """An account begins with an invitation and in no other way."""
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        """Note in the session when it began, and whether a second factor was part of it."""
        # Whoever has a second factor was asked for it before allauth calls this.
        proved = factors.has_second_factor(user)
        super().login(request, user)
        request.session[SECOND_FACTOR] = proved
        request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = int(time.time())
        leaves.signed_in(user, second_factor=proved)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Let nobody try on and on; the burst leaves a leaf."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            leaves.refused_burst(str(credentials.get("email") or credentials.get("username") or ""))
            raise

    def is_reauthentication_required(self, *, app: str, **facts: Any) -> bool:
        """A sign-in of the last minutes counts as one: nobody types the password twice in a row."""
        began = self.request.session.get(SIGNED_IN_AT, 0)
        if time.time() - began < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **facts))

    def send_notification_mail(self, *args: Any, **facts: Any) -> None:
        """Tell a person of a change; a mail server that is down does not undo the change."""
        try:
            super().send_notification_mail(*args, **facts)
        except (OSError, SMTPException):
            log.exception("A notice about a changed account could not be mailed.")


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text)

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002  # allauth's
        """A first proposal that tells one passkey from the next."""
        held = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {held + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A passkey belongs to the host of SITE_URL, whatever the Host header says."""
        return {"id": urlsplit(settings.SITE_URL).hostname or "", "name": "Countersign"}


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    def get_requests_session(self) -> Session:
        """The address of the provider is a configured one: it leads to no trap."""
        return guarded.guard(super().get_requests_session())

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """An identity becomes ours by its verified e-mail address only, never by linking it."""
        if sociallogin.state.get("process") != "login":
            raise ImmediateHttpResponse(redirect("account_login"))
        super().pre_social_login(request, sociallogin)
