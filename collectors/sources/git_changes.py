"""Changes merged into the default branch of a git repository."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.redaction import redact
from collectors.wire import git
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Changes in a git repository",
    asks="Which changes reached the branch in the period, by whom, and who else looked at them?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.CHANGE,
    columns={
        "commit_id": "text",
        "merged_at": "timestamp",
        "author": "text",
        "author_email": "text",
        "committer": "text",
        "reviewers": "text",
        "co_authors": "text",
        "subject": "text",
        "files_changed": "integer",
        "is_merge": "boolean",
    },
    completeness="The first-parent history of the branch, every commit looked at; the number of "
    "rows equals git's own count for the period.",
    permission="Read access to this one repository (a deploy key, or a token for reading code).",
    schedule="30 2 * * *",
    secrets=("token",),
    time_limit=timedelta(minutes=30),
)


class Settings(SourceSettings):
    repository: str = Field(
        title="Repository",
        description="Path on this machine, or an https or ssh address.",
        max_length=500,
    )
    branch: str = Field(
        default="",
        title="Branch",
        description="Empty: the default branch of the repository.",
        max_length=200,
        pattern=r"^([^-\s~^:?*\\\[][^\s~^:?*\\\[]*)?$",
    )
    token: SecretStr | None = Field(
        default=None,
        title="Access token",
        description="For private repositories over https.",
    )

    @field_validator("repository")
    @classmethod
    def _fetchable(cls, address: str) -> str:
        if not git.ADDRESS.fullmatch(address):
            message = "write an absolute path, or an address that starts with https:// or ssh://"
            raise ValueError(message)
        return address


def collect(ask: Ask[Settings]) -> Answer:
    chosen = ask.settings
    token = chosen.token.get_secret_value() if chosen.token else ""
    copy = git.Copy(chosen.repository, scratch=ask.scratch, deadline=ask.deadline, token=token)
    ask.progress(0, note="fetching")
    tip = copy.fetch(chosen.branch)
    branch = chosen.branch or copy.default_branch()
    ask.trail.saw(tip.encode())
    ask.trail.source_count = copy.count(tip, *ask.bounds)
    if copy.is_cut:
        ask.trail.lacks("The repository is a shallow clone: what lies behind its edge is unknown.")
    shown = redact(chosen.repository)
    return Answer(
        rows=_rows(ask, copy, tip),
        source_system=f"git repository {Path(shown).name if shown.startswith('/') else shown}",
        query=f"git log --first-parent {branch}, committer date within the period",
        parameters={
            "branch": branch,
            "tip": tip,
            "since": ask.bounds[0].isoformat(),
            "before": ask.bounds[1].isoformat(),
        },
    )


def _rows(ask: Ask[Settings], copy: git.Copy, tip: str) -> Iterator[Row]:
    for commit in copy.commits(tip, *ask.bounds):
        yield (
            commit.id,
            commit.merged_at,
            commit.author,
            commit.author_email,
            commit.committer,
            "; ".join(commit.reviewers),
            "; ".join(commit.co_authors),
            commit.subject,
            commit.files_changed,
            commit.parents > 1,
        )
