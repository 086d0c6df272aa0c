"""API keys of a Finix application, which Finix calls users."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import finix
from collectors.vendors.finix import FinixSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="API keys at Finix",
    asks="Which API keys exist at the processor, in which role, who made them, and when were they "
    "last used?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.API_SECURITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "key_id": "text",
        "system_name": "text",
        "role_name": "text",
        "enabled": "boolean",
        "owner": "text",
        "created_by": "text",
        "created_at": "timestamp",
        "last_used_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="The list of users until its cursor is null or a page is empty, disabled ones "
    "too; where Finix counts them itself, as many rows as it counts. People who sign in to the "
    "dashboard are in no list of the API.",
    permission="An API key with the role ROLE_PLATFORM or ROLE_PARTNER; Finix knows no narrower "
    "right to read users.",
    schedule="5 4 * * *",
    secrets=finix.SECRETS,
    time_limit=timedelta(minutes=30),
)
Settings = FinixSettings


def collect(ask: Ask[FinixSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=finix.system(ask),
        query="GET /users, without any filter",
        parameters={"finix_version": finix.VERSION},
    )


def _rows(ask: Ask[FinixSettings]) -> Iterator[Row]:
    with finix.opened(ask) as api:
        for page in finix.pages(api, "users", "users"):
            ask.trail.source_count = page.whole.maybe_integer("page.count")
            for user in page.items:
                person = (user.maybe_text("first_name"), user.maybe_text("last_name"))
                yield (
                    user.text("id"),
                    finix.system(ask),
                    user.text("role"),
                    user.boolean("enabled"),
                    user.maybe_text("email") or " ".join(part for part in person if part) or None,
                    user.maybe_text("created_by"),
                    user.moment("created_at"),
                    user.maybe_moment("last_used_date"),
                    ask.now,
                )
