"""Merchants in the staff door: the portfolio of their forms, filtered, and one form by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.access import can
from accounts.capabilities import Capability
from compliance.staff.base import COUNTED, PER_PAGE
from compliance.staff.site import site
from evidence.errors import SealError
from merchants import answering, changing, identity, papers
from merchants.models import Application, ComplianceForm, Environment, FormChange, Merchant
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
_AGES = (("7", "Issued this week"), ("30", "Issued within 30 days"), ("90", "Within 90 days"),
         ("365", "Within a year"))  # fmt: skip
_LEVELS = ("1", "2", "3", "4")
_LONGEST_SEARCH = 100


@dataclass(frozen=True)
class Choice:
    """Which forms are looked at."""

    environment: str
    state: str = ""
    form_type: str = ""
    level: str = ""
    age: str = ""
    words: str = ""

    @property
    def asked(self) -> dict[str, str]:
        """Return what stands in the address for this choice."""
        said = {
            "environment": "" if self.environment == Environment.LIVE else self.environment,
            "state": self.state,
            "type": self.form_type,
            "level": self.level,
            "age": self.age,
            "q": self.words,
        }
        return {name: word for name, word in said.items() if word}


@dataclass(frozen=True)
class Row:
    """One form as the list shows it."""

    form: ComplianceForm
    name: str
    mark: str
    state: str


@site.page("merchants/", name="merchants", needs=Capability.VIEW)
def portfolio(request: HttpRequest) -> HttpResponseBase:
    """Show the newest forms of the choice, a page at a time; its cost does not grow."""
    choice = _choice(request)
    found = _chosen(choice)
    after = request.GET.get("after", "")
    if after.isdecimal() and len(after) <= 18:
        found = found.filter(pk__lt=int(after))
    rows = list(found.select_related("merchant", "application")[: PER_PAGE + 1])
    shown = rows[:PER_PAGE]
    context = {
        "title": "Merchants",
        "intro": "How merchants attest to their card security, form by form.",
        "choice": choice,
        "rows": _rows(shown),
        "figures": _figures(choice.environment),
        "environments": Environment.choices,
        "states": _STATE.choices,
        "types": TYPES,
        "levels": _LEVELS,
        "ages": _AGES,
        "first": _address(choice) if after else "",
        "next": _address(choice, shown[-1].pk) if len(rows) > PER_PAGE else "",
        "is_narrowed": bool(choice.asked.keys() - {"environment"}),
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
    state = _STATE(changing.state_at(form, timezone.now()))
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
        "is_open": form.state in answering.OPEN,
        "may_manage": can(request.user, Capability.MANAGE_MERCHANTS),
        "types": TYPES,
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


def _choice(request: HttpRequest) -> Choice:
    said = request.GET

    def among(name: str, known: Sequence[str]) -> str:
        word = said.get(name, "")
        return word if word in known else ""

    return Choice(
        environment=among("environment", Environment.values) or Environment.LIVE.value,
        state=among("state", _STATE.values),
        form_type=among("type", TYPES),
        level=among("level", _LEVELS),
        age=among("age", [word for word, _ in _AGES]),
        words=said.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH],
    )


def _chosen(choice: Choice) -> QuerySet[ComplianceForm]:
    found = ComplianceForm.objects.filter(environment=choice.environment)
    if choice.words:
        # References are whole words that nobody types in part; each has an index of its own.
        merchants = Merchant.objects.filter(
            Q(ref=choice.words) | Q(own_number=choice.words), environment=choice.environment
        )
        keys = list(merchants.order_by().values_list("pk", flat=True)[:PER_PAGE])
        return found.filter(Q(ref=choice.words) | Q(merchant__in=keys)).order_by("-pk")
    if choice.state:
        found = found.filter(state=choice.state)
    if choice.form_type:
        found = found.filter(form_type=choice.form_type)
    if choice.level:
        found = found.filter(level=int(choice.level))
    if choice.age:
        found = found.filter(pk__gte=_first_since(choice))
    return found.order_by("-pk")


def _first_since(choice: Choice) -> int:
    """Return the first form of an age: numbers grow with time, so that one index is enough."""
    since = timezone.now() - timedelta(days=int(choice.age))
    newer = ComplianceForm.objects.filter(environment=choice.environment, created_at__gte=since)
    first = newer.order_by("created_at").values_list("pk", flat=True).first()
    return first if first is not None else 2**63 - 1


def _rows(forms: Sequence[ComplianceForm]) -> list[Row]:
    now = timezone.now()
    states = [_STATE(changing.state_at(form, now)) for form in forms]
    return [
        Row(form, name_of(form.merchant), MARKS[state], state.label)
        for form, state in zip(forms, states, strict=True)
    ]


def _figures(environment: str) -> list[dict[str, Any]]:
    """Count the forms of each state, only so far: the page must not grow with the portfolio."""
    forms = ComplianceForm.objects.filter(environment=environment).order_by()
    return [
        {
            "state": state,
            "mark": MARKS[state],
            "label": state.label,
            "count": (count := forms.filter(state=state)[: COUNTED + 1].count()),
            "is_more": count > COUNTED,
            "counted": COUNTED,
        }
        for state in _STATE
    ]


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


def _address(choice: Choice, after: int = 0) -> str:
    asked = dict(choice.asked) | ({"after": str(after)} if after else {})
    return "?" + urlencode(asked)
