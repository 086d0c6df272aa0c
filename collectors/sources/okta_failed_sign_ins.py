"""Refused sign-ins in the system log of an Okta organisation."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import okta
from collectors.vendors.okta import OktaSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Failed sign-ins in Okta",
    asks="Which sign-ins were refused in the period, for which account, from where, and why?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.LOG_EXTRACT,
    area=Area.API_SECURITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "event_id": "text",
        "occurred_at": "timestamp",
        "system_name": "text",
        "account": "text",
        "address": "text",
        "country": "text",
        "reason": "text",
        "refused_in_hour": "integer",
    },
    completeness="Every event of the system log that this filter finds, oldest first, from the "
    "first moment of the period to its last, until there is no next page. Okta keeps 90 days.",
    permission="API token of an account with the role read-only administrator (okta.logs.read).",
    schedule="55 3 * * *",
    secrets=okta.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = OktaSettings
_FILTER = (
    '(eventType eq "user.session.start" or eventType eq "user.authentication.auth_via_mfa") '
    'and outcome.result eq "FAILURE"'
)
_KEPT = timedelta(days=90)


def collect(ask: Ask[OktaSettings]) -> Answer:
    since, before = ask.bounds
    if ask.now - since > _KEPT:
        ask.trail.lacks("Okta keeps its system log for 90 days only, and the period began earlier.")
    parameters = {"since": _stamp(since), "until": _stamp(before), "filter": _FILTER}
    return Answer(
        rows=_rows(ask, parameters),
        source_system=okta.system(ask),
        query="GET /api/v1/logs, oldest first; refused_in_hour counts the refusals of one account "
        "within the clock hour, the row itself among them",
        parameters=parameters,
    )


def _rows(ask: Ask[OktaSettings], parameters: dict[str, str]) -> Iterator[Row]:
    hour: datetime | None = None
    refused: Counter[str | None] = Counter()
    with okta.opened(ask) as api:
        found = okta.listed(api, "api/v1/logs", limit="1000", sortOrder="ASCENDING", **parameters)
        for event in found:
            at, account = event.moment("published"), event.maybe_text("actor.alternateId")
            if at.replace(minute=0, second=0, microsecond=0) != hour:
                # Oldest first: what an earlier hour counted is not needed again.
                hour, refused = at.replace(minute=0, second=0, microsecond=0), Counter()
            refused[account] += 1
            yield (
                event.text("uuid"),
                at,
                okta.system(ask),
                account,
                event.maybe_text("client.ipAddress"),
                event.maybe_text("client.geographicalContext.country"),
                event.maybe_text("outcome.reason"),
                refused[account],
            )


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
