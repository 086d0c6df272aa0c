"""Incidents that are kept as Jira issues, those of a period."""

from collections.abc import Iterator
from datetime import datetime

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import jira
from collectors.vendors.jira import JiraSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Incidents in Jira",
    asks="Which incidents were opened in the period, how severe were they, and when were they "
    "answered, resolved and reviewed?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.AVAILABILITY,
    columns={
        "incident_id": "text",
        "title": "text",
        "severity": "text",
        "noticed_at": "timestamp",
        "answered_at": "timestamp",
        "resolved_at": "timestamp",
        "reviewed_on": "date",
        "cause": "text",
        "state": "text",
        "owner": "text",
    },
    completeness="Every issue that the filter chooses and that was created in the period, oldest "
    "first until Jira says that there are no more. Issues that the account may not browse are in "
    "no list.",
    permission="An account with the right to browse the projects in scope, and no other.",
    schedule="10 4 * * *",
    secrets=jira.SECRETS,
)


class Settings(JiraSettings):
    severity: str = Field(
        default="priority",
        title="Field of the severity",
        description="Id of the field, such as customfield_10050.",
        pattern=jira.FIELD,
    )
    answered: str = Field(
        default="",
        title="Field of the answer",
        description="Id of the field with the time at which somebody took it. Empty: none.",
        pattern=jira.FIELD,
    )
    reviewed: str = Field(
        default="",
        title="Field of the review",
        description="Id of the field with the day of the review. Empty: none.",
        pattern=jira.FIELD,
    )
    cause: str = Field(
        default="",
        title="Field of the cause",
        description="Id of the field with the cause. Empty: none.",
        pattern=jira.FIELD,
    )


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=jira.system(ask),
        query=f"GET /rest/api/3/search/jql: {jira.created(ask)}; created within the period",
        parameters=ask.settings.model_dump(include={"severity", "answered", "reviewed", "cause"}),
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    chosen = ask.settings
    own = (chosen.severity, chosen.answered, chosen.reviewed, chosen.cause)
    usual = ("summary", "created", "resolutiondate", "status", "assignee")
    for issue in jira.issues(ask, jira.created(ask), [*usual, *own]):
        if jira.is_within(ask, issue):
            reviewed = jira.at(issue, chosen.reviewed)
            yield (
                issue.text("key"),
                jira.said(issue, "summary"),
                jira.said(issue, chosen.severity),
                issue.moment("fields.created"),
                jira.at(issue, chosen.answered),
                jira.at(issue, "resolutiondate"),
                reviewed.date() if isinstance(reviewed, datetime) else None,
                jira.said(issue, chosen.cause),
                jira.said(issue, "status"),
                jira.said(issue, "assignee"),
            )
