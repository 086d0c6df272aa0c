"""The quarterly reviews of access: a list of accounts, a decision for each, and one that is missed.

Story: in the third quarter nobody opens the review. It stays missed; the next one is in time.
"""

from datetime import timedelta

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


def plan(world: World) -> None:
    """Open each review six weeks into its quarter, but for the missed one, and close it later."""
    missed = missed_quarter(world)
    for quarter in world.calendar.quarters_until_today():
        if quarter != missed:
            at = clock.on(quarter.day(45), 9)
            world.diary.put(at, lambda: _open(world))


def _open(world: World) -> None:
    people = world.company
    found = Evidence.objects.filter(
        claims__expectation__slug="privileged-accounts", superseded_by=None
    ).latest("pk")
    kind = kinds.get("access")
    columns = guessed(kind.usual, lists.names(lists.population_of(found)))
    plan = opening.plan(kind, found, columns=columns, reviewers=Reviewers(people.rosa, people.lena))
    now = timezone.now()
    title = f"Far-reaching access, {now:%B %Y}"
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
