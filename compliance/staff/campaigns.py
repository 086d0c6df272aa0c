"""Review campaigns in the staff door: all of them, what waits for me, one with its lines."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from compliance.staff import words
from compliance.staff.base import PER_PAGE, person
from compliance.staff.site import site
from registers.campaigns import choosing, closing, deciding, kinds, outstanding, proving
from registers.campaigns.choosing import Choice
from registers.models import Campaign, CampaignLine

_VIEWS = (("", "Open"), ("closed", "Closed"), ("withdrawn", "Withdrawn"))
MARKS = {
    CampaignLine.State.OPEN: "waiting",
    CampaignLine.State.DECIDED: "active",
    CampaignLine.State.UNPROVED: "partial",
    CampaignLine.State.PROVED: "met",
}
_LONGEST_SEARCH = 100


@dataclass(frozen=True)
class Row:
    """One line as a list shows it."""

    line: CampaignLine
    mark: str
    is_mine: bool


def one(number: int) -> Campaign:
    """Return the campaign of an address, or raise 404."""
    found = Campaign.objects.select_related("population", "evidence", "opened_by", "closed_by")
    return get_object_or_404(found, number=number)


def choice_of(request: HttpRequest) -> Choice:
    """Read out of an address or a form which lines are meant; ticked ones beat the filter."""
    said = request.POST if request.method == "POST" else request.GET
    ticked = tuple(int(one) for one in said.getlist("line") if one.isdecimal() and len(one) <= 9)
    return Choice(
        state=said.get("state", ""),
        reviewer=said.get("reviewer", ""),
        decision=said.get("decision", ""),
        words=said.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH],
        numbers=ticked,
    )


@site.page("campaigns/", name="campaigns", needs=Capability.VIEW)
def campaigns(request: HttpRequest) -> HttpResponseBase:
    view = request.GET.get("view", "")
    state = view if view in dict(_VIEWS) and view else Campaign.State.OPEN
    found = Campaign.objects.filter(state=state).order_by("-number")
    after = request.GET.get("after", "")
    if after.isdecimal() and len(after) <= 9:
        found = found.filter(number__lt=int(after))
    rows = list(found.select_related("population")[: PER_PAGE + 1])
    shown = rows[:PER_PAGE]
    open_lines = _open_lines(shown)
    today = words.today()
    own = outstanding.open_lines(person(request))
    context = {
        "title": "Review campaigns",
        "intro": "Access and tokens gone through line by line, each line with its own decision.",
        "views": [(name, label, (name or "open") == state) for name, label in _VIEWS],
        "rows": [
            {
                "campaign": each,
                "kind": kinds.get(each.kind),
                "open": open_lines.get(each.pk, 0),
                "decided": each.line_count - open_lines.get(each.pk, 0),
                "is_overdue": each.state == Campaign.State.OPEN and each.due_on < today,
            }
            for each in shown
        ],
        "is_first": not after,
        "next": shown[-1].number if len(rows) > PER_PAGE else 0,
        "state": state,
        "mine": sum(each.count for each in own),
        "may_manage": can(request.user, Capability.MANAGE_CAMPAIGNS),
    }
    return site.render(request, "staff/campaigns.html", context)


@site.page("campaigns/mine/", name="campaigns_mine", needs=Capability.VIEW)
def mine(request: HttpRequest) -> HttpResponseBase:
    """Show which campaigns have lines that wait for this person, the earliest due first."""
    user, today = person(request), words.today()
    waiting = outstanding.open_lines(user)
    context = {
        "title": "My lines",
        "intro": "What waits for your decision, the earliest due first.",
        "rows": [(each, each.due_on < today) for each in waiting],
        "user_key": user.pk,
    }
    return site.render(request, "staff/campaigns_mine.html", context)


@site.page("campaigns/<int:number>/", name="campaign", needs=Capability.VIEW)
def campaign_page(request: HttpRequest, number: int) -> HttpResponseBase:
    campaign, user = one(number), person(request)
    choice = choice_of(request)
    after = request.GET.get("after", "")
    found = choosing.lines(campaign, choice).select_related("reviewer", "decided_by")
    if after.isdecimal() and len(after) <= 9:
        found = found.filter(number__gt=int(after))
    lines = list(found[: PER_PAGE + 1])
    shown = lines[:PER_PAGE]
    states = CampaignLine.State
    context = {
        "title": campaign.title,
        "campaign": campaign,
        "kind": kinds.get(campaign.kind),
        "standing": closing.standing(campaign),
        "is_overdue": campaign.state == Campaign.State.OPEN and campaign.due_on < words.today(),
        "rows": [
            Row(line, MARKS[states(line.state)], line.reviewer_id == user.pk) for line in shown
        ],
        "choice": choice,
        "asked": urlencode(choice.asked),
        "first": _address(choice) if after else "",
        "next": _address(choice, shown[-1].number) if len(lines) > PER_PAGE else "",
        "states": states.choices,
        "decisions": CampaignLine.Decision.choices,
        "reviewers": _reviewers(campaign),
        "user_key": str(user.pk),
        "may_manage": can(user, Capability.MANAGE_CAMPAIGNS),
        "has_news": closing.has_news(campaign),
        "changes": list(campaign.changes.select_related("by")),
    }
    return site.render(request, "staff/campaign.html", context)


@site.page("campaigns/<int:number>/lines/<int:line>/", name="campaign_line", needs=Capability.VIEW)
def line_page(request: HttpRequest, number: int, line: int) -> HttpResponseBase:
    return shown_line(request, number, line)


def shown_line(
    request: HttpRequest, number: int, line: int, *, wanted: str = "", reason: str = ""
) -> HttpResponseBase:
    """Show one line with all that the list says, its history, and the form to decide.

    What was wanted and refused stands in the form again.
    """
    campaign, user = one(number), person(request)
    row = get_object_or_404(
        CampaignLine.objects.select_related("reviewer", "followed_in", "proof__evidence"),
        campaign=campaign,
        number=line,
    )
    later = CampaignLine.objects.filter(campaign=campaign, number__gt=line, reviewer=user)
    following = later.filter(state=CampaignLine.State.OPEN).order_by("number").first()
    context = {
        "title": f"Line {line}: {row.key}",
        "campaign": campaign,
        "line": row,
        "mark": MARKS[CampaignLine.State(row.state)],
        "values": [(name, value) for name, value in row.values.items() if value],
        "proof": getattr(row, "proof", None),
        "history": row.decisions.select_related("by"),
        "obstacle": deciding.obstacle(row, campaign=campaign, by=user),
        "decisions": decisions_of(campaign),
        "wanted": wanted,
        "reason": reason,
        "following": following,
        "may_confirm": proving.may_be_confirmed(row),
        "may_manage": can(user, Capability.MANAGE_CAMPAIGNS),
    }
    return site.render(request, "staff/campaign_line.html", context)


def decisions_of(campaign: Campaign) -> list[tuple[str, str]]:
    """Return the decisions that a later list of this campaign could prove."""
    needs = {"reduce": "rights", "rotate": "secret"}
    return [
        (value, label)
        for value, label in CampaignLine.Decision.choices
        if value not in needs or campaign.columns.get(needs[value])
    ]


def back_to(campaign: Campaign, choice: Choice) -> str:
    """Return the address of the lines that a person looked at."""
    asked = urlencode(choice.asked)
    return reverse("admin:campaign", args=[campaign.number]) + (f"?{asked}" if asked else "")


def _open_lines(shown: list[Campaign]) -> dict[int, int]:
    found = CampaignLine.objects.filter(campaign__in=shown, state=CampaignLine.State.OPEN)
    counted = found.order_by().values("campaign").annotate(lines=Count("pk"))
    return {row["campaign"]: row["lines"] for row in counted}


def _reviewers(campaign: Campaign) -> list[tuple[str, Any, int]]:
    """Return who reviews how many lines: number, name and count; nobody last."""
    counted = (
        CampaignLine.objects.filter(campaign=campaign)
        .order_by()
        .values("reviewer")
        .annotate(lines=Count("pk"))
    )
    by_key: dict[int | None, int] = {row["reviewer"]: row["lines"] for row in counted}
    people = User.objects.in_bulk([key for key in by_key if key])
    found = [(str(key), people[key], by_key[key]) for key in people]
    found.sort(key=lambda each: str(each[1]).lower())
    return [*found, (choosing.NOBODY, "Nobody yet", by_key[None])] if None in by_key else found


def _address(choice: Choice, after: int = 0) -> str:
    asked = dict(choice.asked) | ({"after": str(after)} if after else {})
    return "?" + urlencode(asked)
