"""Lets a program in by `Authorization: Basic`, in the environment that its address names only."""

import base64
import binascii

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.models import User
from compliance.api import throttling
from compliance.api.finix import envelope
from compliance.api.finix.conventions import CHALLENGE
from merchants import api_users
from merchants.errors import KeyRefusedError
from merchants.models import ApiUser

_CALLS = throttling.SharedMeter()


class KeyAuthentication(BaseAuthentication):
    """Answers who calls; every failure of a key sounds the same."""

    def authenticate(self, request: Request) -> tuple[User | None, ApiUser] | None:
        said = request.META.get("HTTP_AUTHORIZATION", "")
        if not said:
            return None
        environment = str(request.parser_context["kwargs"]["environment"])
        try:
            name, password = _opened(said)
            key = api_users.authenticate(name, password, environment=environment)
        except KeyRefusedError as error:
            throttling.note_failure(request)
            raise AuthenticationFailed from error
        envelope.note_role(request, key.role)
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class KeyThrottle(BaseThrottle):
    """Asks the meter for the key of the call."""

    _wait: float = 0.0

    def allow_request(self, request: Request, view: object) -> bool:
        key = request.auth
        if not isinstance(key, ApiUser):
            return True
        self._wait = _CALLS.take(key.ref, per_minute=settings.API_REQUESTS_PER_MINUTE)
        return self._wait == 0

    def wait(self) -> float:
        return self._wait


def _opened(said: str) -> tuple[str, str]:
    scheme, _, encoded = said.partition(" ")
    try:
        words = base64.b64decode(encoded.strip().encode("ascii"), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise KeyRefusedError from error
    name, colon, password = words.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise KeyRefusedError
    return name, password
