"""Accounts of an Okta organisation with their second factors."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import okta
from collectors.vendors.okta import OktaSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Accounts in Okta",
    asks="Which accounts exist, in which state, when did they last sign in, and which second "
    "factors do they have?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.ACCESS_CONTROL,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "system_name": "text",
        "account": "text",
        "account_id": "text",
        "full_name": "text",
        "status": "text",
        "active": "boolean",
        "second_factor": "boolean",
        "factors": "text",
        "created_at": "timestamp",
        "last_sign_in": "timestamp",
        "ended_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Both lists that Okta keeps apart, those in use and those deactivated, each until "
    "there is no next page; the factors of every account that can sign in. Accounts that were "
    "deleted after their deactivation are in no list.",
    permission="API token of an account with the role read-only administrator (okta.users.read and "
    "okta.factors.read).",
    schedule="30 3 * * *",
    secrets=okta.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = OktaSettings
_ENDED = {"SUSPENDED", "DEPROVISIONED"}
_LISTS: tuple[dict[str, str], ...] = ({}, {"filter": 'status eq "DEPROVISIONED"'})


def collect(ask: Ask[OktaSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=okta.system(ask),
        query='GET /api/v1/users, and again with filter=status eq "DEPROVISIONED"; for each that '
        "can sign in GET /api/v1/users/{id}/factors; weak kinds: " + ", ".join(sorted(okta.WEAK)),
        parameters={"limit": 200},
    )


def _rows(ask: Ask[OktaSettings]) -> Iterator[Row]:
    with okta.opened(ask) as api:
        for chosen in _LISTS:
            for user in okta.listed(api, "api/v1/users", limit="200", **chosen):
                status = user.text("status")
                kinds = () if status in _ENDED else okta.factors(api, user.text("id"))
                yield (
                    okta.system(ask),
                    user.text("profile.login"),
                    user.text("id"),
                    _name(
                        user.maybe_text("profile.firstName"), user.maybe_text("profile.lastName")
                    ),
                    status,
                    status not in _ENDED,
                    okta.is_enough(kinds),
                    "; ".join(kinds),
                    user.maybe_moment("created"),
                    user.maybe_moment("lastLogin"),
                    user.maybe_moment("statusChanged") if status in _ENDED else None,
                    ask.now,
                )


def _name(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
