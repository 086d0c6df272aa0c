"""Second factors of everybody who has an account on this installation."""

from collections.abc import Iterator

from django.conf import settings

from accounts import factors
from accounts.models import User
from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Second factors of this installation",
    asks="Which people have an account here, and who of them has a second factor?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.ACCESS_CONTROL,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "user_id": "integer",
        "email": "text",
        "full_name": "text",
        "active": "boolean",
        "staff": "boolean",
        "roles": "text",
        "mfa_totp": "boolean",
        "mfa_passkey": "boolean",
        "mfa_enabled": "boolean",
        "last_sign_in": "timestamp",
    },
    completeness="Every account, inactive ones too; as many rows as the database counts.",
    permission="None: it reads this installation's own tables.",
    schedule="15 2 * * *",
    secrets=("password", "secret", "recovery_codes", "credential"),
)


class Settings(SourceSettings):
    """There is nothing to set."""


def collect(ask: Ask[Settings]) -> Answer:
    ask.trail.source_count = User.objects.count()
    return Answer(
        rows=_rows(),
        source_system=f"Countersign {settings.VERSION} at {settings.SITE_URL}",
        query="accounts.factors.of_everybody(): accounts_user with roles, left join "
        "mfa_authenticator, without any filter; enabled = authenticator app or passkey",
    )


def _rows() -> Iterator[Row]:
    for person in sorted(factors.of_everybody(), key=lambda each: each.user.pk):
        user = person.user
        yield (
            user.pk,
            user.email,
            user.full_name,
            user.is_active,
            user.is_staff,
            "; ".join(sorted(role.slug for role in user.roles.all())),
            person.app,
            person.passkeys > 0,
            person.enough,
            user.last_login,
        )
