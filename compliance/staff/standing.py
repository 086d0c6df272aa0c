"""Where items of evidence stand: reviewed or not, and what their checks came to."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.cache import cache
from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)

from controls.models import Expectation
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
PACK = Expectation.EvidenceType.PACK
_WAITING = "staff.waiting/1"
_WAITING_SECONDS = 3600
_MOST_KEPT = 2_000
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


@dataclass(frozen=True)
class Waiting:
    """The keys of what awaits a decision, up to a key; beyond it nobody has looked yet."""

    keys: tuple[int, ...] = ()
    reached: int = 0
    is_whole: bool = True

    def among(self, items: QuerySet[Evidence]) -> QuerySet[Evidence]:
        """Those of some items that await a decision."""
        if self.is_whole:
            return items.filter(pk__in=self.keys)
        return items.filter(_is_undecided(), pk__gte=self.keys[0])

    @property
    def count(self) -> str:
        """How many there are; beyond some thousands nobody counts them."""
        return f"{len(self.keys):,}" if self.is_whole else f"{len(self.keys):,}+"


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


def waiting() -> Waiting:
    """Return what awaits a decision, without reading all that was ever decided.

    What was decided stays decided and keys only grow: so it is enough to look again at what
    waited at the last look, and at what came since. Where the last item of then is gone, a backup
    was restored, and everything is looked at anew.
    """
    known = Waiting(*cache.get(_WAITING, ()))
    since = _since(known.reached)
    if known.reached and (not since or since[0][0] != known.reached):
        known, since = Waiting(), _since(0)
    if len(since) > _MOST_KEPT:
        found = _looked_anew(known.keys[0] if known.keys else 0)
    else:
        still = Evidence.objects.filter(_is_undecided(), pk__in=known.keys).order_by("pk")
        keys = list(still.values_list("pk", flat=True)) if known.keys else []
        keys += [pk for pk, is_open in since if is_open and pk > known.reached]
        found = _kept(keys, since[-1][0] if since else 0)
    if found != known:
        cache.set(_WAITING, (found.keys, found.reached, found.is_whole), _WAITING_SECONDS)
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


def _is_undecided() -> Q:
    decided_about = Review.objects.filter(evidence=OuterRef("pk"))
    replaced = Evidence.objects.filter(supersedes=OuterRef("pk"))
    return Q(~Exists(decided_about), ~Exists(replaced), ~Q(evidence_type=PACK))


def _since(key: int) -> list[tuple[int, bool]]:
    """What came from a key on, it included, and whether it awaits a decision."""
    is_open = ExpressionWrapper(_is_undecided(), BooleanField())
    rows = Evidence.objects.filter(pk__gte=key).annotate(is_open=is_open).order_by("pk")
    return list(rows.values_list("pk", "is_open")[: _MOST_KEPT + 1])


def _looked_anew(first: int) -> Waiting:
    # Read first: what arrives after this moment has a larger key, and is found at the next look.
    last = Evidence.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    rows = Evidence.objects.filter(_is_undecided(), pk__gte=first).order_by("pk")
    return _kept(list(rows.values_list("pk", flat=True)[: _MOST_KEPT + 1]), last)


def _kept(keys: list[int], last: int) -> Waiting:
    if len(keys) <= _MOST_KEPT:
        return Waiting(tuple(keys), last)
    kept = tuple(keys[:_MOST_KEPT])
    return Waiting(kept, kept[-1], is_whole=False)


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
