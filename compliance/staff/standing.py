"""Where items of evidence stand: reviewed or not, and what their checks came to."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from evidence.awaiting import PACK
from evidence.models import CheckResult, Claim, Evidence, Review

AWAITING = "awaiting"
SUPERSEDED = "superseded"
UNCHECKED = "unchecked"
ISSUED = "issued"
"""A pack is made of reviewed items and by us; nobody reviews it again."""

REVIEW_WORDS = {
    AWAITING: "Awaits review",
    Review.Decision.ACCEPTED.value: "Accepted",
    Review.Decision.RETURNED.value: "Returned",
    SUPERSEDED: "Superseded",
    ISSUED: "Issued by us",
}
CHECK_WORDS = {
    UNCHECKED: "No check",
    CheckResult.State.PASSED.value: "Passed",
    CheckResult.State.FAILED.value: "Exceptions",
    CheckResult.State.ERROR.value: "Could not run",
}
_WORST_FIRST = (CheckResult.State.ERROR, CheckResult.State.FAILED, CheckResult.State.PASSED)


@dataclass
class Standing:
    """What is known of one item beyond its own row."""

    review: str = AWAITING
    checks: str = UNCHECKED
    exceptions: int = 0
    controls: list[str] = field(default_factory=list)

    @property
    def review_words(self) -> str:
        return REVIEW_WORDS[self.review]

    @property
    def check_words(self) -> str:
        if self.exceptions:
            return f"{self.exceptions:,} exception{'s' if self.exceptions > 1 else ''}"
        return CHECK_WORDS[self.checks]


def of(items: Sequence[Evidence]) -> dict[int, Standing]:
    """Return the standing of each item by its key, in three queries however many there are."""
    found = {
        item.pk: Standing(ISSUED if item.evidence_type == PACK else AWAITING) for item in items
    }
    _read_reviews(found)
    _read_checks(found)
    claims = Claim.objects.filter(evidence__in=found).order_by("expectation__control__ref")
    for pk, ref in claims.values_list("evidence_id", "expectation__control__ref"):
        if ref not in found[pk].controls:
            found[pk].controls.append(ref)
    return found


def decided(among: QuerySet[Evidence], decision: str) -> QuerySet[Evidence]:
    """The newest versions whose latest decision is this one."""
    mine = Review.objects.filter(evidence=OuterRef("pk"))
    later = Review.objects.filter(evidence=OuterRef("evidence"), pk__gt=OuterRef("pk"))
    replaced = Evidence.objects.filter(supersedes=OuterRef("pk"))
    standing = mine.filter(~Exists(later), decision=decision)
    if decision == Review.Decision.RETURNED:
        # Few are: their own index finds them, where a walk along all evidence would look in vain.
        among = among.filter(pk__in=Review.objects.filter(decision=decision).values("evidence"))
    return among.filter(Exists(standing), ~Exists(replaced))


def superseded(among: QuerySet[Evidence]) -> QuerySet[Evidence]:
    """The versions that a newer one has replaced."""
    newer = Evidence.objects.filter(supersedes__isnull=False)
    return among.filter(pk__in=newer.values("supersedes"))


def _read_reviews(found: dict[int, Standing]) -> None:
    latest = Review.objects.filter(evidence=OuterRef("pk")).order_by("-pk").values("decision")[:1]
    items = Evidence.objects.filter(pk__in=found).annotate(latest=Subquery(latest))
    for pk, decision, newer in items.order_by().values_list("pk", "latest", "superseded_by"):
        if newer:
            found[pk].review = SUPERSEDED
        elif decision:
            found[pk].review = decision


def _read_checks(found: dict[int, Standing]) -> None:
    """The latest result of each check counts; the worst of them speaks for the item."""
    results = CheckResult.objects.filter(evidence__in=found).order_by("pk")
    latest = {
        (pk, check): (state, exceptions or 0)
        for pk, check, state, exceptions in results.values_list(
            "evidence_id", "check_ref_id", "state", "exception_count"
        )
    }
    states: dict[int, list[str]] = {}
    for (pk, _), (state, exceptions) in latest.items():
        states.setdefault(pk, []).append(state)
        if state == CheckResult.State.FAILED:
            found[pk].exceptions += exceptions
    for pk, seen in states.items():
        found[pk].checks = min(seen, key=_WORST_FIRST.index)
