"""API tokens: issued once in clear, kept as a fingerprint, checked at every use."""

import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.errors import ScopeError, TokenError
from accounts.models import ApiToken, User

LONGEST_LIFE = timedelta(days=366)
USE_NOTED_EVERY = timedelta(minutes=1)
MARK = "cs"
_PREFIX_LENGTH = 8


class Scope(StrEnum):
    READ_EVIDENCE = "evidence:read"
    WRITE_EVIDENCE = "evidence:write"
    READ_CONTROLS = "controls:read"
    READ_RUNS = "runs:read"
    READ_FINDINGS = "findings:read"
    READ_ENGAGEMENTS = "engagements:read"
    READ_REQUESTS = "requests:read"
    READ_SAMPLES = "samples:read"
    READ_READINESS = "readiness:read"
    # It can be issued because such tokens exist in real life, and so that the check finds them.
    ALL = "*"


# A token reaches no further than its owner does now, whatever its scopes say.
_NEEDED = {
    Scope.READ_EVIDENCE: Capability.VIEW,
    Scope.WRITE_EVIDENCE: Capability.SUBMIT_EVIDENCE,
    Scope.READ_CONTROLS: Capability.VIEW,
    Scope.READ_RUNS: Capability.VIEW,
    Scope.READ_FINDINGS: Capability.VIEW,
    Scope.READ_ENGAGEMENTS: Capability.VIEW,
    Scope.READ_REQUESTS: Capability.VIEW,
    Scope.READ_SAMPLES: Capability.VIEW,
    Scope.READ_READINESS: Capability.VIEW,
    Scope.ALL: Capability.VIEW,
}


def issue(
    owner: User,
    *,
    purpose: str,
    scopes: Iterable[str],
    environment: str,
    expires_at: datetime,
    issued_by: User,
    rotate_after_days: int = 90,
) -> tuple[ApiToken, str]:
    """Issue a token and return it with its secret, which nobody can read again afterwards.

    The secret is `cs_`, the first letter of the environment, `_` and 256 random bits.
    Raises TokenError where the issuer may not, or where the wishes make no sense.
    """
    wanted = _scopes(scopes)
    _refuse_unfit(owner, purpose=purpose, scopes=wanted, expires_at=expires_at, by=issued_by)
    if environment not in ApiToken.Environment.values:
        raise TokenError(f"The environment {environment!r} is neither production nor test.")
    random = secrets.token_urlsafe(32)
    secret = f"{MARK}_{environment[0]}_{random}"
    with transaction.atomic():
        token = ApiToken.objects.create(
            owner=owner,
            purpose=purpose.strip(),
            prefix=random[:_PREFIX_LENGTH],
            fingerprint=fingerprint(secret),
            scopes=[str(scope) for scope in wanted],
            environment=environment,
            expires_at=expires_at,
            rotate_after_days=rotate_after_days,
        )
        body = {
            "owner": actor(owner),
            "scopes": token.scopes,
            "environment": environment,
            "expires_at": expires_at.isoformat(),
        }
        journal.tell("token.issued", subject=name(token), body=body, actor=actor(issued_by))
    return token, secret


def authenticate(secret: str) -> ApiToken:
    """Return the live token of a secret and note its use (to the minute).

    Raises TokenError, whose message is the same for every cause; `reason` tells the log which.
    """
    found = _known(secret)
    if found is None:
        raise TokenError(reason="unknown")
    now = timezone.now()
    if found.revoked_at is not None:
        raise TokenError(reason="revoked")
    if found.expires_at <= now:
        raise TokenError(reason="expired")
    if not found.owner.is_active:
        raise TokenError(reason="owner inactive")
    _note_use(found, now)
    return found


def require(token: ApiToken, scope: Scope) -> None:
    """Raise ScopeError unless the token carries the scope and its owner still may do as much."""
    if scope not in token.scopes and Scope.ALL not in token.scopes:
        raise ScopeError(f"This API token lacks the scope {scope}.")
    if not can(token.owner, _NEEDED[scope]):
        raise ScopeError(f"The owner of this API token may no longer use {scope}.")


def revoke(token: ApiToken, *, by: User, reason: str) -> None:
    """End a token at once, for good; its owner may, and who manages tokens."""
    if by.pk != token.owner_id and not can(by, Capability.MANAGE_TOKENS):
        raise TokenError("This token belongs to another person. Ask an administrator.")
    if not reason.strip():
        raise TokenError("Say why the token is revoked.")
    with transaction.atomic():
        end(token, reason=reason.strip(), by=actor(by))


def end(token: ApiToken, *, reason: str, by: str) -> None:
    """Mark a token as revoked inside the transaction of a deed; raises TokenError when it was."""
    now = timezone.now()
    live = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
    if not live.update(revoked_at=now, revoked_reason=reason):
        raise TokenError("This token was revoked before.")
    token.revoked_at, token.revoked_reason = now, reason
    journal.tell(
        "token.revoked",
        subject=name(token),
        body={"owner": f"user:{token.owner_id}", "reason_sha256": journal.digest(reason)},
        actor=by,
    )


def report_leaked(secret: str, *, by: str) -> tuple[ApiToken, bool]:
    """End the token of a secret that was found where it must not be; tell whether it was live.

    Whoever holds the secret may: there is no better reason to end it. Raises TokenError for a
    secret that is none of ours.
    """
    with transaction.atomic():
        found = _known(secret)
        if found is None:
            raise TokenError("This is no token of this installation.", reason="unknown")
        was_live = found.revoked_at is None and found.expires_at > timezone.now()
        if found.revoked_at is None:
            end(found, reason="Reported as leaked", by=by)
        body = {"owner": f"user:{found.owner_id}", "was_live": was_live}
        journal.tell("token.leaked", subject=name(found), body=body, actor=by)
    return found, was_live


def _known(secret: str) -> ApiToken | None:
    """Return the token of a secret, whatever became of it."""
    given = fingerprint(secret)
    mark, _, rest = secret.partition("_")
    prefix = rest.partition("_")[2][:_PREFIX_LENGTH]
    found = None
    for token in ApiToken.objects.filter(prefix=prefix).select_related("owner"):
        if hmac.compare_digest(token.fingerprint, given):
            found = token
    return found if mark == MARK else None


def fingerprint(secret: str) -> str:
    """The SHA-256 (hex) by which a random secret is known; 256 bits need no slow hash."""
    return sha256(secret.encode()).hexdigest()


def name(token: ApiToken) -> str:
    """Name a token in the ledger, as subject or as actor."""
    return f"token:{token.pk}"


def _scopes(words: Iterable[str]) -> list[Scope]:
    wanted = sorted(set(words))
    unknown = [word for word in wanted if word not in set(Scope)]
    if unknown:
        raise TokenError(f"There is no scope {unknown[0]!r}.")
    if not wanted:
        raise TokenError("A token needs at least one scope.")
    return [Scope(word) for word in wanted]


def _refuse_unfit(
    owner: User, *, purpose: str, scopes: list[Scope], expires_at: datetime, by: User
) -> None:
    now = timezone.now()
    if not can(by, Capability.MANAGE_TOKENS):
        raise TokenError(f"{by} may not issue tokens. Ask an administrator.")
    if not purpose.strip():
        raise TokenError("Say what the token is for.")
    if not now < expires_at <= now + LONGEST_LIFE:
        raise TokenError("A token ends in the future, at most one year ahead.")
    for scope in scopes:
        if not can(owner, _NEEDED[scope]):
            raise TokenError(f"{owner} may not do what the scope {scope} allows.")


def _note_use(token: ApiToken, now: datetime) -> None:
    """Keep the last use to the minute: a row that every request writes would be a bottleneck."""
    if token.last_used_at is not None and token.last_used_at > now - USE_NOTED_EVERY:
        return
    due = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    ApiToken.objects.filter(due, pk=token.pk).update(last_used_at=now)
    token.last_used_at = now
