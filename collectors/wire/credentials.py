"""Gets permissions of the moment from lasting credentials: OAuth 2.0, GitHub Apps, Google.

What is got is a secret of an hour. It is neither noted in the trail nor kept.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import jwt

from collectors.errors import SettingsError
from collectors.wire.answers import decode_json, refuse_failure
from collectors.wire.fields import Item
from collectors.wire.http import Client

_PEM = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----(.+?)-----END \1-----", re.DOTALL)
_LINE = 64
# GitHub refuses tokens of more than ten minutes, and its clock may be behind ours.
_APP_LIFETIME = timedelta(minutes=9)
_CLOCK_SLACK = timedelta(minutes=1)
_GOOGLE_LIFETIME = timedelta(minutes=30)
_GOOGLE_AUDIENCE = "https://oauth2.googleapis.com/token"


def client_credentials(
    api: Client, path: str, *, client_id: str, secret: str, scope: str = ""
) -> str:
    """Return an Authorization header by OAuth 2.0 client credentials (RFC 6749 section 4.4)."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return _bearer(
        api, path, data={**form, "scope": scope} if scope else form, named="access_token"
    )


def github_app(api: Client, *, app: str, installation: str, key: str, now: datetime) -> str:
    """Return an Authorization header for one installation of a GitHub App."""
    claims = {"iat": now - _CLOCK_SLACK, "exp": now + _APP_LIFETIME, "iss": app}
    try:
        signed = jwt.encode(claims, pem(key), algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        message = "The private key of the app cannot be read. Paste the whole PEM file again."
        raise SettingsError(message) from error
    headers = {"Authorization": f"Bearer {signed}", "Accept": "application/vnd.github+json"}
    return _bearer(
        api, f"app/installations/{installation}/access_tokens", headers=headers, named="token"
    )


def google_service_account(
    api: Client, path: str, *, account: str, key: str, subject: str, scope: str, now: datetime
) -> str:
    """Return an Authorization header for a service account that acts for a person (RFC 7523)."""
    claims = {
        "iss": account,
        "sub": subject,
        "scope": scope,
        "aud": _GOOGLE_AUDIENCE,
        "iat": now - _CLOCK_SLACK,
        "exp": now + _GOOGLE_LIFETIME,
    }
    try:
        signed = jwt.encode(claims, pem(key), algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        message = "The private key of the service account cannot be read. Paste it again."
        raise SettingsError(message) from error
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed}
    return _bearer(api, path, data=form, named="access_token")


def pem(text: str) -> str:
    """Return a private key with its lines, which a one-line field of a form takes away."""
    found = _PEM.search(text)
    if not found:
        return text
    body = "".join(found[2].split())
    lines = [body[place : place + _LINE] for place in range(0, len(body), _LINE)]
    return "\n".join([f"-----BEGIN {found[1]}-----", *lines, f"-----END {found[1]}-----", ""])


def _bearer(
    api: Client,
    path: str,
    *,
    named: str,
    data: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> str:
    accepted = {"Accept": "application/json", **(headers or {})}
    reply = api.ask("POST", path, headers=accepted, data=data)
    refuse_failure(reply)
    return f"Bearer {Item(decode_json(reply), reply.asked).text(named)}"
