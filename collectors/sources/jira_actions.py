"""Corrective actions that are kept as Jira issues, open and done ones."""

from collections.abc import Iterator

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import jira
from collectors.vendors.jira import JiraSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Corrective actions in Jira",
    asks="Which actions were agreed, what found the need, who owns them, until when, and which are "
    "done?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.REGISTER,
    area=Area.RISK_REGISTER,
    columns={
        "action_id": "text",
        "title": "text",
        "found_by": "text",
        "cause": "text",
        "owner": "text",
        "due_on": "date",
        "done_on": "date",
        "state": "text",
        "collected_on": "date",
    },
    completeness="Every issue that the filter chooses, of every state and age, oldest first until "
    "Jira says that there are no more. Issues that the account may not browse are in no list.",
    permission="An account with the right to browse the projects in scope, and no other.",
    schedule="20 4 1 * *",
    secrets=jira.SECRETS,
)


class Settings(JiraSettings):
    found_by: str = Field(
        default="reporter",
        title="Field of the finder",
        description="Id of the field that says who or what found the need.",
        pattern=jira.FIELD,
    )
    cause: str = Field(
        default="description",
        title="Field of the cause",
        description="Id of the field with the cause.",
        pattern=jira.FIELD,
    )


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=jira.system(ask),
        query=f"GET /rest/api/3/search/jql: {_question(ask)}; owner: the assignee; days: UTC",
        parameters=ask.settings.model_dump(include={"found_by", "cause"}),
    )


def _question(ask: Ask[Settings]) -> str:
    return f"({ask.settings.chosen}) ORDER BY created ASC"


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    chosen = ask.settings
    usual = ("summary", "assignee", "duedate", "resolutiondate", "status")
    for issue in jira.issues(ask, _question(ask), [*usual, chosen.found_by, chosen.cause]):
        due, done = jira.at(issue, "duedate"), jira.at(issue, "resolutiondate")
        yield (
            issue.text("key"),
            jira.said(issue, "summary"),
            jira.said(issue, chosen.found_by),
            jira.said(issue, chosen.cause),
            jira.said(issue, "assignee"),
            due.date() if due else None,
            done.date() if done else None,
            jira.said(issue, "status"),
            ask.now.astimezone(ask.zone).date(),
        )
