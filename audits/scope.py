"""What an engagement is about: criteria of its categories, their controls, what these leave."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q, QuerySet

from audits import days, rests
from audits.models import AnswerItem, Engagement
from controls.cadence import Cadence, latest_window
from controls.models import ControlMapping, Criterion, Expectation
from evidence.models import Claim, Evidence


def criteria_of(engagement: Engagement) -> QuerySet[Criterion]:
    """Return the criteria of the chosen categories, in the order of the framework."""
    chosen = engagement.categories.order_by().values("category")
    return Criterion.objects.filter(
        framework=engagement.framework_id, category__in=chosen
    ).order_by("position")


def expectations_of(engagement: Engagement) -> QuerySet[Expectation]:
    """Return what the controls of these criteria must leave, by control and slug."""
    mapped = ControlMapping.objects.filter(
        criterion__in=criteria_of(engagement).order_by().values("pk")
    )
    return Expectation.objects.filter(control__in=mapped.order_by().values("control")).order_by(
        "control__ref", "slug"
    )


def claims_of(engagement: Engagement) -> QuerySet[Claim]:
    """Return the claims to these expectations whose period meets the window of the engagement.

    As of one date it is the window by which the date is judged.
    """
    return Claim.objects.filter(
        reaching(engagement, "covers_to"),
        expectation__in=expectations_of(engagement).order_by().values("pk"),
        covers_from__lte=engagement.window_to,
    )


def engagements_of(item: Evidence) -> list[Engagement]:
    """Return the open engagements in which an item makes a claim, as `claims_of` counts them."""
    rows = item.claims.values_list(
        "covers_from",
        "covers_to",
        "expectation__cadence",
        "expectation__control__mappings__criterion__framework",
        "expectation__control__mappings__criterion__category",
    )
    said = set(rows)
    frameworks = {framework for *_, framework, _ in said}
    open_ones = Engagement.objects.filter(closed_at=None, framework__in=frameworks)
    return [one for one in open_ones.prefetch_related("categories") if _is_claimed(one, said)]


def _is_claimed(engagement: Engagement, said: Iterable[tuple[date, date, str, int, str]]) -> bool:
    chosen = {category.category for category in engagement.categories.all()}
    return any(
        framework == engagement.framework_id
        and category in chosen
        and first <= engagement.window_to
        and last >= first_day(engagement, cadence)
        for first, last, cadence, framework, category in said
    )


def first_day(engagement: Engagement, cadence: str) -> date:
    """Return the first day of which evidence counts for what is expected in a rhythm."""
    day = engagement.window_from
    if not engagement.is_at_a_date:
        return day
    is_of_business = cadence == Cadence.BUSINESS_DAILY
    holidays = rests.between(day - days.REACH, day) if is_of_business else frozenset()
    return latest_window(cadence, day, days_allowed=0, holidays=holidays).start


def reaching(engagement: Engagement, last: str) -> Q:
    """Return the condition that rows about an expectation end (field `last`) no earlier than that.

    As of one date it depends on the rhythm of the expectation.
    """
    if not engagement.is_at_a_date:
        return Q(**{f"{last}__gte": engagement.window_from})
    found = Q()
    for cadence in Cadence:
        first = first_day(engagement, cadence)
        found |= Q(**{"expectation__cadence": cadence.value, f"{last}__gte": first})
    return found


def answers_of(engagement: Engagement) -> QuerySet[AnswerItem]:
    """Return what was handed over in answers to requests of the engagement."""
    return AnswerItem.objects.filter(entry__request__engagement=engagement)


def evidence_of(engagement: Engagement, *, as_of: datetime | None = None) -> QuerySet[Evidence]:
    """Return every version of each item of which some version makes such a claim, or is an answer.

    A version that was returned, and one that was replaced by another with other claims, are facts
    of the period too. What answers a request is evidence of the engagement whatever it claims, from
    the moment of the answer on (those by `as_of`, or all).
    """
    claiming = Evidence.objects.filter(pk__in=claims_of(engagement).order_by().values("evidence"))
    answers = answers_of(engagement)
    if as_of:
        answers = answers.filter(entry__at__lte=as_of)
    # One list of items, because a database goes through all evidence for "in these or in those".
    claimed = claiming.order_by().values("uid")
    return Evidence.objects.filter(
        uid__in=claimed.union(answers.order_by().values("evidence__uid"))
    )
