"""One page of the list of evidence, at a cost that hardly grows with what is stored.

The list holds the versions that claim something in scope, and those that answer a request. One that
does neither, but follows or precedes such a one, is found on the page of that item.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import (
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    prefetch_related_objects,
)
from django.db.models.functions import Coalesce
from django.http import Http404

from audits.models import AnswerItem, Engagement
from compliance.portal import access
from controls.models import Control
from evidence.models import CheckResult, Claim, Evidence, Review

PAGE = 50
NEAR = 3_000
"""So many of the newest rows are looked at one by one before the claims are asked for the rest."""
_MOST_DIGITS = 18
_Naming = TypeVar("_Naming", Claim, AnswerItem)


@dataclass(frozen=True)
class Mark:
    """Where something stands: a state that has a colour and a sign, and the words for it."""

    state: str
    words: str


@dataclass(frozen=True)
class Row:
    """One item as the list shows it."""

    item: Evidence
    controls: Sequence[str]
    checks: Mark
    review: Mark


@dataclass(frozen=True)
class Narrowed:
    """The control that a list is narrowed to, and the keys and cadences of what it must leave."""

    control: str
    expectations: Mapping[int, str]


@dataclass(frozen=True)
class Page:
    """Some rows, and the query of the address where the list goes on; empty at its end."""

    rows: Sequence[Row]
    following: str


def chosen(controls: Iterable[Control], ref: str) -> Control | None:
    """Return the control that the list is narrowed to; 404 for one that is not in scope."""
    if not ref:
        return None
    for control in controls:
        if control.ref == ref:
            return control
    raise Http404


def place(text: str) -> int | None:
    """Return the key of the item before which the page begins; 404 for what is none."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise Http404
    return int(text)


def read(engagement: Engagement, *, narrowed: Narrowed | None, before: int | None) -> Page:
    """Return the page of the list that begins before an item, or the first one."""
    if narrowed:
        found = _newest_of(engagement, narrowed.expectations, before, PAGE + 1)
    else:
        claims, answers = access.claims(engagement), access.answers(engagement)
        found = _newest(claims, answers, before, PAGE + 1)
    shown = found[:PAGE]
    prefetch_related_objects(shown, "reviews", "check_results")
    controls = _controls(engagement, shown)
    kept = {"control": narrowed.control} if narrowed else {}
    following = urlencode({**kept, "before": shown[-1].pk}) if len(found) > PAGE else ""
    return Page([_row(item, controls[item.pk]) for item in shown], following)


def standing(item: Evidence, reviews: Iterable[Review]) -> Mark:
    """Return where the review of a version stands; `reviews` come in the order of time."""
    if getattr(item, "superseded_by", None):
        return Mark("neutral", "Superseded")
    decisions = [review.decision for review in reviews]
    if not decisions:
        return Mark("upcoming", "Awaits review")
    if decisions[-1] == Review.Decision.ACCEPTED:
        return Mark("met", "Accepted")
    return Mark("failing", "Returned")


def _newest(
    claims: QuerySet[Claim], answers: QuerySet[AnswerItem], before: int | None, most: int
) -> list[Evidence]:
    """Return the newest items of some claims and answers.

    Where they lie close together they are met on a walk down the table, which ends with the page.
    Where they do not, as in an audit of long ago, there are few claims, or the walk that is asked
    for next begins among them: then the claims themselves name the items.
    """
    items = Evidence.objects.select_related("superseded_by")
    older = Evidence.objects.order_by("-pk").values("pk")
    if before is not None:
        items = items.filter(pk__lt=before)
        older = older.filter(pk__lt=before)
        claims, answers = _below(claims, before), _below(answers, before)
    floor = Coalesce(Subquery(older[NEAR : NEAR + 1]), Value(0))
    ours = Exists(claims.filter(evidence=OuterRef("pk"))) | Exists(
        answers.filter(evidence=OuterRef("pk"))
    )
    found = list(items.filter(ours, pk__gt=floor).order_by("-pk")[:most])
    if len(found) == most:
        return found
    if found:
        claims, answers = _below(claims, found[-1].pk), _below(answers, found[-1].pk)
    wanted = most - len(found)
    named = Q(pk__in=_keys(claims)[:wanted]) | Q(pk__in=_keys(answers)[:wanted])
    return [*found, *items.filter(named).order_by("-pk")[:wanted]]


def _newest_of(
    engagement: Engagement, expectations: Mapping[int, str], before: int | None, most: int
) -> list[Evidence]:
    """Return the newest items that claim something of a control.

    Each of its expectations names its own newest ones; no walk down the table would be short,
    because among all items those of one control are few. The keys are asked for first: given a
    choice of lists, both databases would hold every item of the table against them.
    """
    parts = [
        access.claims_to(engagement, one, cadence=cadence) for one, cadence in expectations.items()
    ]
    if before is not None:
        parts = [_below(part, before) for part in parts]
    if not parts:
        return []
    # Each part is cut inside, because no part of a union may be cut itself.
    named = [
        Claim.objects.filter(pk__in=part.order_by("-evidence_id").values("pk")[:most])
        .order_by()
        .values_list("evidence_id", flat=True)
        for part in parts
    ]
    keys = sorted(set(named[0].union(*named[1:], all=True)), reverse=True)
    items = Evidence.objects.select_related("superseded_by")
    return list(items.filter(pk__in=keys[:most]).order_by("-pk"))


def _below(rows: QuerySet[_Naming], key: int) -> QuerySet[_Naming]:
    return rows.filter(evidence_id__lt=key)


def _keys(rows: QuerySet[_Naming]) -> QuerySet[_Naming, Any]:
    """Return the items that some rows name, the newest first and each once."""
    return rows.order_by("-evidence_id").values("evidence_id").distinct()


def _controls(engagement: Engagement, items: Sequence[Evidence]) -> Mapping[int, Sequence[str]]:
    """Return the controls in scope that each of some items serves."""
    # By their own keys, because the database would else go through all claims of the window.
    theirs = Claim.objects.filter(evidence__in=[item.pk for item in items]).values("pk")
    rows = (
        access.claims(engagement)
        .filter(pk__in=theirs)
        .order_by("expectation__control__ref")
        .values_list("evidence_id", "expectation__control__ref")
    )
    found: dict[int, list[str]] = {item.pk: [] for item in items}
    for pk, ref in rows:
        if ref not in found[pk]:
            found[pk].append(ref)
    return found


def _row(item: Evidence, controls: Sequence[str]) -> Row:
    return Row(
        item=item,
        controls=controls,
        checks=_checks(list(item.check_results.all())),
        review=standing(item, item.reviews.all()),
    )


def _checks(results: Sequence[CheckResult]) -> Mark:
    """Sum up the checks of an item; one that could not run proves nothing, and weighs most."""
    states = {result.state for result in results}
    if not states:
        return Mark("", "No check")
    if CheckResult.State.ERROR in states:
        return Mark("failing", "Could not run")
    if CheckResult.State.FAILED in states:
        return Mark("failing", "Exceptions")
    return Mark("met", "Passed")
