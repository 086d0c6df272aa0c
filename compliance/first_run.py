"""The first programme of an installation: what three answers come to, and the deed that opens it.

What is processed suggests categories, each with its reason; systems name the sources to connect.
Nothing here knows a collector by name: a system is the first word of the names of its collectors.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from audits import engagements
from audits.days import today
from audits.engagements import SECURITY, Ground
from audits.models import Engagement
from collectors import defaults, registry
from collectors.models import Run, Source
from collectors.registry import Collector
from controls.models import Control, Criterion, Expectation, Framework
from evidence import ledger

MONTHS = 6
SECURITY_REASON = "Every SOC 2 report covers the common criteria."


@dataclass(frozen=True)
class Processing:
    """A thing that a company processes, and the categories that it suggests, each with a reason."""

    slug: str
    title: str
    suggests: Mapping[str, str]


PROCESSINGS = (
    Processing(
        "cards",
        "Card payments",
        {"Processing Integrity": "Card payments must be taken once, whole and for the right sum."},
    ),
    Processing(
        "bank_debits",
        "Bank debits and transfers",
        {"Processing Integrity": "Debits and transfers must match what was ordered."},
    ),
    Processing(
        "payouts",
        "Payouts and settlement to merchants",
        {
            "Processing Integrity": "Merchants must be paid what is theirs, on the day promised.",
            "Availability": "A day without payouts is a day without money for merchants.",
        },
    ),
    Processing(
        "api",
        "An API that customers build on",
        {"Availability": "Customers cannot sell while the API is away."},
    ),
    Processing(
        "merchants",
        "Onboarding and checks of merchants",
        {"Confidentiality": "Papers of merchants and their owners are handed over in confidence."},
    ),
    Processing(
        "stored_details",
        "Stored card or bank details",
        {"Confidentiality": "Stored details of payment are worth stealing."},
    ),
    Processing(
        "consumers",
        "Personal data of consumers",
        {"Privacy": "People whose data is kept may ask what happens to it."},
    ),
)

_NAMES = {
    "aws": "Amazon Web Services",
    "entra": "Microsoft Entra ID",
    "github": "GitHub",
    "gitlab": "GitLab",
    "google": "Google Workspace",
    "hr": "List of the personnel office",
    "ldap": "Directory over LDAP",
    "opsgenie": "Opsgenie",
    "pagerduty": "PagerDuty",
    "postgresql": "PostgreSQL",
    "restic": "restic backups",
    "scanner": "Reports of scanners",
    "scim": "Directory over SCIM",
    "status": "Status pages of vendors",
    "tls": "TLS of your addresses",
    "vault": "Vault or OpenBao",
    "webhook": "Webhooks that you receive",
}


@dataclass(frozen=True)
class System:
    """A system that a company uses, with the collectors that ask it."""

    slug: str
    title: str
    collectors: tuple[Collector, ...]


@dataclass(frozen=True)
class Question:
    """A collector as it stands here: what it would prove, and whether a source puts it."""

    collector: Collector
    serves: tuple[Expectation, ...]
    """What is expected in the chosen categories and whose columns all come."""
    alone: tuple[str, ...]
    """Slugs of those that no other collector of the same system could serve."""
    source: Source | None


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the three answers come to."""

    framework: Framework
    title: str
    type: str
    firm: str
    window_from: date
    window_to: date
    reasons: Mapping[str, str]
    """Each chosen category with the reason for it."""
    grounds: Mapping[str, str]


def framework() -> Framework | None:
    """Return the framework of SOC 2 reports; None before the catalogue is loaded."""
    of_security = Criterion.objects.filter(framework=OuterRef("pk"), category=SECURITY)
    return Framework.objects.filter(Exists(of_security)).order_by("slug").first()


def is_empty() -> bool:
    """Say whether the catalogue is there and no engagement was ever opened."""
    return not Engagement.objects.exists() and framework() is not None


def suggested(processed: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return reason and ground of each category that goes with what is processed."""
    found: dict[str, list[str]] = {}
    for processing in PROCESSINGS:
        if processing.slug in processed:
            for category, reason in processing.suggests.items():
                found.setdefault(category, []).append(reason)
    suggestions = {name: (" ".join(said), str(Ground.RISK)) for name, said in found.items()}
    return {SECURITY: (SECURITY_REASON, str(Ground.REQUIRED)), **suggestions}


def usual_window() -> tuple[date, date]:
    """Six months from the first of the last month on, so that a whole month is judged at once."""
    start = (today().replace(day=1) - timedelta(days=1)).replace(day=1)
    after = start.month - 1 + MONTHS
    end = date(start.year + after // 12, after % 12 + 1, 1) - timedelta(days=1)
    return start, end


def systems() -> tuple[System, ...]:
    """Return the systems that can be asked, by title; what asks ourselves is connected already."""
    found: dict[str, list[Collector]] = {}
    for slug, collector in registry.collectors().items():
        if slug not in defaults.SLUGS:
            found.setdefault(slug.partition("_")[0], []).append(collector)
    known = [System(slug, _name(slug), tuple(some)) for slug, some in found.items()]
    return tuple(sorted(known, key=lambda system: system.title.casefold()))


def chosen_systems(slugs: Collection[str]) -> tuple[System, ...]:
    return tuple(system for system in systems() if system.slug in slugs)


def questions(
    system: System, *, expected: Iterable[Expectation], standing: Iterable[Source]
) -> list[Question]:
    """Return the collectors of a system with what they would prove of what is expected."""
    wanted = list(expected)
    known = {source.collector: source for source in standing}
    serving = {one.slug: _served(one, wanted) for one in system.collectors}
    every = [each.slug for some in serving.values() for each in some]
    return [
        Question(
            collector=one,
            serves=serving[one.slug],
            alone=tuple(each.slug for each in serving[one.slug] if every.count(each.slug) == 1),
            source=known.get(one.slug),
        )
        for one in system.collectors
    ]


def standing_sources() -> list[Source]:
    """Return every source, with `has_run` on each."""
    runs = Run.objects.filter(source=OuterRef("pk"))
    return list(Source.objects.annotate(has_run=Exists(runs)).order_by("-pk"))


def own(standing: Iterable[Source]) -> list[Source]:
    """Return those of the sources that ask this installation itself."""
    return [source for source in standing if source.collector in defaults.SLUGS]


def in_scope(
    framework: Framework | None, categories: Iterable[str]
) -> tuple[QuerySet[Control], QuerySet[Expectation]]:
    """Return the controls that serve categories of a framework, and what these must leave."""
    mapped = Criterion.objects.filter(framework=framework, category__in=list(categories))
    controls = Control.objects.filter(criteria__in=mapped.order_by()).distinct()
    return controls, Expectation.objects.filter(control__in=controls.order_by().values("pk"))


def same(wish: Wish) -> Engagement | None:
    """Return the open engagement that the wish would open a second time."""
    return Engagement.objects.filter(
        framework=wish.framework,
        type=wish.type,
        window_from=wish.window_from,
        window_to=wish.window_to,
        closed_at=None,
    ).first()


@transaction.atomic
def begin(wish: Wish, *, by: User) -> tuple[Engagement, bool]:
    """Open the engagement, and say whether it is new: done twice, it stays one.

    Raises what `engagements.open_engagement` raises.
    """
    ledger.lock()
    if standing := same(wish):
        return standing, False
    engagement = engagements.open_engagement(
        wish.title,
        type=wish.type,
        framework=wish.framework,
        window_from=wish.window_from,
        window_to=wish.window_to,
        categories=wish.reasons,
        grounds=wish.grounds,
        firm=wish.firm,
        by=by,
    )
    return engagement, True


def _served(collector: Collector, wanted: Iterable[Expectation]) -> tuple[Expectation, ...]:
    comes = {column.name for column in collector.columns}
    return tuple(
        each
        for each in wanted
        if each.collector in {"", collector.slug}
        and each.required_columns
        and comes.issuperset(each.required_columns)
    )


def _name(slug: str) -> str:
    return _NAMES.get(slug, slug.capitalize())
