"""What an engagement is about: criteria of its categories, their controls, what these leave."""

from datetime import datetime

from django.db.models import QuerySet

from audits.models import AnswerItem, Engagement
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
    """Return the claims to these expectations whose period meets the window of the engagement."""
    return Claim.objects.filter(
        expectation__in=expectations_of(engagement).order_by().values("pk"),
        covers_to__gte=engagement.window_from,
        covers_from__lte=engagement.window_to,
    )


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
