"""API tokens in the staff door: issued with the secret shown once, revoked with a reason."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache

from accounts import tokens
from accounts.capabilities import Capability
from accounts.models import ApiToken, User
from accounts.tokens import Scope
from compliance.staff import words
from compliance.staff.base import REFUSALS, RoomAdmin, attempt, person
from compliance.staff.forms import DayField, StaffForm, end_of
from compliance.staff.site import READ_AND_DO, site

SCOPE_WORDS = {
    Scope.READ_EVIDENCE: "Read evidence",
    Scope.WRITE_EVIDENCE: "Hand in evidence",
    Scope.READ_CONTROLS: "Read controls",
    Scope.READ_RUNS: "Read runs",
    Scope.READ_FINDINGS: "Read findings",
    Scope.READ_ENGAGEMENTS: "Read engagements and their scope",
    Scope.READ_REQUESTS: "Read requests of auditors and their answers",
    Scope.READ_SAMPLES: "Read sealed populations, draws with their rows, and work sheets",
    Scope.READ_READINESS: "Read the score, answers, gaps and plan",
    Scope.ALL: "Everything that its owner may (a check will find it)",
}
_USUAL_LIFE = timedelta(days=180)


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("active", "Active"), ("expired", "Expired"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
        now = timezone.now()
        match self.value():
            case "active":
                return queryset.filter(revoked_at=None, expires_at__gt=now)
            case "expired":
                return queryset.filter(revoked_at=None, expires_at__lte=now)
            case "revoked":
                return queryset.filter(revoked_at__isnull=False)
        return queryset


class IssueForm(StaffForm):
    widths = {
        "owner": "half",
        "environment": "half",
        "expires_on": "half",
        "rotate_after_days": "half",
    }

    owner = forms.ModelChoiceField(
        queryset=User.objects.filter(is_active=True),
        help_text="The token may never do more than this person.",
    )
    environment = forms.ChoiceField(choices=ApiToken.Environment.choices)
    purpose = forms.CharField(
        max_length=200, help_text="Which program uses it, and for what; auditors read this."
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, SCOPE_WORDS[scope]) for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
    )
    expires_on = DayField(label="Last day")
    rotate_after_days = forms.IntegerField(
        label="To be rotated after (days)", min_value=1, max_value=366, initial=90
    )


@admin.register(ApiToken, site=site)
class TokenAdmin(RoomAdmin):
    needs = Capability.MANAGE_TOKENS
    heading = "API tokens"
    intro = "Keys for programs. A secret is shown once, when the token is issued."
    empty_words = "No token was issued yet"
    empty_next = "A token lets one program in, for what you name and no longer than you say."
    list_display = [
        "token",
        "owner",
        "scope",
        "environment",
        "last_used_at",
        "expires_at",
        "state",
        "deed",
    ]
    list_select_related = ["owner"]
    list_filter = [StateFilter, "environment"]
    buttons = [("Issue a token", "token_issue", Capability.MANAGE_TOKENS)]

    @admin.display(description="Token")
    def token(self, row: Any) -> SafeString:
        return words.lines(row.purpose, f"begins with {row.prefix}")

    @admin.display(description="Scopes")
    def scope(self, row: Any) -> SafeString:
        return format_html_join(" ", "{}", ((words.tag(scope),) for scope in row.scopes))

    @admin.display(description="State")
    def state(self, row: Any) -> SafeString:
        if row.revoked_at:
            return words.badge("revoked", "Revoked")
        if row.expires_at <= timezone.now():
            return words.badge("expired", "Expired")
        return words.badge("active", "Active")

    @admin.display(description="")
    def deed(self, row: Any) -> SafeString | str:
        if row.revoked_at:
            return str(row.revoked_reason)
        return words.link(reverse("admin:token_revoke", args=[row.pk]), "Revoke…")


@site.page(
    "accounts/apitoken/add/",
    name="token_issue",
    needs=Capability.MANAGE_TOKENS,
    methods=READ_AND_DO,
    fresh=True,
)
@never_cache
def issue(request: HttpRequest) -> HttpResponseBase:
    """Issue a token, and show its secret on the very page that answers the form."""
    by = person(request)
    initial = {"owner": by.pk, "expires_on": words.today() + _USUAL_LIFE}
    form = IssueForm(request.POST or None, initial=initial)
    if form.is_valid():
        wanted = form.cleaned_data
        try:
            token, secret = tokens.issue(
                wanted["owner"],
                purpose=wanted["purpose"],
                scopes=wanted["scopes"],
                environment=wanted["environment"],
                expires_at=end_of(wanted["expires_on"]),
                issued_by=by,
                rotate_after_days=wanted["rotate_after_days"],
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return _shown_once(request, token, secret)
    context = {"title": "Issue an API token", "form": form, "button": "Issue the token"}
    return site.render(request, "staff/form.html", context)


def _shown_once(request: HttpRequest, token: ApiToken, secret: str) -> HttpResponseBase:
    context = {
        "title": "The secret of the token",
        "intro": f"{token.purpose}, for {token.owner}.",
        "secret": secret,
        "secret_label": "Secret",
        "explanation": (
            "Put it where the program reads its secrets. It is stored as a fingerprint only: "
            f"nobody can read it again. The token ends on {words.clock(token.expires_at)}."
        ),
        "onward": reverse("admin:accounts_apitoken_changelist"),
    }
    return site.render(request, "staff/secret.html", context)


class RevokeForm(StaffForm):
    reason = forms.CharField(
        max_length=200,
        help_text="Kept with the token, for whoever asks later why a program stopped.",
    )


@site.page(
    "accounts/apitoken/<int:pk>/revoke/",
    name="token_revoke",
    needs=Capability.MANAGE_TOKENS,
    methods=READ_AND_DO,
)
def revoke(request: HttpRequest, pk: int) -> HttpResponseBase:
    token = get_object_or_404(ApiToken.objects.select_related("owner"), pk=pk)
    form = RevokeForm(request.POST or None)
    if form.is_valid():
        by = person(request)
        attempt(
            request,
            lambda: tokens.revoke(token, by=by, reason=form.cleaned_data["reason"]),
            done="The token is revoked. Programs that use it are refused from now on.",
        )
        return redirect("admin:accounts_apitoken_changelist")
    context = {
        "title": "Revoke a token",
        "intro": f"{token.purpose}, of {token.owner}. This takes effect at once and for good.",
        "form": form,
        "button": "Revoke it",
        "is_dangerous": True,
        "cancel": reverse("admin:accounts_apitoken_changelist"),
    }
    return site.render(request, "staff/form.html", context)
