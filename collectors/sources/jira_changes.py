"""Change records that are kept as Jira issues, those of a period."""

from collections.abc import Iterator

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import jira
from collectors.vendors.jira import JiraSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Change records in Jira",
    asks="Which changes were recorded in the period, what do they touch, how are they taken back, "
    "who approved them and who did them?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.CHANGE,
    columns={
        "change_id": "text",
        "title": "text",
        "processing_impact": "text",
        "way_back": "text",
        "approved_by": "text",
        "done_by": "text",
        "created_at": "timestamp",
        "done_at": "timestamp",
        "state": "text",
    },
    completeness="Every issue that the filter chooses and that was created in the period, oldest "
    "first until Jira says that there are no more. Issues that the account may not browse are in "
    "no list.",
    permission="An account with the right to browse the projects in scope, and no other.",
    schedule="15 4 * * *",
    secrets=jira.SECRETS,
)


class Settings(JiraSettings):
    impact: str = Field(
        title="Field of the impact",
        description="Id of the field that says what a change does to processing.",
        pattern=jira.FIELD,
    )
    way_back: str = Field(
        title="Field of the way back",
        description="Id of the field that says how a change is taken back.",
        pattern=jira.FIELD,
    )
    approved_by: str = Field(
        title="Field of the approver",
        description="Id of the field with the person, or the people, who approved.",
        pattern=jira.FIELD,
    )


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=jira.system(ask),
        query=f"GET /rest/api/3/search/jql: {jira.created(ask)}; created within the period; done "
        "by: the assignee",
        parameters=ask.settings.model_dump(include={"impact", "way_back", "approved_by"}),
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    chosen = ask.settings
    own = (chosen.impact, chosen.way_back, chosen.approved_by)
    usual = ("summary", "created", "resolutiondate", "status", "assignee")
    for issue in jira.issues(ask, jira.created(ask), [*usual, *own]):
        if jira.is_within(ask, issue):
            yield (
                issue.text("key"),
                jira.said(issue, "summary"),
                *(jira.said(issue, field) for field in own),
                jira.said(issue, "assignee"),
                issue.moment("fields.created"),
                jira.at(issue, "resolutiondate"),
                jira.said(issue, "status"),
            )
