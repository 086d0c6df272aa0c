"""API tokens of this installation: whose, what for, how wide, how old, how used."""

from collections.abc import Iterator

from django.conf import settings

from accounts.models import ApiToken
from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="API tokens of this installation",
    asks="Which API tokens exist, with owner, purpose, scopes, creation, last use and expiry?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.API_SECURITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "token_id": "integer",
        "prefix": "text",
        "owner": "text",
        "purpose": "text",
        "scopes": "text",
        "environment": "text",
        "created_at": "timestamp",
        "last_used_at": "timestamp",
        "expires_at": "timestamp",
        "revoked_at": "timestamp",
        "rotate_after_days": "integer",
        "collected_at": "timestamp",
    },
    completeness="Every token ever issued, revoked and expired too; as many rows as the database "
    "counts.",
    permission="None: it reads this installation's own tables; secrets are not stored there.",
    schedule="20 2 * * *",
    secrets=("fingerprint",),
)


class Settings(SourceSettings):
    """There is nothing to set."""


def collect(ask: Ask[Settings]) -> Answer:
    ask.trail.source_count = ApiToken.objects.count()
    return Answer(
        rows=_rows(ask),
        source_system=f"Countersign {settings.VERSION} at {settings.SITE_URL}",
        query="accounts_apitoken join accounts_user on owner, without any filter, by id",
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    rows = ApiToken.objects.select_related("owner").defer(*COLLECTOR.secrets, "owner__password")
    for token in rows.order_by("pk").iterator():
        yield (
            token.pk,
            token.prefix,
            token.owner.email,
            token.purpose,
            " ".join(token.scopes),
            token.environment,
            token.created_at,
            token.last_used_at,
            token.expires_at,
            token.revoked_at,
            token.rotate_after_days,
            ask.now,
        )
