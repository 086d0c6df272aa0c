"""Deeds in review campaigns: decide and give out in bulk with a preview, follow up, close."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.access import can
from accounts.capabilities import Capability
from compliance.staff.base import PER_PAGE, REFUSALS, attempt, person, typed
from compliance.staff.campaigns import back_to, choice_of, decisions_of, one, shown_line
from compliance.staff.site import DO, READ_AND_DO, site
from evidence.models import Evidence
from registers.campaigns import (
    assigning,
    choosing,
    closing,
    deciding,
    kinds,
    lists,
    opening,
    proving,
)
from registers.models import Campaign, CampaignLine

_SHOWN = 50


@site.page(
    "campaigns/<int:number>/lines/<int:line>/decide/",
    name="campaign_line_decide",
    needs=Capability.VIEW,
    methods=DO,
)
def decide_line(request: HttpRequest, number: int, line: int) -> HttpResponseBase:
    """Decide about one line, and go on to the next one that waits for this person."""
    campaign, by = one(number), person(request)
    row = get_object_or_404(CampaignLine, campaign=campaign, number=line)
    decision, reason = typed(request, "decision"), typed(request, "reason")
    done = attempt(
        request,
        lambda: deciding.decide(campaign, lines=[row], decision=decision, reason=reason, by=by),
        done=f"Line {line} is decided.",
    )
    if done is None:
        return shown_line(request, number, line, wanted=decision, reason=_again(reason))
    later = CampaignLine.objects.filter(campaign=campaign, number__gt=line, reviewer=by)
    following = later.filter(state=CampaignLine.State.OPEN).order_by("number").first()
    if following and request.POST.get("go_on"):
        return redirect("admin:campaign_line", number, following.number)
    return redirect("admin:campaign", number)


@site.page(
    "campaigns/<int:number>/decide/",
    name="campaign_decide",
    needs=Capability.VIEW,
    methods=READ_AND_DO,
)
def decide_many(request: HttpRequest, number: int) -> HttpResponseBase:
    """Show which lines a decision would meet and which not; by POST decide about those shown."""
    campaign, by = one(number), person(request)
    choice = choice_of(request)
    if _ticked_nothing(request, choice):
        return redirect(back_to(campaign, choice))
    choice = _open_ones(choice)
    wanted = typed(request, "deed") or request.GET.get("deed", "")
    found = list(choosing.lines(campaign, choice).prefetch_related("reviewer"))
    judged = [
        (line, deciding.obstacle(line, campaign=campaign, by=by, decision=wanted)) for line in found
    ]
    fit = [line for line, why in judged if not why]
    if request.method == "POST":
        done = attempt(
            request,
            lambda: deciding.decide(
                campaign,
                lines=fit,
                decision=wanted,
                reason=typed(request, "reason"),
                by=by,
                shown=typed(request, "shown") or "none",
            ),
            done=f"{len(fit):,} decided: {wanted}.",
        )
        if done is not None:
            return redirect(back_to(campaign, choice_without(choice)))
    context = {
        "title": "Decide about several lines",
        **_bulk(campaign, choice, judged),
        "decisions": decisions_of(campaign),
        "wanted": wanted,
        "reason": _again(typed(request, "reason")),
    }
    return site.render(request, "staff/campaign_decide.html", context)


@site.page(
    "campaigns/<int:number>/assign/",
    name="campaign_assign",
    needs=Capability.MANAGE_CAMPAIGNS,
    methods=READ_AND_DO,
)
def assign_many(request: HttpRequest, number: int) -> HttpResponseBase:
    """Show which lines a person would get and which not; by POST give them."""
    campaign, by = one(number), person(request)
    choice = choice_of(request)
    if _ticked_nothing(request, choice):
        return redirect(back_to(campaign, choice))
    people = opening.eligible()
    wanted = typed(request, "to") or request.GET.get("to", "")
    reviewer = next((each for each in people if str(each.pk) == wanted), None)
    found = list(choosing.lines(campaign, choice).prefetch_related("reviewer"))
    judged = [
        (line, assigning.obstacle(line, reviewer=reviewer) if reviewer else "") for line in found
    ]
    fit = [line for line, why in judged if not why]
    if request.method == "POST" and reviewer:
        done = attempt(
            request,
            lambda: assigning.assign(
                campaign,
                lines=fit,
                reviewer=reviewer,
                by=by,
                shown=typed(request, "shown") or "none",
            ),
            done=f"{reviewer} now reviews {len(fit):,} more.",
        )
        if done is not None:
            return redirect(back_to(campaign, choice_without(choice)))
    context = {
        "title": "Give lines to a reviewer",
        **_bulk(campaign, choice, judged),
        "people": people,
        "reviewer": reviewer,
    }
    return site.render(request, "staff/campaign_assign.html", context)


@site.page(
    "campaigns/<int:number>/follow/",
    name="campaign_follow",
    needs=Capability.VIEW,
    methods=READ_AND_DO,
)
def follow(request: HttpRequest, number: int) -> HttpResponseBase:
    """Show what is to be done and what later lists prove of it; by POST keep the proofs."""
    campaign, by = one(number), person(request)
    wanted = typed(request, "evidence") or request.GET.get("evidence", "")
    evidence = _evidence(wanted)
    if request.method == "POST" and evidence:
        outlook = attempt(
            request,
            lambda: proving.prove(campaign, evidence=evidence, by=by),
            done=f"Looked up in {evidence.ref}.",
        )
        if outlook is not None:
            return redirect("admin:campaign_follow", number)
    context = {
        "title": "Follow-up",
        "campaign": campaign,
        "standing": closing.standing(campaign),
        "later": lists.later(campaign.population),
        "evidence": evidence,
        "wanted": wanted,
        "may_manage": can(by, Capability.MANAGE_CAMPAIGNS),
        "has_news": closing.has_news(campaign),
        **_followed(request, campaign),
        **_outlook(campaign, evidence),
    }
    return site.render(request, "staff/campaign_follow.html", context)


@site.page(
    "campaigns/<int:number>/lines/<int:line>/confirm/",
    name="campaign_line_confirm",
    needs=Capability.VIEW,
    methods=DO,
)
def confirm(request: HttpRequest, number: int, line: int) -> HttpResponseBase:
    row = get_object_or_404(CampaignLine, campaign__number=number, number=line)
    by, reason = person(request), typed(request, "reason")
    attempt(
        request,
        lambda: proving.confirm(row, by=by, reason=reason),
        done=f"Line {line} is proved.",
    )
    return redirect("admin:campaign_line", number, line)


@site.page(
    "campaigns/<int:number>/close/",
    name="campaign_close",
    needs=Capability.MANAGE_CAMPAIGNS,
    methods=READ_AND_DO,
)
def close(request: HttpRequest, number: int) -> HttpResponseBase:
    """Sum a campaign up; by POST close it into evidence, or issue that anew with later proofs."""
    campaign, by = one(number), person(request)
    is_open = campaign.state == Campaign.State.OPEN
    if request.method == "POST":
        deed = closing.close if is_open else closing.issue_again
        evidence = attempt(
            request, lambda: deed(campaign, by=by), done=f"{campaign.ref} is kept as evidence."
        )
        if evidence:
            return redirect("admin:evidence_evidence_change", evidence.pk)
        return redirect("admin:campaign", number)
    now = closing.standing(campaign)
    context = {
        "title": f"Close {campaign.ref}"
        if is_open
        else f"Issue the evidence of {campaign.ref} anew",
        "campaign": campaign,
        "kind": kinds.get(campaign.kind),
        "standing": now,
        "day": lists.day_of(campaign.population),
        "expectations": list(closing.expectations_of(campaign)),
        "may_close": not now.open
        if is_open
        else closing.has_news(campaign) or closing.is_unchecked(campaign),
    }
    return site.render(request, "staff/campaign_close.html", context)


def choice_without(choice: choosing.Choice) -> choosing.Choice:
    """Return a filter without the state: what was decided just now no longer has it."""
    return choosing.Choice(reviewer=choice.reviewer, words=choice.words)


def _open_ones(choice: choosing.Choice) -> choosing.Choice:
    """Narrow lines to the open ones, unless somebody asked for others: a decision stays as it is.

    The addresses on the page then ask for the same.
    """
    decided = (choosing.FOLLOWED, *CampaignLine.Decision.values)
    states = CampaignLine.State.values
    if choice.numbers or choice.state in states or choice.decision in decided:
        return choice
    return replace(choice, state=CampaignLine.State.OPEN)


def _again(reason: str) -> str:
    """Return a reason that was refused, to be corrected; nothing where it holds a secret."""
    return reason if deciding.may_be_shown(reason) else ""


def _bulk(
    campaign: Campaign, choice: choosing.Choice, judged: list[tuple[CampaignLine, str]]
) -> dict[str, Any]:
    """What a preview shows of lines, each with what stands against the deed."""
    fit = [line for line, why in judged if not why]
    return {
        "campaign": campaign,
        "choice": choice,
        "fit": fit[:_SHOWN],
        "fit_count": len(fit),
        "unfit": [(line, why) for line, why in judged if why][:_SHOWN],
        "unfit_count": len(judged) - len(fit),
        "shown": choosing.digest_of(fit),
    }


def _ticked_nothing(request: HttpRequest, choice: choosing.Choice) -> bool:
    """Say whether somebody asked for ticked lines and ticked none, and tell them."""
    if request.GET.get("ticked") and not choice.numbers:
        messages.warning(request, "Tick the lines first.")
        return True
    return False


def _evidence(wanted: str) -> Evidence | None:
    if not (wanted.isdecimal() and len(wanted) <= 18):
        return None
    return Evidence.objects.filter(pk=int(wanted)).first()


def _outlook(campaign: Campaign, evidence: Evidence | None) -> dict[str, Any]:
    if evidence is None:
        return {}
    try:
        return {"outlook": proving.look(campaign, evidence)}
    except REFUSALS as refusal:
        return {"refusal": str(refusal)}


def _followed(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    found = choosing.lines(campaign, choosing.Choice(decision=choosing.FOLLOWED))
    after = request.GET.get("after", "")
    if after.isdecimal() and len(after) <= 9:
        found = found.filter(number__gt=int(after))
    lines = list(
        found.select_related("decided_by", "followed_in", "proof__evidence")[: PER_PAGE + 1]
    )
    more = lines[PER_PAGE - 1].number if len(lines) > PER_PAGE else 0
    return {"rows": lines[:PER_PAGE], "more": more, "is_first": not after}
