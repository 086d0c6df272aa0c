"""What protects the default branch of every GitLab project from changes that nobody looked at."""

from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatchcase

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import gitlab
from collectors.vendors.gitlab import GitLabSettings
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Branch protection on GitLab",
    asks="Which reviews and tests does the default branch of every project demand, and of whom?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.CONFIG_EXPORT,
    area=Area.CHANGE,
    columns={
        "repository": "text",
        "branch": "text",
        "reviews_required": "integer",
        "tests_required": "boolean",
        "binds_administrators": "boolean",
        "force_push": "boolean",
        "protected_by": "text",
        "collected_at": "timestamp",
    },
    completeness="Every project of the group and the groups below it until there is no next page, "
    "without those that are archived or have no branch yet. Approval rules that may not be read "
    "are named as missing.",
    permission="Access token of the group with the role Maintainer and the scope read_api: GitLab "
    "shows protection to nobody below.",
    schedule="5 3 * * *",
    secrets=gitlab.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = GitLabSettings
_NO_ONE = 0


def collect(ask: Ask[GitLabSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=gitlab.system(ask),
        query="GET /groups/{group}/projects; of each /protected_branches and /approval_rules; "
        "binds_administrators: nobody may push past a merge request, and none may force",
    )


def _rows(ask: Ask[GitLabSettings]) -> Iterator[Row]:
    with gitlab.opened(ask) as api:
        for done, project in enumerate(gitlab.projects(ask, api)):
            name, branch = project.text("path_with_namespace"), project.maybe_text("default_branch")
            ask.progress(done, note=name)
            if branch is None:
                continue
            rules = _protecting(api, project, branch)
            required = _required(ask, api, project, branch)
            force = any(rule.boolean("allow_force_push") for rule in rules) or not rules
            closed = bool(rules) and all(_is_closed(rule) for rule in rules)
            yield (
                name,
                branch,
                # Approvals bind only where nobody can push past a merge request.
                required if rules else 0,
                project.boolean("only_allow_merge_if_pipeline_succeeds"),
                closed and not force,
                force,
                "; ".join(rule.text("name") for rule in rules) or None,
                ask.now,
            )


def _protecting(api: Client, project: Item, branch: str) -> list[Item]:
    """Return the protections whose name, which may hold stars, is that of the branch."""
    found = gitlab.listed(api, f"api/v4/projects/{project.text('id')}/protected_branches")
    return [rule for rule in found if fnmatchcase(branch, rule.text("name"))]


def _is_closed(rule: Item) -> bool:
    levels = [each.maybe_integer("access_level") for each in rule.parts("push_access_levels")]
    return all(level == _NO_ONE for level in levels)


def _required(ask: Ask[GitLabSettings], api: Client, project: Item, branch: str) -> int:
    """Return how many approvals the rules for a branch ask for: the largest of them."""
    page = api.get_page(
        f"api/v4/projects/{project.text('id')}/approval_rules",
        params={"per_page": "100"},
        also={403, 404},
    )
    answer = Item(page.content, page.reply.asked)
    if page.reply.status != 200 or not isinstance(page.content, list):
        answer.maybe_text("message")
        ask.trail.lacks(f"The approval rules of {project.text('path_with_namespace')} are hidden.")
        return 0
    rules = [Item(each, page.reply.asked) for each in page.content]
    return max((r.integer("approvals_required") for r in rules if _applies(r, branch)), default=0)


def _applies(rule: Item, branch: str) -> bool:
    named = [each.text("name") for each in rule.parts("protected_branches")]
    return not named or any(fnmatchcase(branch, name) for name in named)
