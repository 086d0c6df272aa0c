"""Seals what the sign-in keeps in the database: secrets of authenticator apps, recovery codes."""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_MARK = "s1."
_NONCE_BYTES = 12


def seal(text: str) -> str:
    """Return the text sealed by AES-256-GCM under the installation's own sign-in secret."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = nonce + AESGCM(_key()).encrypt(nonce, text.encode(), _MARK.encode())
    return _MARK + base64.urlsafe_b64encode(sealed).decode()


def unseal(sealed: str) -> str:
    """Return the text again; raises ImproperlyConfigured where it was sealed by another secret."""
    try:
        raw = base64.urlsafe_b64decode(sealed.removeprefix(_MARK))
        text = AESGCM(_key()).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _MARK.encode())
    except (ValueError, InvalidTag) as error:
        message = (
            "A second factor in the database was sealed by another SIGNIN_SECRET. Put the former "
            f"one back ({settings.KEYS_DIR}/signin_secret), or reset the person's second factor."
        )
        raise ImproperlyConfigured(message) from error
    return text.decode()


def _key() -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"countersign second factors")
    return derive.derive(settings.SIGNIN_SECRET.encode())
