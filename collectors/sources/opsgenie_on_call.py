"""Who is on call in Opsgenie at the moment, schedule by schedule."""

from collections.abc import Iterator

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="On call in Opsgenie",
    asks="Which schedules of on-call duty are there, who answers for them, and who is on call now?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.AVAILABILITY,
    columns={
        "schedule_name": "text",
        "owner": "text",
        "enabled": "boolean",
        "time_zone": "text",
        "on_call": "text",
        "collected_at": "timestamp",
    },
    completeness="Every schedule that the key may see, in the one answer that Opsgenie gives, and "
    "of each who is on call now; a schedule with nobody on call has a row without a name.",
    permission="An API integration key with read access, of no team, so that it sees all of them.",
    schedule="0 9 * * *",
    secrets=("apiKey",),
)


class Settings(SourceSettings):
    url: HttpUrl = Field(
        default=HttpUrl("https://api.opsgenie.com"),
        title="Address",
        description="https://api.opsgenie.com, or https://api.eu.opsgenie.com.",
    )
    token: SecretStr = Field(title="API key", description="A key with read access.")


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=f"Opsgenie at {ask.settings.url.host}",
        query="GET /v2/schedules, and of each /v2/schedules/{id}/on-calls?flat=true",
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    headers = {"Authorization": f"GenieKey {ask.settings.token.get_secret_value()}"}
    with ask.http(str(ask.settings.url), headers=headers) as api:
        for schedule in _asked(api, "v2/schedules").members("data"):
            place = f"v2/schedules/{schedule.text('id')}/on-calls"
            people = _asked(api, place, flat="true").part("data").texts("onCallRecipients")
            called: list[str | None] = [*sorted(people)] or [None]
            for person in called:
                yield (
                    schedule.text("name"),
                    schedule.maybe_text("ownerTeam.name") if schedule.value("ownerTeam") else None,
                    schedule.boolean("enabled"),
                    schedule.maybe_text("timezone"),
                    person,
                    ask.now,
                )


def _asked(api: Client, path: str, **params: str) -> Item:
    page = api.get_page(path, params=params or None)
    told = Item(page.content, page.reply.asked)
    told.text("requestId")
    return told
