"""Opens review campaigns in the staff door: choose a list, say what its columns mean, preview."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.capabilities import Capability
from compliance.staff import words
from compliance.staff.base import REFUSALS, person
from compliance.staff.forms import DayField, StaffForm, dress
from compliance.staff.site import READ_AND_DO, site
from evidence.models import Evidence
from registers.campaigns import kinds, lists, opening
from registers.campaigns.columns import Columns, guessed
from registers.campaigns.kinds import ROLES, SEVERAL, Kind
from registers.campaigns.opening import Plan, Reviewers
from registers.errors import CampaignError, RegistersError

_DUE_IN = timedelta(days=14)
_SHOWN = 20
_HELP = {
    "key": "Together they must be different in every row.",
    "label": "Shown beside the key, so that reviewers know what it is.",
    "person": "Nobody reviews a line that names themselves here.",
    "owner": "Where it names one of our staff, that person reviews the line.",
    "system": "Without one, the source of the list is the system.",
    "rights": "Without it nothing can be reduced, since no later list could prove it.",
    "secret": "A fingerprint or a date. Without it nothing can be rotated.",
    "ended": "Rows that have ended are left out now, and prove later that something was done.",
}


class ChooseForm(StaffForm):
    kind = forms.ChoiceField(label="What is reviewed", widget=forms.RadioSelect)
    evidence = forms.ChoiceField(label="List to review")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(slug, f"{kind.title}. {kind.purpose}") for slug, kind in kinds.kinds().items()]
        self.fields["kind"].choices = found  # type: ignore[attr-defined]
        self.fields["evidence"].choices = [  # type: ignore[attr-defined]
            (one.pk, f"{one.ref} {one.title}, {words.period(one.covers_from, one.covers_to)}")
            for one in lists.recent()
        ]
        self.fields["evidence"].help_text = (
            "A table as a collector brought it, a snapshot of a register, or a list that came in "
            "through a folder. The newest stand first."
        )


class OpenForm(StaffForm):
    widths = {
        "label": "half",
        "owner": "half",
        "system": "half",
        "rights": "half",
        "secret": "half",
        "usual": "half",
        "stand_in": "half",
        "due_on": "half",
    }

    title = forms.CharField(max_length=200)
    due_on = DayField(label="Due", help_text="By then every line has a decision.")

    def __init__(self, *args: Any, names: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = opening.eligible()
        staff = [(str(one.pk), str(one)) for one in people]
        self.people = {str(one.pk): one for one in people}
        more: dict[str, forms.Field] = {
            "usual": forms.ChoiceField(
                label="Usual reviewer",
                choices=[("", ""), *staff],
                help_text="Reviews every line whose own owner cannot.",
            ),
            "stand_in": forms.ChoiceField(
                label="Stand-in",
                required=False,
                choices=[("", "Nobody"), *staff],
                help_text="Reviews the lines about the usual reviewer.",
            ),
        }
        for role, label in ROLES.items():
            more[role] = _column_field(role, label, names)
        more["shown"] = forms.MultipleChoiceField(
            label="Columns to show",
            required=False,
            choices=[(name, name) for name in names],
            widget=forms.CheckboxSelectMultiple,
            help_text="Reviewers see them, and they stand in the evidence.",
        )
        for name, field in more.items():
            self.fields[name] = field
            dress(field, width=self.widths.get(name, ""))

    @property
    def columns(self) -> Columns:
        said = self.cleaned_data
        meant: dict[str, Any] = {
            role: tuple(said[role]) if role in SEVERAL else said[role] for role in ROLES
        }
        return Columns(**meant, shown=tuple(said["shown"]))

    @property
    def reviewers(self) -> Reviewers:
        stand_in = self.people.get(self.cleaned_data["stand_in"])
        return Reviewers(self.people[self.cleaned_data["usual"]], stand_in)


@site.page(
    "campaigns/open/",
    name="campaign_choose",
    needs=Capability.MANAGE_CAMPAIGNS,
    methods=READ_AND_DO,
)
def choose(request: HttpRequest) -> HttpResponseBase:
    asked = {"kind": request.GET.get("kind", "access"), "evidence": request.GET.get("evidence")}
    form = ChooseForm(request.POST or None, initial=asked)
    if form.is_valid():
        kind, key = form.cleaned_data["kind"], form.cleaned_data["evidence"]
        return redirect("admin:campaign_open", kind, int(key))
    context = {
        "title": "Open a campaign",
        "form": form,
        "has_lists": bool(form.fields["evidence"].choices),  # type: ignore[attr-defined]
    }
    return site.render(request, "staff/campaign_choose.html", context)


@site.page(
    "campaigns/open/<slug:kind>/<int:pk>/",
    name="campaign_open",
    needs=Capability.MANAGE_CAMPAIGNS,
    methods=READ_AND_DO,
)
def open_one(request: HttpRequest, kind: str, pk: int) -> HttpResponseBase:
    """Say what the columns mean, see who would review what, and open the campaign as shown."""
    chosen, evidence = _kind(kind), get_object_or_404(Evidence, pk=pk)
    try:
        names = lists.names(lists.population_of(evidence))
    except CampaignError as refusal:
        messages.error(request, str(refusal))
        return redirect("admin:campaign_choose")
    initial = _initial(chosen, evidence, names)
    form = OpenForm(request.POST or None, names=names, initial=initial)
    plan = _planned(form, chosen, evidence) if form.is_valid() else None
    if plan and not plan.problems and request.POST.get("seen"):
        try:
            made = opening.open_campaign(
                plan,
                title=form.cleaned_data["title"],
                due_on=form.cleaned_data["due_on"],
                by=person(request),
                shown=request.POST["seen"],
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, f"{made.ref} is open with {made.line_count:,} lines.")
            return redirect("admin:campaign", made.number)
    context = {
        "title": f"Open: {chosen.title.lower()}",
        "kind": chosen,
        "evidence": evidence,
        "form": form,
        "plan": plan,
        # A template would take the counter's "items" for one of its keys.
        "left_out": dict(plan.left_out) if plan else {},
        "nobodys": plan.nobodys[:_SHOWN] if plan else [],
        "lines": plan.lines[:_SHOWN] if plan else [],
    }
    return site.render(request, "staff/campaign_open.html", context)


def _planned(form: OpenForm, kind: Kind, evidence: Evidence) -> Plan | None:
    try:
        return opening.plan(kind, evidence, columns=form.columns, reviewers=form.reviewers)
    except RegistersError as refusal:
        form.add_refusal(refusal)
        return None


def _kind(slug: str) -> Kind:
    try:
        return kinds.get(slug)
    except CampaignError as error:
        raise Http404 from error


def _initial(kind: Kind, evidence: Evidence, names: list[str]) -> dict[str, Any]:
    likely = guessed(kind.usual, names)
    day = lists.day_of(evidence)
    return {
        **{role: getattr(likely, role) for role in (*ROLES, "shown")},
        "title": f"{evidence.title}, {words.day(day)}"[:200],
        "due_on": words.today() + _DUE_IN,
    }


def _column_field(role: str, label: str, names: list[str]) -> forms.Field:
    choices = [(name, name) for name in names]
    if role in SEVERAL:
        return forms.MultipleChoiceField(
            label=label,
            required=role == "key",
            choices=choices,
            widget=forms.CheckboxSelectMultiple,
            help_text=_HELP[role],
        )
    return forms.ChoiceField(
        label=label, required=False, choices=[("", "None"), *choices], help_text=_HELP[role]
    )
