"""What waits for whom in open campaigns: open lines by person and due day."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from accounts.models import User
from registers.models import Campaign, CampaignLine


@dataclass(frozen=True)
class OpenLines:
    """Lines of one campaign that wait for a decision of one person."""

    campaign: Campaign
    person: User | None
    """The reviewer, None for lines without one."""
    count: int

    @property
    def due_on(self) -> date:
        return self.campaign.due_on


def open_lines(person: User | None = None) -> list[OpenLines]:
    """Return the open lines of a person, or of everybody, the earliest due first; three queries."""
    found = CampaignLine.objects.filter(
        state=CampaignLine.State.OPEN, campaign__state=Campaign.State.OPEN
    ).order_by()
    if person:
        found = found.filter(reviewer=person)
    counted = list(found.values("campaign", "reviewer").annotate(lines=Count("pk")))
    campaigns = Campaign.objects.in_bulk({row["campaign"] for row in counted})
    people = User.objects.in_bulk({row["reviewer"] for row in counted} - {None})
    waiting = [
        OpenLines(campaigns[row["campaign"]], people.get(row["reviewer"]), row["lines"])
        for row in counted
    ]
    return sorted(waiting, key=_order)


def _order(one: OpenLines) -> tuple[date, int, int]:
    return one.due_on, one.campaign.number, one.person.pk if one.person else 0
