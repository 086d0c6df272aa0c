"""All that is shown of one item of evidence: its table, checks, reviews, versions and its proof."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from accounts.access import can
from accounts.capabilities import Capability
from audits.models import EvidenceRequest
from compliance.staff import standing
from controls.models import Criterion
from evidence import exhibit, handling
from evidence.models import CheckResult, Evidence, Population

Results = list[tuple[CheckResult, exhibit.Exceptions]]

_ORDER = (CheckResult.State.ERROR, CheckResult.State.FAILED, CheckResult.State.PASSED)


def facts_of(item: Evidence, user: AbstractBaseUser | AnonymousUser) -> dict[str, Any]:
    """Return the context of an item's page."""
    population = Population.objects.filter(evidence=item).first()
    stands = standing.of([item])[item.pk]
    return {
        "standing": stands,
        "population": population,
        "preview": exhibit.preview(population) if population else None,
        "ipe": exhibit.described(population.ipe) if population else [],
        "results": exhibit.results(item),
        "method": exhibit.method(item),
        "answered": _answered(item),
        "criteria": _criteria(item),
        "taken_away": handling.taken_away(item.handling),
        "reviews": item.reviews.select_related("reviewer"),
        "claims": item.claims.select_related("expectation__control"),
        "versions": Evidence.objects.filter(uid=item.uid).order_by("-version"),
        "proof": exhibit.proof(item.ledger_entry),
        "agrees": exhibit.agrees_with_leaf(item),
        "run": getattr(item, "run", None),
        "form": getattr(item, "handed_form", None),
        "zone": settings.ORGANISATION_TIME_ZONE,
        "may_submit": can(user, Capability.SUBMIT_EVIDENCE),
        "may_review": can(user, Capability.REVIEW_EVIDENCE)
        and stands.review not in {standing.SUPERSEDED, standing.ISSUED},
        "is_own": item.prepared_by_id is not None and item.prepared_by_id == user.pk,
    }


def _criteria(item: Evidence) -> list[str]:
    """Return the criteria that the claims of an item serve, in any framework."""
    served = item.claims.order_by().values("expectation__control")
    found = Criterion.objects.filter(mappings__control__in=served)
    return list(
        dict.fromkeys(found.order_by("framework", "position").values_list("ref", flat=True))
    )


def _answered(item: Evidence) -> list[tuple[int, str]]:
    """Return key and name of each request that an item was handed over for."""
    rows = EvidenceRequest.objects.filter(entries__items__evidence=item).distinct()
    named = rows.order_by("pk").values_list("pk", "engagement__ref", "number")
    return [(pk, f"{engagement}/R{number}") for pk, engagement, number in named]


def results_of(items: Sequence[Evidence], most: int) -> dict[int, Results]:
    """The results of the checks of many items, the worst first, in one query."""
    found: dict[int, Results] = {item.pk: [] for item in items}
    results = CheckResult.objects.filter(evidence__in=found).select_related("check_ref")
    for result in sorted(results, key=lambda each: (_ORDER.index(each.state), each.pk)):
        found[result.evidence_id].append((result, exhibit.exceptions(result, most)))
    return found
