"""The expectations that are asked for on a day, each with the newest item that is in force of it.

There may be a thousand, and every page about readiness needs a few fields of each: plain rows are
read, because to build rows of the model took a third of the time of such a page.
"""

from datetime import date
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from audits.claims import Kind
from audits.coverage import Expected
from controls.models import Expectation
from evidence.models import Claim, Evidence, Review


class Wanted(NamedTuple):
    """One expectation in force; `newest` is the key of an item, None where nothing has come."""

    key: int
    slug: str
    title: str
    kind: str
    cadence: str
    days_allowed: int
    active_from: date
    active_to: date | None
    lag_days: int
    collector: str
    owner_role: str
    control: str
    control_key: int
    control_title: str
    newest: int | None

    @property
    def expected(self) -> Expected:
        """The same in the words of the pure core of coverage."""
        return Expected(
            self.key,
            self.slug,
            Kind(self.kind),
            self.cadence,
            self.days_allowed,
            self.active_from,
            self.active_to,
            self.lag_days,
        )


_NAMED_OTHERWISE = {"key": "pk", "control": "control__ref", "control_title": "control__title"}
_COLUMNS = [_NAMED_OTHERWISE.get(name, name) for name in Wanted._fields]


def wanted_on(today: date) -> list[Wanted]:
    """Return what is asked for on a day in the order of controls, in one query."""
    newest = _in_force(today).order_by("-covers_to", "-number").values("evidence")[:1]
    still = Q(active_to__isnull=True) | Q(active_to__gte=today)
    found = Expectation.objects.filter(still, active_from__lte=today)
    asked = found.annotate(newest=Subquery(newest), control_key=F("control_id"))
    return [Wanted(*row) for row in asked.order_by("control__ref", "slug").values_list(*_COLUMNS)]


def _in_force(today: date) -> QuerySet[Claim]:
    """The claims of an expectation that speak: whole, begun, neither replaced nor returned."""
    replaced = Evidence.objects.filter(supersedes=OuterRef("evidence"))
    later = Review.objects.filter(evidence=OuterRef("evidence"), pk__gt=OuterRef("pk"))
    returned = Review.objects.filter(
        ~Exists(later), evidence=OuterRef("evidence"), decision=Review.Decision.RETURNED
    )
    claims = Claim.objects.filter(expectation=OuterRef("pk"), is_partial=False)
    return claims.filter(~Exists(replaced), ~Exists(returned), covers_from__lte=today)
