"""What the tests of the sign-in share: a sign-in typed like a person's, and codes of an app."""

from typing import Any

from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client

from accounts.models import User
from tests.cast import PASSWORD

LOGIN = "/accounts/login/"
ENROL = "/accounts/2fa/"
SECOND = "/accounts/2fa/authenticate/"


def code(secret: str) -> str:
    """The six digits that an authenticator app with this secret shows now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    digits: str = format_hotp_value(hotp_value(secret, counter))
    return digits


def type_password(client: Client, user: User, password: str = PASSWORD, **more: str) -> Any:
    return client.post(LOGIN, {"login": user.email, "password": password, **more})


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session
