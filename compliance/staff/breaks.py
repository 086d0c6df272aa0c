"""Breaks in the staff door: the queue with its filters, one break with its history and deeds."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from compliance.staff import filter_shelf, words
from compliance.staff.base import PER_PAGE, attempt, person, typed
from compliance.staff.reconciliations import rights
from compliance.staff.site import DO, site
from registers.models import Break, Reconciliation
from registers.reconciling import limits, queue, working
from registers.reconciling.aging import BUCKETS, Level, days_of
from registers.reconciling.queue import Choice, Place

MARKS = {
    Break.State.OPEN: "missed",
    Break.State.INVESTIGATING: "running",
    Break.State.PROPOSED: "waiting",
    Break.State.CLEARED: "met",
    Break.State.RESOLVED: "met",
    Break.State.ACCEPTED: "accepted",
    Break.State.WRITTEN_OFF: "exempt",
}
_LEVELS = {Level.LEAD: "Lead", Level.EXECUTIVE: "Executive"}
_LONGEST = 40
_NAMES = ("reconciliation", "state", "age", "owner", "reason", "currency")


def choice_of(request: HttpRequest) -> Choice:
    """Read out of an address which breaks are meant."""
    return choice_in(request.GET)


def choice_in(said: Mapping[str, Any]) -> Choice:
    """Read it out of the parts of an address."""
    return Choice(**{name: said.get(name, "").replace("\0", "")[:_LONGEST] for name in _NAMES})


def workers() -> list[User]:
    """Return the people who may work on breaks."""
    people = User.objects.filter(is_active=True, is_staff=True).prefetch_related("roles")
    found = [each for each in people if can(each, Capability.RUN_RECONCILIATIONS)]
    return sorted(found, key=lambda each: str(each).lower())


@site.page("breaks/", name="breaks", needs=Capability.VIEW)
def breaks(request: HttpRequest) -> HttpResponseBase:
    if opening := filter_shelf.opening(request):
        return redirect(f"{request.path}{opening}")
    choice, today = choice_of(request), words.today()
    place = Place.read(request.GET.get("after", ""))
    found = list(queue.breaks(choice, today=today, after=place)[: PER_PAGE + 1])
    shown = found[:PER_PAGE]
    people = workers()
    reconciliations = list(Reconciliation.objects.order_by("number"))
    end = str(Place(shown[-1].aged_from, shown[-1].number)) if len(found) > PER_PAGE else ""
    context = {
        "title": "Breaks",
        "intro": "What differs between two sides of the same money, the oldest first.",
        "rows": [_row(each, today) for each in shown],
        "choice": choice,
        "asked": urlencode(choice.asked),
        "first": "?" + urlencode(choice.asked) if place else "",
        "next": "?" + urlencode([*choice.asked, ("after", end)]) if end else "",
        "states": Break.State.choices,
        "buckets": BUCKETS,
        "reasons": [(each, words.spoken(each)) for each in queue.REASONS],
        "currencies": sorted({code for one in reconciliations for code in one.currencies}),
        "ages": queue.ages(today),
        "reconciliations": reconciliations,
        "people": people,
        "user_key": str(person(request).pk),
        **rights(request),
    }
    return site.render(request, "staff/breaks.html", context)


@site.page("breaks/<int:number>/", name="break", needs=Capability.VIEW)
def break_page(request: HttpRequest, number: int) -> HttpResponseBase:
    return shown_break(request, number)


def shown_break(
    request: HttpRequest, number: int, *, typed_in: dict[str, str] | None = None
) -> HttpResponseBase:
    """Show a break with both sides and its history; what was typed and refused stands again."""
    found = Break.objects.select_related(
        "reconciliation", "owner", "proposed_by", "found_by", "seen_by"
    )
    broken = get_object_or_404(found, number=number)
    user, today = person(request), words.today()
    context = {
        "title": f"{broken.ref}: {broken.label}",
        "broken": broken,
        "row": _row(broken, today),
        "sides": [
            (name, broken.facts[side])
            for side, name in (("left", "Left side"), ("right", "Right side"))
            if side in broken.facts and broken.facts[side]["count"]
        ],
        "history": broken.events.select_related("by", "owner"),
        "proposals": Break.Proposal.choices,
        "obstacle": working.obstacle(broken, by=user),
        "standing": limits.standing_of(user, currency=broken.currency, day=today),
        "people": workers() if broken.is_open else [],
        "typed_in": typed_in or {},
        **rights(request),
    }
    return site.render(request, "staff/break.html", context)


@site.page("breaks/<int:number>/<slug:deed>/", name="break_deed", needs=Capability.VIEW, methods=DO)
def deed(request: HttpRequest, number: int, deed: str) -> HttpResponseBase:
    """Explain, propose, approve or refuse; the rooms say who may."""
    broken = get_object_or_404(Break.objects.select_related("reconciliation"), number=number)
    by, text = person(request), typed(request, "text")
    shown = typed(request, "seen")
    seen = int(shown) if is_number(shown) else 0
    deeds: dict[str, tuple[Any, str]] = {
        "explain": (
            lambda: working.explain(
                broken, cause=text, ticket=typed(request, "ticket"), by=by, seen=seen
            ),
            "Kept. It stays open until it is closed by two people, or gone.",
        ),
        "propose": (
            lambda: working.propose(
                broken, proposal=typed(request, "proposal"), resolution=text, by=by, seen=seen
            ),
            "Proposed. Another person approves.",
        ),
        "approve": (
            lambda: working.approve(broken, note=text, by=by, seen=seen),
            "Approved, and closed.",
        ),
        "refuse": (lambda: working.refuse(broken, note=text, by=by, seen=seen), "Sent back."),
    }
    if deed not in deeds:
        raise Http404
    do, done = deeds[deed]
    if attempt(request, do, done=done) is None:
        again = {"deed": deed, "text": text, "proposal": typed(request, "proposal")}
        return shown_break(request, number, typed_in=again)
    return redirect("admin:break", number)


def _row(each: Break, today: Any) -> dict[str, Any]:
    level = queue.level(each, today) if each.is_open else Level.OWNER
    return {
        "each": each,
        "mark": MARKS[Break.State(each.state)],
        "days": days_of(each.aged_from, each.closed_on or today),
        "level": _LEVELS.get(level, ""),
        "reason": words.spoken(each.reason),
    }


def is_number(text: str) -> bool:
    """Say whether a text is a number that a database can hold."""
    return text.isdecimal() and len(text) < 19
