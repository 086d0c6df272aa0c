"""API tokens and service accounts of other systems: never the secret, only its fingerprint."""

import re
from collections.abc import Iterator
from datetime import date

from controls.models import Area
from evidence.models import Evidence
from registers.base import Declaration, Field, Problem, Type, Values

# Shortened or marked as a digest: a bare run of 32 or 64 hexadecimal digits may be the key itself.
_FINGERPRINT = re.compile(
    r"[0-9a-fA-F]{8,16}"
    r"|sha256:[0-9a-f]{8,64}"
    r"|SHA256:[A-Za-z0-9+/]{43}=?"
    r"|(?:[0-9A-Fa-f]{2}:){15,31}[0-9A-Fa-f]{2}"
    r"|[A-Za-z0-9_-]{1,8}(?:…|\.{3}|\*+)[A-Za-z0-9]{0,4}"
    r"|\*+[A-Za-z0-9]{1,4}"
)
# As dense as only machines write: long, without a sign between, of small and large letters and
# digits. No name or purpose looks like it.
_DENSE = re.compile(r"(?=\w*[a-z])(?=\w*[A-Z])(?=\w*[0-9])\w{24,}", re.ASCII)
_NO_FINGERPRINT = (
    "This is no fingerprint; what was given is not kept. Give the first 8 to 16 digits of a "
    "SHA-256, a whole one as sha256:…, or the first letters and dots, such as sk_live…."
)
_REFUSED = "It looks like the secret itself, which must not stand here. Give a name instead."


def _rules(values: Values) -> Iterator[Problem]:
    written = values["fingerprint"]
    if isinstance(written, str) and not _FINGERPRINT.fullmatch(written):
        yield (
            "fingerprint",
            _NO_FINGERPRINT,
        )
    for name in ("name", "system", "purpose"):
        text = values[name]
        if isinstance(text, str) and _DENSE.search(text):
            yield name, _REFUSED
    created, expires = values["created_on"], values["expires_on"]
    if isinstance(created, date) and isinstance(expires, date) and expires < created:
        yield "expires_on", "It ends before it was made."


REGISTER = Declaration(
    title="Tokens and service accounts",
    entry="token or service account",
    purpose="What lets programs into our systems: whose it is, what for, how far it reaches.",
    prefix="TOK",
    area=Area.API_SECURITY,
    fields=(
        Field(name="system", label="System", required=True, conceals=True),
        Field(name="name", label="Name", required=True, conceals=True),
        Field(
            name="fingerprint",
            label="Fingerprint",
            help="Never the secret itself: the first digits of its SHA-256, or its first letters.",
            longest=100,
            conceals=True,
        ),
        Field(
            name="kind",
            label="Kind",
            type=Type.CHOICE,
            choices=("API token", "service account", "signing key", "certificate", "other"),
            required=True,
        ),
        Field(name="owner", label="Owner", type=Type.EMAIL, required=True),
        Field(name="purpose", label="Purpose", required=True, conceals=True),
        Field(name="scopes", label="Scopes", type=Type.WORDS),
        Field(
            name="environment",
            label="Environment",
            type=Type.CHOICE,
            choices=tuple(Evidence.Environment.values),
            required=True,
        ),
        Field(name="created_on", label="Created on", type=Type.DATE),
        Field(name="last_used_on", label="Last used on", type=Type.DATE),
        Field(name="expires_on", label="Expires on", type=Type.DATE),
        Field(name="rotate_by", label="Rotate by", type=Type.DATE),
    ),
    key=("system", "name"),
    shown=("system", "name", "owner", "environment", "rotate_by"),
    due=("rotate_by", "expires_on"),
    due_words="Rotation due",
    rules=_rules,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
)
