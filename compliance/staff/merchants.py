"""Merchants in the staff door: the portfolio of their forms, filtered, and one form by itself."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from accounts.access import can
from accounts.capabilities import Capability
from compliance.staff import filter_shelf
from compliance.staff.base import COUNTED, PER_PAGE
from compliance.staff.site import site
from evidence.errors import SealError
from merchants import answering, identity, other_accounts, papers, portfolio, scanning, states
from merchants.models import Application, ComplianceForm, Environment, FormChange, Merchant
from merchants.portfolio import Choice
from merchants.questionnaire import TYPES
from reports.self_assessment import OVERALL, WORDS

_STATE = ComplianceForm.State
MARKS = {
    _STATE.INCOMPLETE: "waiting",
    _STATE.OVERDUE: "late",
    _STATE.COMPLETE: "met",
    _STATE.EXPIRED: "missed",
    _STATE.INVALID: "withdrawn",
}
AGES = {"7": "Issued this week", "30": "Issued within 30 days", "90": "Within 90 days",
        "365": "Within a year", portfolio.OLDER: "More than a year ago"}  # fmt: skip
LEVELS = ("1", "2", "3", "4")
_LONGEST_SEARCH = 100
_MOST_PLATFORMS = 200
# A field of the choice, and its word in addresses where that is another.
_IN_ADDRESS = {"form_type": "type", "words": "q", "application": "platform"}


@dataclass(frozen=True)
class Row:
    """One form as the list shows it."""

    form: ComplianceForm
    name: str
    mark: str
    state: str


@site.page("merchants/", name="merchants", needs=Capability.VIEW)
def forms(request: HttpRequest) -> HttpResponseBase:
    """Show the newest forms of the choice, a page at a time; its cost does not grow."""
    if opening := filter_shelf.opening(request):
        return redirect(f"{request.path}{opening}")
    choice = choice_of(request.GET)
    found = portfolio.chosen(choice)
    after = request.GET.get("after", "")
    if after.isdecimal() and len(after) <= 18:
        found = found.filter(pk__lt=int(after))
    rows = list(found.select_related("merchant", "application")[: PER_PAGE + 1])
    shown = rows[:PER_PAGE]
    context = {
        "title": "Merchants",
        "intro": "How merchants attest to their card security, form by form.",
        "choice": choice,
        "rows": rows_of(shown),
        "figures": _figures(choice.environment),
        **choices(),
        "first": address(choice) if after else "",
        "next": address(choice, after=shown[-1].pk) if len(rows) > PER_PAGE else "",
        "asked": address(choice),
        "is_narrowed": bool(choice.to_json().keys() - {"environment"}),
        "is_overdue": choice.state == _STATE.OVERDUE,
        "may_manage": can(request.user, Capability.MANAGE_MERCHANTS),
        "has_platform": Application.objects.filter(environment=choice.environment).exists(),
        "waiting": _waiting(choice.environment),
    }
    return site.render(request, "staff/merchants.html", context)


@site.page("merchants/forms/<str:ref>/", name="merchant_form", needs=Capability.VIEW)
def form_page(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Show one form with its merchant, its answers, its signature, its papers and its history."""
    form = one(ref)
    known = answering.whole(form)
    state = _STATE(states.state_at(form, timezone.now()))
    lines = known.questionnaire.lines()
    context = {
        "title": f"{known.questionnaire.form}: {name_of(form.merchant)}",
        "form": form,
        "state": state,
        "mark": MARKS[state],
        "identity": _identity(form.merchant),
        "known": known,
        "standing": known.standing,
        "missing": len(known.missing),
        "words": WORDS,
        "overall": OVERALL.get(form.signature.overall, "") if hasattr(form, "signature") else "",
        "answers": [(lines[name], given) for name, given in known.said.lines.items()],
        "signature": getattr(form, "signature", None),
        "papers": papers.of(form),
        "history": list(FormChange.objects.filter(form=form)),
        "following": ComplianceForm.objects.filter(previous=form).first(),
        "is_open": form.state in answering.OPEN and not form.source,
        "told": other_accounts.last_of(form),
        "scanned": scanning.standing(form.merchant, timezone.now().date()),
        "may_manage": can(request.user, Capability.MANAGE_MERCHANTS),
    }
    return site.render(request, "staff/merchant_form.html", context)


def one(ref: str) -> ComplianceForm:
    """Return the form of an address, or raise 404."""
    found = ComplianceForm.objects.select_related(
        "merchant", "application", "previous", "ledger_entry", "signature"
    )
    return get_object_or_404(found, ref=ref)


def name_of(merchant: Merchant) -> str:
    """Return the name that a merchant is known by, or its reference where it cannot be opened."""
    known = _identity(merchant)
    return known.shown_name if known else merchant.ref


def _identity(merchant: Merchant) -> identity.Identity | None:
    try:
        return identity.opened(merchant)
    except SealError:
        return None


def choice_of(said: QueryDict) -> Choice:
    """Return which forms an address means; what it does not know means all."""

    def among(name: str, known: Container[str]) -> str:
        word = said.get(name, "")
        return word if word in known else ""

    platform = said.get("platform", "")
    return Choice(
        environment=among("environment", Environment.values) or Environment.LIVE.value,
        application=int(platform) if platform.isdecimal() and len(platform) <= 18 else 0,
        state=among("state", _STATE.values),
        form_type=among("type", TYPES),
        level=among("level", LEVELS),
        age=among("age", AGES),
        words=said.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH],
    )


def address(choice: Choice, **more: object) -> str:
    """Return the choice as it stands in an address."""
    said = {_IN_ADDRESS.get(name, name): word for name, word in choice.to_json().items()}
    if choice.environment == Environment.LIVE:
        del said["environment"]
    return "?" + urlencode(said | more)


def choices() -> dict[str, Any]:
    """Return what can be chosen in the filters of forms."""
    return {
        "environments": Environment.choices,
        "states": _STATE.choices,
        "types": TYPES,
        "levels": LEVELS,
        "ages": AGES.items(),
        "platforms": platforms(),
    }


def platforms() -> list[Application]:
    """Return the platforms that a list can be narrowed to."""
    return list(Application.objects.order_by("name", "pk")[:_MOST_PLATFORMS])


def rows_of(forms: Sequence[ComplianceForm]) -> list[Row]:
    now = timezone.now()
    known = [_STATE(states.state_at(form, now)) for form in forms]
    return [
        Row(form, name_of(form.merchant), MARKS[state], state.label)
        for form, state in zip(forms, known, strict=True)
    ]


def _figures(environment: str) -> list[dict[str, Any]]:
    """Return the forms of each state: as they were counted, or else counted only so far.

    The page must not grow with the portfolio; a large one is counted by a job.
    """
    forms = ComplianceForm.objects.filter(environment=environment).order_by()
    counted = portfolio.figures(environment)
    found = []
    for state in _STATE:
        if counted:
            count = counted.by_state.get(state, 0)
        else:
            count = forms.filter(state=state)[: COUNTED + 1].count()
        found.append({
            "state": state,
            "mark": MARKS[state],
            "label": state.label,
            "count": count,
            "is_more": not counted and count > COUNTED,
            "counted": COUNTED,
        })  # fmt: skip
    return found


def _waiting(environment: str) -> list[tuple[Application, int]]:
    """Return the platforms with merchants that wait for approval, and how many wait."""
    waiting = Merchant.objects.filter(
        environment=environment, state=Merchant.State.PROVISIONING
    ).order_by()
    keys = waiting.values_list("application", flat=True)[: COUNTED + 1]
    counts: dict[int, int] = {}
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    platforms = Application.objects.in_bulk(counts)
    return [(platforms[key], count) for key, count in sorted(counts.items())]
