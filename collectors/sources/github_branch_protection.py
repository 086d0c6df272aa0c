"""Protection of the default branches of a GitHub organisation, by rules and by rulesets."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import github
from collectors.vendors.github import GitHubSettings
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Branch protection on GitHub",
    asks="Which reviews and tests does the default branch of every repository demand, and do they "
    "bind administrators too?",
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
        "protected_by": "text",
        "collected_at": "timestamp",
    },
    completeness="Every repository in scope until there is no next page, without those that are "
    "archived (nobody can change them) or empty (they have no branch). A protection that may not "
    "be read is named as missing.",
    permission="Fine-grained token or app with read access to metadata and administration of the "
    "repositories in scope; rulesets with bypass rights show only to who may edit them.",
    schedule="0 3 * * *",
    secrets=github.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = GitHubSettings
_UNPROTECTED = "Branch not protected"
_EMPTY = "Branch not found"


def collect(ask: Ask[GitHubSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=github.system(ask),
        query="GET /repos/{repo}/branches/{default}/protection, /repos/{repo}/rules/branches/"
        "{default} and the rulesets that these name, for every repository that is not archived",
        parameters=github.scope(ask),
    )


def _rows(ask: Ask[GitHubSettings]) -> Iterator[Row]:
    with github.opened(ask) as api:
        for done, repository in enumerate(github.repositories(ask, api)):
            name, branch = repository.text("full_name"), repository.text("default_branch")
            ask.progress(done, note=name)
            if repository.boolean("archived"):
                continue
            place = f"repos/{name}/branches/{branch}/protection"
            page = api.get_page(place, accept=github.ACCEPT, also={403, 404})
            rule = Item(page.content, page.reply.asked)
            said = rule.maybe_text("message") if page.reply.status != 200 else None
            if said == _EMPTY:
                continue
            if said not in {None, _UNPROTECTED}:
                ask.trail.lacks(f"The protection of {name} may not be read.")
                continue
            yield _row(ask, name, branch, None if said else rule, _ruleset(api, name, branch))


def _row(
    ask: Ask[GitHubSettings], name: str, branch: str, rule: Item | None, ruleset: "_Demands"
) -> Row:
    """Give the stricter of both; administrators are bound by whichever binds them."""
    reviews, tests, binds, ways = ruleset
    if rule is not None:
        asked = rule.part("required_pull_request_reviews")
        count = asked.maybe_integer("required_approving_review_count") if asked.content else 0
        reviews = max(reviews, count or 0)
        tests = tests or rule.value("required_status_checks") is not None
        binds = binds or rule.boolean("enforce_admins.enabled")
        ways = [*ways, "branch protection"]
    return (name, branch, reviews, tests, binds, "; ".join(ways), ask.now)


_Demands = tuple[int, bool, bool, list[str]]


def _ruleset(api: Client, name: str, branch: str) -> _Demands:
    """Return what the active rulesets demand; they bind everybody only where nobody may bypass."""
    reviews, tests, ids = 0, False, set()
    for rule in github.listed(api, f"repos/{name}/rules/branches/{branch}"):
        if rule.text("type") == "pull_request":
            told = rule.maybe_integer("parameters.required_approving_review_count")
            reviews = max(reviews, told or 0)
        elif rule.text("type") == "required_status_checks":
            tests = True
        else:
            continue
        ids.add(rule.integer("ruleset_id"))
    found = [github.one(api, f"repos/{name}/rulesets/{each}") for each in sorted(ids)]
    # Who may bypass is shown to few; where it is not shown, nobody can say that all are bound.
    binds = bool(found) and all(each.value("bypass_actors") == [] for each in found)
    return reviews, tests, binds, [f"ruleset {each.text('name')}" for each in found]
