"""The merchants' API in the staff door: which programs have a key, and which webhooks are told."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.access import actor
from accounts.capabilities import Capability
from accounts.models import User
from compliance.staff.base import PER_PAGE, REFUSALS, attempt, person
from compliance.staff.forms import StaffForm
from compliance.staff.site import DO, READ, READ_AND_DO, site
from merchants import api_users, shapes
from merchants.models import ApiUser, Application, Environment, Merchant, Webhook

_ROLE = ApiUser.Role
_MOST_WEBHOOKS = 100


class KeyForm(StaffForm):
    """Whom a key is for: all platforms of an environment, one platform, or one merchant."""

    widths = {"role": "half", "environment": "half"}

    role = forms.ChoiceField(label="It reaches", choices=_ROLE.choices, initial=_ROLE.PARTNER)
    environment = forms.ChoiceField(
        label="Environment",
        choices=Environment.choices,
        initial=Environment.SANDBOX,
        help_text="A key of one environment is refused in the other.",
    )
    application = forms.ModelChoiceField(
        label="Platform",
        queryset=Application.objects.none(),
        required=False,
        help_text="For a key of one platform.",
    )
    merchant = forms.CharField(
        label="Merchant",
        max_length=40,
        required=False,
        help_text="For a key of one merchant: its reference, as in MU….",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["application"].queryset = Application.objects.order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """See to it that what the key reaches is there, and lies in its environment."""
        said = super().clean() or {}
        role, environment = said.get("role"), said.get("environment")
        if role == _ROLE.PARTNER:
            self._refuse_foreign("application", said.get("application"), environment)
        elif role == _ROLE.MERCHANT:
            ref = str(said.get("merchant") or "")
            self.found = Merchant.objects.filter(ref=ref).select_related("application").first()
            self._refuse_foreign("merchant", self.found, environment)
        return said

    def _refuse_foreign(
        self, field: str, found: Application | Merchant | None, environment: object
    ) -> None:
        if found is None:
            self.add_error(field, "Say which one the key is for.")
        elif found.environment != environment:
            self.add_error(field, f"This one lives in {found.get_environment_display().lower()}.")

    def add(self, by: User) -> tuple[ApiUser, str]:
        """Make the key that was asked for; return it with its password."""
        said, by_whom = self.cleaned_data, actor(by)
        if said["role"] == _ROLE.PARTNER:
            return api_users.add_partner_key(said["application"], actor=by_whom)
        if said["role"] == _ROLE.MERCHANT and self.found is not None:
            return api_users.add_merchant_key(self.found, actor=by_whom)
        return api_users.add_platform_key(said["environment"], actor=by_whom)


@site.page("merchants/api/", name="merchant_api", needs=Capability.MANAGE_MERCHANTS, methods=READ)
def overview(request: HttpRequest) -> HttpResponseBase:
    """Show the keys and the webhooks of an environment, the newest first."""
    environment = environment_of(request)
    found = ApiUser.objects.filter(environment=environment)
    rows = list(_after(found, request).select_related("application", "merchant")[: PER_PAGE + 1])
    hooks = Webhook.objects.filter(environment=environment).select_related("application")
    context = {
        "title": "Merchants' API",
        "intro": "Programs of platforms read and sign forms by a key, and are told of what happens "
        "by webhooks.",
        "environments": Environment.choices,
        "environment": environment,
        "base": shapes.base_of(environment),
        "keys": rows[:PER_PAGE],
        "next": rows[PER_PAGE - 1].ref if len(rows) > PER_PAGE else "",
        "is_further": "after" in request.GET,
        "webhooks": list(hooks[:_MOST_WEBHOOKS]),
    }
    return site.render(request, "staff/merchant_api.html", context)


@site.page(
    "merchants/api/add-key/",
    name="merchant_key_add",
    needs=Capability.MANAGE_MERCHANTS,
    methods=READ_AND_DO,
    fresh=True,
)
@never_cache
def add_key(request: HttpRequest) -> HttpResponseBase:
    """Make a key, and show its password on the very page that answers the form."""
    form = KeyForm(request.POST or None, initial={"environment": environment_of(request)})
    if form.is_valid():
        try:
            made, password = form.add(person(request))
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return _shown_once(request, made, password)
    context = {
        "title": "Add a key",
        "form": form,
        "button": "Add the key",
        "cancel": reverse("admin:merchant_api"),
    }
    return site.render(request, "staff/form.html", context)


@site.page(
    "merchants/api/keys/<str:ref>/switch/",
    name="merchant_key_switch",
    needs=Capability.MANAGE_MERCHANTS,
    methods=DO,
)
def switch_key(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Switch a key off, or on again."""
    key, by = get_object_or_404(ApiUser, ref=ref), person(request)
    is_on = request.POST.get("enabled") == "yes"
    attempt(
        request,
        lambda: api_users.change(key, enabled=is_on, actor=actor(by)),
        done="The key works again." if is_on else "The key is off: it is refused from now on.",
    )
    return redirect(reverse("admin:merchant_api") + f"?environment={key.environment}")


def environment_of(request: HttpRequest) -> str:
    """Return the environment that an address names; live where it names none."""
    said = request.GET.get("environment", "")
    return said if said in Environment.values else Environment.LIVE.value


def _after(rows: QuerySet[ApiUser], request: HttpRequest) -> QuerySet[ApiUser]:
    """Narrow a list to what stands after the row that an address names."""
    last = request.GET.get("after", "").replace("\0", "")
    place = rows.filter(ref=last).values_list("pk", flat=True).first() if last else None
    return (rows.filter(pk__lt=place) if place else rows).order_by("-pk")


def _shown_once(request: HttpRequest, made: ApiUser, password: str) -> HttpResponseBase:
    context = {
        "title": "The password of the key",
        "intro": f"The user name is {made.ref}, the address {shapes.base_of(made.environment)}.",
        "secret": password,
        "secret_label": "Password",
        "explanation": "Put it where the program reads its secrets. It is stored as a fingerprint "
        "only: nobody can read it again.",
        "onward": reverse("admin:merchant_api") + f"?environment={made.environment}",
    }
    return site.render(request, "staff/secret.html", context)
