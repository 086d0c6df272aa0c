"""What awaits a decision: found without reading all that was ever decided."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from controls.models import Expectation
from evidence.models import Evidence, Review

PACK = Expectation.EvidenceType.PACK
_WAITING = "staff.waiting/1"
_WAITING_SECONDS = 3600
_MOST_KEPT = 2_000


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
