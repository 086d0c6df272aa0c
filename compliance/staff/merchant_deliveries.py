"""What was told to webhooks, in the staff door: the log of deliveries, each try, and sent again."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.access import actor
from accounts.capabilities import Capability
from compliance.staff.base import PER_PAGE, attempt, person
from compliance.staff.merchant_keys import environment_of
from compliance.staff.site import DO, READ, site
from merchants.models import Delivery, DeliveryAttempt, Environment, Webhook
from merchants.webhooks import delivering, telling

_STATE = Delivery.State
MARKS = {_STATE.WAITING: "waiting", _STATE.DELIVERED: "met", _STATE.FAILED: "failing"}


@dataclass(frozen=True)
class Choice:
    """Which deliveries are meant; what an address says that is not known means all."""

    environment: str
    state: str
    entity: str

    def address(self, **more: str) -> str:
        known = {"environment": self.environment, "state": self.state, "entity": self.entity}
        return "?" + urlencode({name: word for name, word in (known | more).items() if word})


@site.page(
    "merchants/api/deliveries/",
    name="merchant_deliveries",
    needs=Capability.MANAGE_MERCHANTS,
    methods=READ,
)
def deliveries(request: HttpRequest) -> HttpResponseBase:
    """Show what was told to all webhooks of an environment, the newest first."""
    choice = _choice(request)
    hooks = Webhook.objects.filter(environment=choice.environment).order_by()
    keys = list(hooks.values_list("pk", flat=True))
    found = Delivery.objects.filter(webhook__in=keys)
    context = {
        "title": "Events and deliveries",
        "intro": "What programs were told by webhooks in the last 30 days, and whether they took "
        "it.",
        **_listed(request, choice, found),
    }
    return site.render(request, "staff/merchant_deliveries.html", context)


@site.page(
    "merchants/api/webhooks/<str:ref>/",
    name="merchant_webhook",
    needs=Capability.MANAGE_MERCHANTS,
    methods=READ,
)
def webhook(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Show a webhook with what it was told."""
    hook = get_object_or_404(Webhook.objects.select_related("application"), ref=ref)
    found = Delivery.objects.filter(webhook=hook)
    context = {
        "title": hook.nickname or hook.ref,
        "webhook": hook,
        "has_failed": found.filter(state=_STATE.FAILED).exists(),
        **_listed(request, _choice(request), found),
    }
    return site.render(request, "staff/merchant_webhook.html", context)


@site.page(
    "merchants/api/deliveries/<str:ref>/",
    name="merchant_delivery",
    needs=Capability.MANAGE_MERCHANTS,
    methods=READ,
)
def delivery(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Show one delivery: each try, and the event as it is told."""
    found = get_object_or_404(Delivery.objects.select_related("event", "webhook"), ref=ref)
    context = {
        "title": f"{found.event.entity} {found.event.kind}",
        "delivery": found,
        "mark": MARKS[_STATE(found.state)],
        "attempts": list(found.attempts.all()),
        "body": json.dumps(found.event.body, indent=2, ensure_ascii=False),
        "is_over": found.state != _STATE.WAITING,
    }
    return site.render(request, "staff/merchant_delivery.html", context)


@site.page(
    "merchants/api/deliveries/<str:ref>/again/",
    name="merchant_delivery_again",
    needs=Capability.MANAGE_MERCHANTS,
    methods=DO,
)
def again(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Send a delivery once more, with all its tries."""
    found = get_object_or_404(Delivery.objects.select_related("webhook"), ref=ref)
    by = person(request)
    attempt(
        request,
        lambda: delivering.redeliver(found, actor=actor(by)),
        done="It is sent again.",
    )
    return redirect("admin:merchant_delivery", ref)


def _choice(request: HttpRequest) -> Choice:
    state, entity = request.GET.get("state", ""), request.GET.get("entity", "")
    return Choice(
        environment_of(request),
        state if state in _STATE.values else "",
        entity if entity in telling.TOLD else "",
    )


def _listed(request: HttpRequest, choice: Choice, found: QuerySet[Delivery]) -> dict[str, object]:
    """Return a page of deliveries, each with its last try, and how the next page is asked for."""
    if choice.state:
        found = found.filter(state=choice.state)
    if choice.entity:
        found = found.filter(event__entity=choice.entity)
    last = request.GET.get("after", "").replace("\0", "")
    place = Delivery.objects.filter(ref=last).values_list("created_at", "pk").first()
    if place:
        at, pk = place
        found = found.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk))
    rows = found.select_related("event", "webhook").prefetch_related("attempts")
    whole = list(rows.order_by("-created_at", "-pk")[: PER_PAGE + 1])
    shown = whole[:PER_PAGE]
    return {
        "choice": choice,
        "rows": [(one, MARKS[_STATE(one.state)], _last_try(one)) for one in shown],
        "next": choice.address(after=shown[-1].ref) if len(whole) > PER_PAGE else "",
        "first": choice.address() if place else "",
        "states": _STATE.choices,
        "entities": list(telling.TOLD),
        "environments": Environment.choices,
        "is_narrowed": bool(choice.state or choice.entity),
    }


def _last_try(one: Delivery) -> DeliveryAttempt | None:
    tries = list(one.attempts.all())
    return tries[-1] if tries else None
