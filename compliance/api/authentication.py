"""Lets a program in by `Authorization: Bearer cs_...`; cookies mean nothing here."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import tokens
from accounts.errors import TokenError
from accounts.models import ApiToken, User
from compliance.api import throttling
from compliance.api.conventions import CHALLENGE


class TokenAuthentication(BaseAuthentication):
    """Answers who calls; every failure of a token sounds the same."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            token = tokens.authenticate(secret.strip() if secret.isprintable() else "")
        except TokenError as error:
            throttling.note_failure(request)
            raise AuthenticationFailed(str(error)) from error
        return token.owner, token

    def authenticate_header(self, request: Request) -> str:
        if "HTTP_AUTHORIZATION" in request.META:
            return f'{CHALLENGE}, error="invalid_token"'
        return CHALLENGE
