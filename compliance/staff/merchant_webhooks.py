"""Webhooks in the staff door: added, changed, tried, and given another key."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.access import actor
from accounts.capabilities import Capability
from compliance.staff.base import REFUSALS, attempt, person
from compliance.staff.forms import StaffForm
from compliance.staff.merchant_keys import environment_of
from compliance.staff.site import DO, READ_AND_DO, site
from merchants.models import Application, Environment, Webhook
from merchants.webhooks import delivering, hooks, secrets_of, telling
from merchants.webhooks.hooks import Wish

_EVENTS = [f"{entity}:{kind}" for entity, kinds in telling.TOLD.items() for kind in kinds]
_AUTHENTICATIONS = [
    ("NONE", "By our signature alone"),
    ("BASIC", "User name and password"),
    ("BEARER", "Token"),
]


class WebhookForm(StaffForm):
    """Where events are sent, which, and how the receiver knows us."""

    widths = {"nickname": "half", "authentication": "half", "username": "half", "secret": "half"}

    url = forms.CharField(
        label="Address", max_length=hooks.LONGEST_URL, help_text="As in https://host/path."
    )
    nickname = forms.CharField(label="Name", max_length=100, required=False)
    events = forms.MultipleChoiceField(
        label="Events",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="None means all, also those that come later.",
    )
    authentication = forms.ChoiceField(label="The receiver knows us by")
    username = forms.CharField(label="User name", max_length=200, required=False)
    secret = forms.CharField(
        label="Password or token",
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, standing: Webhook | None = None, **kwargs: Any) -> None:
        if standing:
            kwargs["initial"] = {
                "url": standing.url,
                "nickname": standing.nickname,
                "events": _ticked(standing.enabled_events),
            }
        super().__init__(*args, **kwargs)
        known = list(
            dict.fromkeys([*_EVENTS, *_ticked(standing.enabled_events if standing else [])])
        )
        self.fields["events"].choices = [(one, _words_of(one)) for one in known]  # type: ignore[attr-defined]
        stays = [("", "What it knows us by now")] if standing else []
        self.fields["authentication"].choices = [*stays, *_AUTHENTICATIONS]  # type: ignore[attr-defined]
        self.fields["authentication"].required = not standing

    def wish(self) -> Wish:
        """Return what was typed as the room understands it."""
        said = self.cleaned_data
        return Wish(
            url=said["url"],
            nickname=said["nickname"],
            enabled_events=_grouped(said["events"]),
            authentication=_authentication(said) if said["authentication"] else None,
        )


class NewWebhookForm(WebhookForm):
    """A webhook that is to be added to an environment, for one platform or for all."""

    widths = {**WebhookForm.widths, "environment": "half", "application": "half"}
    field_order = ("environment", "application")

    environment = forms.ChoiceField(label="Environment", choices=Environment.choices)
    application = forms.ModelChoiceField(
        label="Platform",
        queryset=Application.objects.none(),
        required=False,
        empty_label="All platforms",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["application"].queryset = Application.objects.order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        platform = said.get("application")
        if platform and platform.environment != said.get("environment"):
            self.add_error(
                "application",
                f"This one lives in {platform.get_environment_display().lower()}.",
            )
        return said


@site.page(
    "merchants/api/add-webhook/",
    name="merchant_webhook_add",
    needs=Capability.MANAGE_MERCHANTS,
    methods=READ_AND_DO,
    fresh=True,
)
@never_cache
def add(request: HttpRequest) -> HttpResponseBase:
    """Add a webhook, post it an empty test event, and show its signing key once."""
    form = NewWebhookForm(request.POST or None, initial={"environment": environment_of(request)})
    if form.is_valid():
        try:
            made = hooks.add(
                form.wish(),
                environment=form.cleaned_data["environment"],
                application=form.cleaned_data["application"],
                actor=actor(person(request)),
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            if not made.enabled:
                messages.warning(request, "It did not take the test event, and is off.")
            return _shown_once(request, made)
    context = {
        "title": "Add a webhook",
        "form": form,
        "button": "Add it, and post a test event",
        "cancel": reverse("admin:merchant_api"),
    }
    return site.render(request, "staff/form.html", context)


@site.page(
    "merchants/api/webhooks/<str:ref>/change/",
    name="merchant_webhook_change",
    needs=Capability.MANAGE_MERCHANTS,
    methods=READ_AND_DO,
)
def change(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Change where events are sent, which, and how the receiver knows us."""
    hook, by = get_object_or_404(Webhook, ref=ref), person(request)
    form = WebhookForm(request.POST or None, standing=hook)
    if form.is_valid():
        try:
            hooks.change(hook, form.wish(), actor=actor(by))
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:merchant_webhook", ref)
    context = {
        "title": f"Change {hook.nickname or hook.ref}",
        "form": form,
        "button": "Keep it",
        "cancel": reverse("admin:merchant_webhook", args=[ref]),
    }
    return site.render(request, "staff/form.html", context)


@site.page(
    "merchants/api/webhooks/<str:ref>/rotate/",
    name="merchant_webhook_rotate",
    needs=Capability.MANAGE_MERCHANTS,
    methods=DO,
    fresh=True,
)
@never_cache
def rotate(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Exchange the signing key, and show the new one once."""
    hook, by = get_object_or_404(Webhook, ref=ref), person(request)
    made = attempt(
        request,
        lambda: hooks.rotate(hook, actor=actor(by)),
        done="The key is exchanged; the one before signs beside it for a day.",
    )
    return _shown_once(request, made) if made else redirect("admin:merchant_webhook", ref)


@site.page(
    "merchants/api/webhooks/<str:ref>/do/<slug:deed>/",
    name="merchant_webhook_do",
    needs=Capability.MANAGE_MERCHANTS,
    methods=DO,
)
def do(request: HttpRequest, ref: str, deed: str) -> HttpResponseBase:
    """Try a webhook, switch it on or off, or send again all that it did not take."""
    hook, by = get_object_or_404(Webhook, ref=ref), person(request)
    if deed == "test":
        _try_out(request, hook)
    elif deed == "again":
        attempt(
            request,
            lambda: delivering.redeliver_failed(hook, actor=actor(by)),
            done="What it did not take is sent again.",
        )
    elif deed in {"on", "off"}:
        attempt(
            request,
            lambda: hooks.change(hook, Wish(enabled=deed == "on"), actor=actor(by)),
            done="It is told from now on." if deed == "on" else "It is told nothing more.",
        )
    return redirect("admin:merchant_webhook", ref)


def _try_out(request: HttpRequest, hook: Webhook) -> None:
    answer = delivering.try_out(hook)
    if answer.is_taken:
        taken = f"It took the test event with status {answer.status}"
        messages.success(request, f"{taken}, in {answer.milliseconds} ms.")
    else:
        messages.error(request, f"It did not take the test event. {answer.error}")


def _shown_once(request: HttpRequest, hook: Webhook) -> HttpResponseBase:
    context = {
        "title": "The signing key of the webhook",
        "intro": f"Of {hook.url}.",
        "secret": secrets_of.current(hook),
        "secret_label": "Signing key",
        "explanation": "The receiver checks by it that an event is ours: see the header "
        "Finix-Signature. A program that has a key of the API can read it again.",
        "onward": reverse("admin:merchant_webhook", args=[hook.ref]),
    }
    return site.render(request, "staff/secret.html", context)


def _authentication(said: Mapping[str, Any]) -> dict[str, Any]:
    kind = said["authentication"]
    return {
        "type": kind,
        "basic": {"username": said["username"], "password": said["secret"]},
        "bearer": {"token": said["secret"]},
    }


def _ticked(enabled: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the kinds of events that a webhook asked for, as the form ticks them."""
    found = []
    for one in enabled:
        kinds = one.get("types") or telling.TOLD.get(one["entity"], ("",))
        found += [f"{one['entity']}:{kind}" for kind in kinds]
    return found


def _grouped(ticked: Sequence[str]) -> list[dict[str, Any]]:
    """Return what was ticked by entity; an entity whose kinds are all ticked has all to come."""
    kinds: dict[str, list[str]] = {}
    for one in ticked:
        entity, _, kind = one.partition(":")
        kinds.setdefault(entity, []).append(kind)
    return [
        {"entity": entity, "types": [] if set(types) >= set(_all(entity)) else types}
        for entity, types in kinds.items()
    ]


def _all(entity: str) -> Sequence[str]:
    return telling.TOLD.get(entity, ("",))


def _words_of(one: str) -> str:
    entity, _, kind = one.partition(":")
    return f"{entity.replace('_', ' ').capitalize()}: {kind or 'all'}"
