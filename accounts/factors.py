"""Facts about second factors: who has an authenticator app, passkeys, recovery codes."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator

from accounts.models import User

_STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@dataclass(frozen=True)
class Factors:
    """What one person can prove themself with beside the password."""

    user: User
    app: bool
    passkeys: int
    recovery_codes: bool
    last_used_at: datetime | None

    @property
    def enough(self) -> bool:
        """Recovery codes alone are no second factor: they exist to win one back."""
        return self.app or self.passkeys > 0


def has_second_factor(user: User) -> bool:
    """Say whether the person has an authenticator app or a passkey."""
    found: bool = Authenticator.objects.filter(user_id=user.pk, type__in=_STRONG).exists()
    return found


def of_everybody() -> list[Factors]:
    """The second factors of all people, inactive ones too, by e-mail address; two queries."""
    held: dict[int, list[Authenticator]] = defaultdict(list)
    for authenticator in Authenticator.objects.only("user_id", "type", "last_used_at"):
        held[authenticator.user_id].append(authenticator)
    return [
        _sum_up(user, held[user.pk])
        for user in User.objects.defer("password").prefetch_related("roles")
    ]


def _sum_up(user: User, authenticators: list[Authenticator]) -> Factors:
    kinds = [authenticator.type for authenticator in authenticators]
    uses = [each.last_used_at for each in authenticators if each.last_used_at is not None]
    return Factors(
        user=user,
        app=Authenticator.Type.TOTP in kinds,
        passkeys=kinds.count(Authenticator.Type.WEBAUTHN),
        recovery_codes=Authenticator.Type.RECOVERY_CODES in kinds,
        last_used_at=max(uses, default=None),
    )
