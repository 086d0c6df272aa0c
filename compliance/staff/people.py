"""People in the staff door: who may do what, who was invited, and the deeds about accounts."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache

from accounts import factors, invitations, people, roles, sessions
from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import Invitation, Role, User
from accounts.roles import ALONE
from compliance import moments
from compliance.staff import words
from compliance.staff.base import REFUSALS, RoomAdmin, attempt, person, typed
from compliance.staff.capability_words import CAPABILITY_WORDS
from compliance.staff.forms import StaffForm
from compliance.staff.site import DO, READ_AND_DO, site


class InviteForm(StaffForm):
    widths = {"role": "half", "days": "half"}

    email = forms.EmailField(
        label="E-mail address",
        required=False,
        help_text="The link works for this address only. Without one, any address will do.",
    )
    role = forms.ChoiceField(label="Role")
    days = forms.IntegerField(
        label="Good for (days)", min_value=1, max_value=invitations.LONGEST_LIFE.days, initial=7
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fit = [role for role in Role.objects.all() if role.held <= by.held]
        choices = [(role.slug, role.title) for role in fit]
        self.fields["role"].choices = choices  # type: ignore[attr-defined]


def _fit_roles(held: set[str], by: User) -> list[Role]:
    """The roles that a person may be given: no more than the giver holds, and none of people
    outside beside others."""
    return [
        role
        for role in Role.objects.all()
        if role.slug not in held and role.held <= by.held and not (held and role.slug in ALONE)
    ]


class ActiveFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("active", "Active"), ("inactive", "Inactive")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        if self.value() not in {"active", "inactive"}:
            return queryset
        return queryset.filter(is_active=self.value() == "active")


@admin.register(User, site=site)
class PersonAdmin(RoomAdmin):
    needs = Capability.MANAGE_PEOPLE
    heading = "People"
    intro = "Everybody with an account. Accounts begin with an invitation and are never deleted."
    list_display = ["who", "held_roles", "second_factor", "since", "state"]
    list_filter = [ActiveFilter, "roles"]
    search_fields = ["email"]
    search_help_text = "Name or e-mail address"
    detail_template = "staff/person.html"
    buttons = [("Invite a person", "invite", Capability.MANAGE_PEOPLE)]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(Q(email__icontains=term) | Q(full_name__icontains=term)), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("roles")

    def dress(self, rows: Sequence[Any]) -> None:
        enough = {each.user.pk for each in factors.of_everybody() if each.enough}
        for row in rows:
            row.has_factor = row.pk in enough

    def detail(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        by = person(request)
        grants = row.grants.select_related("role", "granted_by").order_by("role__title")
        held = {grant.role.slug for grant in grants}
        return {
            "title": str(row),
            "grants": grants,
            "may_grant": _fit_roles(held, by),
            "factors": next(
                (each for each in factors.of_everybody() if each.user.pk == row.pk), None
            ),
            "tokens": row.tokens.all()[:20],
            "sessions": sessions.of(row),
            "is_self": row.pk == by.pk,
            "may_see_tokens": can(by, Capability.MANAGE_TOKENS),
        }

    @admin.display(description="Person")
    def who(self, row: Any) -> SafeString:
        return words.lines(str(row), row.email if row.full_name else "")

    @admin.display(description="Roles")
    def held_roles(self, row: Any) -> SafeString | str:
        titles = [(words.tag(role.title),) for role in row.roles.all()]
        return format_html_join(" ", "{}", titles) if titles else "no role"

    @admin.display(description="Second factor")
    def second_factor(self, row: Any) -> SafeString:
        return (
            words.badge("active", "Set up")
            if row.has_factor
            else words.badge("awaiting", "Missing")
        )

    @admin.display(description="Since")
    def since(self, row: Any) -> SafeString:
        since = row.created_at.astimezone(moments.zone()).date()
        return moments.marked(row.created_at, moments.day(since))

    @admin.display(description="State")
    def state(self, row: Any) -> SafeString:
        return (
            words.badge("active", "Active")
            if row.is_active
            else words.badge("inactive", "Inactive")
        )


@admin.register(Role, site=site)
class RoleAdmin(RoomAdmin):
    needs = Capability.MANAGE_PEOPLE
    intro = "Roles come with the installation (accounts/roles.yaml) and are the same everywhere."
    list_display = ["title", "door", "may"]

    @admin.display(description="Opens")
    def door(self, row: Any) -> str:
        if row.is_staff:
            return "Staff pages"
        return "Auditors' portal" if Capability.OPEN_PORTAL in row.held else "No door yet"

    @admin.display(description="May")
    def may(self, row: Any) -> SafeString:
        held = [CAPABILITY_WORDS[each] for each in Capability if each in row.held]
        return format_html_join(" ", "{}", ((words.tag(each),) for each in held))


@admin.register(Invitation, site=site)
class InvitationAdmin(RoomAdmin):
    needs = Capability.MANAGE_PEOPLE
    intro = "One-time links to an account. A link is shown once, when it is made."
    empty_words = "Nobody was invited yet"
    empty_next = (
        "An invitation is a link that works once; who opens it sets up an account of their own."
    )
    list_display = ["whom", "role", "invited_by", "created_at", "expires_at", "state", "deed"]
    list_select_related = ["role", "invited_by"]
    buttons = [("Invite a person", "invite", Capability.MANAGE_PEOPLE)]

    @admin.display(description="For")
    def whom(self, row: Any) -> str:
        return row.email or "whoever holds the link"

    @admin.display(description="State")
    def state(self, row: Any) -> SafeString:
        if row.used_at:
            return words.badge("done", "Used")
        if row.withdrawn_at:
            return words.badge("withdrawn", "Withdrawn")
        if row.expires_at <= timezone.now():
            return words.badge("expired", "Expired")
        return words.badge("waiting", "Open")

    @admin.display(description="")
    def deed(self, row: Any) -> SafeString | str:
        if row.used_at or row.withdrawn_at or row.expires_at <= timezone.now():
            return ""
        return words.link(reverse("admin:invitation_withdraw", args=[row.pk]), "Withdraw…")


@site.page(
    "accounts/invitation/add/",
    name="invite",
    needs=Capability.MANAGE_PEOPLE,
    methods=READ_AND_DO,
    fresh=True,
)
@never_cache
def invite(request: HttpRequest) -> HttpResponseBase:
    """Invite a person, and show the one-time link on the very page that answers the form."""
    by = person(request)
    form = InviteForm(request.POST or None, by=by, initial={"role": "reviewer"})
    context: dict[str, Any] = {"title": "Invite a person", "form": form, "button": "Make the link"}
    if form.is_valid():
        try:
            invitation, secret = invitations.invite(
                role=form.cleaned_data["role"],
                email=form.cleaned_data["email"],
                invited_by=by,
                valid_for=timedelta(days=form.cleaned_data["days"]),
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return shown_once(request, invitation, secret)
    return site.render(request, "staff/form.html", context)


def shown_once(
    request: HttpRequest, invitation: Invitation, secret: str, *, onward: str = ""
) -> HttpResponseBase:
    """Show the link of an invitation; it is stored nowhere, so this is the only time."""
    context = {
        "title": "The link of the invitation",
        "intro": f"For {invitation.email or 'whoever holds it'}, with the role {invitation.role}.",
        "secret": f"{settings.SITE_URL}{reverse('welcome', args=[secret])}",
        "secret_label": "One-time link",
        "explanation": (
            "Send it by a way that you trust. Nobody can read it again, neither here nor in the "
            f"database. It is good once, until {words.clock(invitation.expires_at)}."
        ),
        "onward": onward or reverse("admin:accounts_invitation_changelist"),
    }
    return site.render(request, "staff/secret.html", context)


@site.page(
    "accounts/invitation/<int:pk>/withdraw/",
    name="invitation_withdraw",
    needs=Capability.MANAGE_PEOPLE,
    methods=READ_AND_DO,
)
def withdraw_invitation(request: HttpRequest, pk: int) -> HttpResponseBase:
    invitation = get_object_or_404(Invitation.objects.select_related("role"), pk=pk)
    if request.method == "POST":
        by = person(request)
        attempt(
            request,
            lambda: invitations.withdraw(invitation, by=by),
            done="The invitation is withdrawn; its link no longer works.",
        )
        return redirect("admin:accounts_invitation_changelist")
    context = {
        "title": "Withdraw an invitation",
        "question": f"Withdraw the invitation of {invitation}? Its link stops working at once.",
        "button": "Withdraw it",
        "cancel": reverse("admin:accounts_invitation_changelist"),
    }
    return site.render(request, "staff/confirm.html", context)


@site.page(
    "accounts/user/<int:pk>/sessions/",
    name="person_sessions",
    needs=Capability.MANAGE_PEOPLE,
    methods=DO,
)
def end_sessions(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _deed(
        request,
        pk,
        lambda user, by: people.sign_out(user, by=by),
        "The person is signed out everywhere.",
    )


def _deed(request: HttpRequest, pk: int, deed: Any, done: str) -> HttpResponseBase:
    user = get_object_or_404(User, pk=pk)
    by = person(request)
    attempt(request, lambda: deed(user, by), done=done)
    return redirect("admin:accounts_user_change", pk)


@site.page(
    "accounts/user/<int:pk>/deactivate/",
    name="person_deactivate",
    needs=Capability.MANAGE_PEOPLE,
    methods=DO,
    fresh=True,
)
def deactivate(request: HttpRequest, pk: int) -> HttpResponseBase:
    reason = typed(request, "reason")
    return _deed(
        request,
        pk,
        lambda user, by: people.deactivate(user, by=by, reason=reason),
        "The account is deactivated, and all its API tokens are revoked.",
    )


@site.page(
    "accounts/user/<int:pk>/activate/",
    name="person_activate",
    needs=Capability.MANAGE_PEOPLE,
    methods=DO,
)
def activate(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _deed(
        request, pk, lambda user, by: people.activate(user, by=by), "The account is active again."
    )


@site.page(
    "accounts/user/<int:pk>/factor/",
    name="person_factor",
    needs=Capability.MANAGE_PEOPLE,
    methods=DO,
    fresh=True,
)
def reset_factor(request: HttpRequest, pk: int) -> HttpResponseBase:
    reason = typed(request, "reason")
    return _deed(
        request,
        pk,
        lambda user, by: people.reset_second_factor(user, by=by, reason=reason),
        "The second factor is forgotten; the person enrols a new one at the next visit.",
    )


@site.page(
    "accounts/user/<int:pk>/grant/",
    name="person_grant",
    needs=Capability.MANAGE_PEOPLE,
    methods=DO,
    fresh=True,
)
def grant(request: HttpRequest, pk: int) -> HttpResponseBase:
    role = typed(request, "role")
    return _deed(
        request, pk, lambda user, by: roles.grant(user, role=role, by=by), "The role is given."
    )


@site.page(
    "accounts/user/<int:pk>/ungrant/",
    name="person_ungrant",
    needs=Capability.MANAGE_PEOPLE,
    methods=DO,
    fresh=True,
)
def ungrant(request: HttpRequest, pk: int) -> HttpResponseBase:
    role = typed(request, "role")
    return _deed(
        request, pk, lambda user, by: roles.withdraw(user, role=role, by=by), "The role is taken."
    )
