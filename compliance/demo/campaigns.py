"""The quarterly reviews of access and of tokens: a list, a decision for each line; one is missed.

Story: in the third quarter nobody opens the review. It stays missed; the next one is in time.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.utils import timezone

from compliance.demo import clock
from compliance.demo.calendar import DAY, Span
from compliance.demo.world import World
from evidence.models import Evidence
from registers.campaigns import closing, deciding, kinds, lists, opening
from registers.campaigns.columns import guessed
from registers.campaigns.opening import Reviewers
from registers.models import Campaign, CampaignLine

_MISSED = 2


def missed_quarter(world: World) -> Span:
    """The quarter whose review nobody did."""
    return world.calendar.quarter(_MISSED)


@dataclass(frozen=True)
class _Review:
    """A kind of campaign, the list that it goes through, and when in the quarter it is opened."""

    kind: str
    slug: str
    title: str
    day: int


_ACCESS = _Review("access", "privileged-accounts", "Far-reaching access", 45)
_TOKENS = _Review("token", "api-token-lifecycle", "Tokens of the API", 30)


def plan(world: World) -> None:
    """Open each review some weeks into its quarter, but for the missed one, and close it later."""
    missed = missed_quarter(world)
    for quarter in world.calendar.quarters_until_today():
        for review in (_ACCESS, _TOKENS):
            if review != _ACCESS or quarter != missed:
                at = clock.on(quarter.day(review.day), 9)
                world.diary.put(at, partial(_open, world, review))


def _open(world: World, review: _Review) -> None:
    people = world.company
    found = Evidence.objects.filter(
        claims__expectation__slug=review.slug, superseded_by=None
    ).latest("pk")
    kind = kinds.get(review.kind)
    columns = guessed(kind.usual, lists.names(lists.population_of(found)))
    plan = opening.plan(kind, found, columns=columns, reviewers=Reviewers(people.rosa, people.lena))
    now = timezone.now()
    title = f"{review.title}, {now:%B %Y}"
    due = now.date() + 21 * DAY
    campaign = opening.open_campaign(plan, title=title, due_on=due, by=people.lena)
    world.diary.put(now + timedelta(days=4, hours=2), lambda: _decide(world, campaign))
    world.diary.put(now + timedelta(days=9, hours=1), lambda: _close(world, campaign))


def _decide(world: World, campaign: Campaign) -> None:
    for line in CampaignLine.objects.filter(campaign=campaign).select_related("reviewer"):
        deciding.decide(
            campaign,
            lines=[line],
            decision=CampaignLine.Decision.KEEP,
            reason="The work needs it, and nobody else can do it.",
            by=line.reviewer or world.company.rosa,
        )


def _close(world: World, campaign: Campaign) -> None:
    campaign.refresh_from_db()
    closing.close(campaign, by=world.company.lena)
