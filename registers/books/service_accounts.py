"""API tokens and service accounts of other systems: never the secret, only its fingerprint."""

import re
from collections.abc import Iterator
from datetime import date

from controls.models import Area
from evidence.models import Evidence
from registers.base import Declaration, Field, Problem, Type, Values

_FINGERPRINT = re.compile(
    r"[0-9a-f]{8,64}|[A-Za-z0-9]{1,8}(…|\.{3})?|[A-Za-z0-9]{0,4}\*+[A-Za-z0-9]{0,4}"
)


def _rules(values: Values) -> Iterator[Problem]:
    written = values["fingerprint"]
    if isinstance(written, str) and not _FINGERPRINT.fullmatch(written):
        yield (
            "fingerprint",
            "Give a digest in hex or the first letters only; the secret must not stand here.",
        )
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
        Field(name="system", label="System", required=True),
        Field(name="name", label="Name", required=True),
        Field(name="fingerprint", label="Fingerprint", help="Never the secret itself."),
        Field(
            name="kind",
            label="Kind",
            type=Type.CHOICE,
            choices=("API token", "service account", "signing key", "certificate", "other"),
            required=True,
        ),
        Field(name="owner", label="Owner", type=Type.EMAIL, required=True),
        Field(name="purpose", label="Purpose", required=True),
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
    due="rotate_by",
    due_words="Rotation due",
    rules=_rules,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
)
