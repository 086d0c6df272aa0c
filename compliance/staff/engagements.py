"""Deeds about engagements in the staff door: open, choose categories, members, close."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.capabilities import Capability
from accounts.models import User
from audits import admission, engagements, gates
from audits.engagements import Fieldwork, Ground
from audits.models import Engagement, EngagementMember
from compliance.staff import words
from compliance.staff.base import REFUSALS, attempt, person, typed
from compliance.staff.forms import DayField, StaffForm
from compliance.staff.people import shown_once
from compliance.staff.site import DO, READ_AND_DO, site
from controls.models import Criterion, Framework

_PAGE = "audits/engagement/<int:pk>/"
_MONTHS = 6
_USUAL_REASON = "Every SOC 2 report covers the common criteria."


class CategoriesForm(StaffForm):
    """A box and a reason for each category of a framework."""

    def __init__(
        self,
        *args: Any,
        framework: Framework,
        chosen: dict[str, str],
        grounds: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.categories = _categories(framework)
        for place, category in enumerate(self.categories):
            self.fields[f"category_{place}"] = forms.BooleanField(
                label=category, required=False, initial=category in chosen
            )
            self.fields[f"reason_{place}"] = forms.CharField(
                label=f"Why {category}?",
                required=False,
                initial=chosen.get(category, ""),
                widget=forms.Textarea(attrs={"rows": 2, "class": "cs-input"}),
            )
            self.fields[f"ground_{place}"] = forms.ChoiceField(
                label=f"What choosing {category} rests on",
                required=False,
                choices=[("", "It rests on …"), *Ground.choices],
                initial=(grounds or {}).get(category, ""),
                widget=forms.Select(attrs={"class": "cs-input"}),
            )

    @property
    def rows(self) -> list[tuple[Any, Any, Any]]:
        """Box, reason and ground of each category, as the template shows them."""
        return [
            (self[f"category_{place}"], self[f"reason_{place}"], self[f"ground_{place}"])
            for place in range(len(self.categories))
        ]

    @property
    def pairs(self) -> list[tuple[Any, Any]]:
        """Box and reason of each category."""
        return [(box, reason) for box, reason, _ in self.rows]

    @property
    def chosen(self) -> dict[str, str]:
        answers = self.cleaned_data
        return {
            category: answers[f"reason_{place}"]
            for place, category in enumerate(self.categories)
            if answers[f"category_{place}"]
        }

    @property
    def grounds(self) -> dict[str, str]:
        return {
            category: self.cleaned_data[f"ground_{place}"]
            for place, category in enumerate(self.categories)
        }


class EngagementForm(CategoriesForm):
    layout = "staff/parts/engagement_form.html"
    widths = {
        "type": "half",
        "firm": "half",
        "window_from": "half",
        "window_to": "half",
        "fieldwork_from": "half",
        "fieldwork_to": "half",
    }

    title = forms.CharField(
        max_length=200, help_text="As people call it, such as SOC 2 Type 2 of 2027."
    )
    type = forms.ChoiceField(choices=Engagement.Type.choices, initial=Engagement.Type.SOC2_TYPE2)
    firm = forms.CharField(label="Audit firm", max_length=200, required=False)
    window_from = DayField(label="Observed from")
    window_to = DayField(
        label="Observed to", help_text="Both days included. For Type 1 the same day twice."
    )
    fieldwork_from = DayField(label="Fieldwork from", required=False)
    fieldwork_to = DayField(label="Fieldwork to", required=False)
    freeze_on = DayField(
        label="Freeze date",
        required=False,
        help_text="The last day on which scope, dates and auditors may change. Later is fine.",
    )

    @property
    def own_fields(self) -> list[Any]:
        """The fields that are no category, in the order in which they are declared."""
        return [self[name] for name in self.base_fields]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("fieldwork_from")) != bool(cleaned.get("fieldwork_to")):
            self.add_error("fieldwork_to", "Give both days of the fieldwork, or none.")
        return cleaned

    @property
    def fieldwork(self) -> Fieldwork | None:
        start, end = self.cleaned_data["fieldwork_from"], self.cleaned_data["fieldwork_to"]
        return Fieldwork(start, end) if start and end else None


@site.page(
    "audits/engagement/add/",
    name="engagement_open",
    needs=Capability.MANAGE_ENGAGEMENTS,
    methods=READ_AND_DO,
)
def open_engagement(request: HttpRequest) -> HttpResponseBase:
    known = list(Framework.objects.filter(criteria__isnull=False).distinct())
    framework = _framework(request, known)
    context: dict[str, Any] = {
        "title": "Open an engagement",
        "frameworks": known,
        "framework": framework,
    }
    if framework is None:
        return site.render(request, "staff/engagement_open.html", context)
    start, end = _usual_window()
    form = EngagementForm(
        request.POST or None,
        framework=framework,
        chosen=_usual_categories(framework),
        initial={"window_from": start, "window_to": end},
    )
    if form.is_valid():
        try:
            engagement = _opened(form, framework, by=person(request))
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:audits_engagement_change", engagement.pk)
    return site.render(request, "staff/engagement_open.html", {**context, "form": form})


@site.page(
    f"{_PAGE}categories/",
    name="engagement_categories",
    needs=Capability.MANAGE_ENGAGEMENTS,
    methods=READ_AND_DO,
)
def choose_categories(request: HttpRequest, pk: int) -> HttpResponseBase:
    engagement = get_object_or_404(Engagement.objects.select_related("framework"), pk=pk)
    chosen = dict(engagement.categories.values_list("category", "reason"))
    form = CategoriesForm(
        request.POST or None,
        framework=engagement.framework,
        chosen=chosen,
        grounds=dict(engagement.categories.values_list("category", "ground")),
    )
    if form.is_valid():
        try:
            engagements.choose_categories(
                engagement, categories=form.chosen, grounds=form.grounds, by=person(request)
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:audits_engagement_change", pk)
    context = {
        "title": "Categories in scope",
        "intro": f"Of {engagement}. Packs that were built before keep what was chosen then.",
        "form": form,
        "cancel": reverse("admin:audits_engagement_change", args=[pk]),
        "obstacle": gates.obstacle_to_changing(engagement),
    }
    return site.render(request, "staff/engagement_categories.html", context)


@site.page(
    f"{_PAGE}members/add/",
    name="engagement_member_add",
    needs=Capability.MANAGE_ENGAGEMENTS,
    methods=DO,
)
def add_member(request: HttpRequest, pk: int) -> HttpResponseBase:
    engagement = get_object_or_404(Engagement, pk=pk)
    wanted = request.POST.get("user", "")
    user = get_object_or_404(User, pk=int(wanted) if wanted.isdecimal() else 0)
    until = _day(request.POST.get("access_until", ""))
    by = person(request)
    attempt(
        request,
        lambda: engagements.add_member(engagement, user=user, access_until=until, by=by),
        done=f"{user} may look at {engagement.ref} until {words.day(until)}.",
    )
    return redirect("admin:audits_engagement_change", pk)


@site.page(
    "audits/engagement/members/<int:pk>/remove/",
    name="engagement_member_remove",
    needs=Capability.MANAGE_ENGAGEMENTS,
    methods=DO,
)
def remove_member(request: HttpRequest, pk: int) -> HttpResponseBase:
    member = get_object_or_404(EngagementMember.objects.select_related("user", "engagement"), pk=pk)
    by = person(request)
    attempt(
        request,
        lambda: engagements.remove_member(member, by=by),
        done=f"{member.user} may no longer look at {member.engagement.ref}.",
    )
    return redirect("admin:audits_engagement_change", member.engagement_id)


@site.page(
    f"{_PAGE}invite/",
    name="engagement_invite",
    needs=Capability.MANAGE_PEOPLE,
    methods=DO,
    fresh=True,
)
@never_cache
def invite_auditor(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Invite an auditor by e-mail address and show the one-time link."""
    engagement = get_object_or_404(Engagement, pk=pk)
    by = person(request)
    email, until = typed(request, "email"), _day(request.POST.get("access_until", ""))
    made = attempt(
        request,
        lambda: admission.invite_auditor(engagement, email=email, access_until=until, by=by),
        done=f"Who accepts may look at {engagement.ref} at once, until {words.day(until)}.",
    )
    page = reverse("admin:audits_engagement_change", args=[engagement.pk])
    if made is None:
        return redirect(page)
    bound, secret = made
    return shown_once(request, bound.invitation, secret, onward=page)


@site.page(
    f"{_PAGE}close/",
    name="engagement_close",
    needs=Capability.MANAGE_ENGAGEMENTS,
    methods=READ_AND_DO,
)
def close(request: HttpRequest, pk: int) -> HttpResponseBase:
    engagement = get_object_or_404(Engagement, pk=pk)
    page = reverse("admin:audits_engagement_change", args=[pk])
    if request.method == "POST":
        by = person(request)
        attempt(
            request,
            lambda: engagements.close_engagement(engagement, by=by),
            done=f"{engagement.ref} is closed.",
        )
        return redirect(page)
    context = {
        "title": f"Close {engagement.ref}",
        "question": (
            "Close this engagement? Its categories and members can no longer be changed. "
            "Members keep their access until the day they were given."
        ),
        "button": "Close it",
        "cancel": page,
    }
    return site.render(request, "staff/confirm.html", context)


def _opened(form: EngagementForm, framework: Framework, *, by: User) -> Engagement:
    answers = form.cleaned_data
    return engagements.open_engagement(
        answers["title"],
        type=answers["type"],
        framework=framework,
        window_from=answers["window_from"],
        window_to=answers["window_to"],
        categories=form.chosen,
        grounds=form.grounds,
        by=by,
        firm=answers["firm"],
        fieldwork=form.fieldwork,
        freeze_on=answers["freeze_on"],
    )


def _categories(framework: Framework) -> list[str]:
    """The categories of a framework in its own order."""
    criteria = Criterion.objects.filter(framework=framework).order_by("position")
    return list(dict.fromkeys(criteria.values_list("category", flat=True)))


def _usual_categories(framework: Framework) -> dict[str, str]:
    """The categories that are in scope of every report, each with its reason."""
    security = (name for name in _categories(framework) if name.startswith("Security"))
    return dict.fromkeys(security, _USUAL_REASON)


def _framework(request: HttpRequest, known: list[Framework]) -> Framework | None:
    wanted = request.GET.get("framework", "")
    if not wanted:
        # The framework of SOC 2 reports comes first, whatever the slugs of the others are.
        usual = (each for each in known if _usual_categories(each))
        return next(usual, next(iter(known), None))
    found = next((each for each in known if each.slug == wanted), None)
    if found is None:
        raise Http404
    return found


def _usual_window() -> tuple[date, date]:
    """Six months from the first of this month on."""
    start = words.today().replace(day=1)
    after = start.month - 1 + _MONTHS
    end = date(start.year + after // 12, after % 12 + 1, 1) - timedelta(days=1)
    return start, end


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        # A day that is over is refused by the deed, with words for the person.
        return date.min
