"""The secrets of webhooks: sealed in their rows, opened to sign and to let us in."""

import base64
import secrets

from django.utils import timezone

from evidence import seal
from merchants.models import Webhook


def new() -> str:
    """Return a key to sign with: 64 hexadecimal digits."""
    return secrets.token_hex(32)


def current(webhook: Webhook) -> str:
    return seal.open_text(webhook.secret, context=context(webhook, "secret"))


def previous(webhook: Webhook) -> str:
    """Return the key before the last exchange while it is still good; empty otherwise."""
    until = webhook.previous_secret_expires_at
    if not webhook.previous_secret or until is None or until <= timezone.now():
        return ""
    return seal.open_text(webhook.previous_secret, context=context(webhook, "previous_secret"))


def authorization(webhook: Webhook) -> str:
    """Return the header by which the receiver knows us; empty where it asks for none."""
    if not webhook.authentication:
        return ""
    return seal.open_text(webhook.authentication, context=context(webhook, "authentication"))


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def sealed(text: str, webhook: Webhook, column: str) -> str:
    """Return a secret as it stands in a column of the row of this webhook."""
    return seal.seal_text(text, context=context(webhook, column))


def context(webhook: Webhook, column: str) -> str:
    """Return what a sealed secret is bound to: it opens in its own row and column only."""
    return f"merchants.webhook/{webhook.ref}/{column}"
