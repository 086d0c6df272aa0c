"""What the tests of the sign-in share: a sign-in typed like a person's, and codes of an app."""

import time
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from accounts.models import User
from tests.cast import PASSWORD

LOGIN = "/accounts/login/"
ENROL = "/accounts/2fa/"
SECOND = "/accounts/2fa/authenticate/"


def code(secret: str) -> str:
    """The six digits that an authenticator app with this secret shows now."""
    # Of the codes that are accepted the one in the middle: the next second may begin a period.
    counter = int(time.time()) // app_settings.TOTP_PERIOD
    digits: str = format_hotp_value(hotp_value(secret, counter))
    return digits


def type_password(client: Client, user: User, password: str = PASSWORD, **more: str) -> Any:
    return client.post(LOGIN, {"login": user.email, "password": password, **more})


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session
