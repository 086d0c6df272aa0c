"""What is reconciled, in the staff door: definitions, versions of rules, changes, limits."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.capabilities import Capability
from accounts.models import Role, User
from collectors.models import Source
from compliance.staff import words
from compliance.staff.base import REFUSALS, attempt, person, typed
from compliance.staff.breaks import workers
from compliance.staff.forms import DayField, StaffForm
from compliance.staff.reconciliations import one, rights
from compliance.staff.site import DO, READ_AND_DO, site
from evidence.models import Evidence
from evidence.reconcile.amounts import Style, parse
from evidence.reconcile.currencies import EXPONENTS
from evidence.reconcile.errors import ReconcileError
from registers.errors import ReconcilingError
from registers.models import MatchingRules
from registers.reconciling import definitions, limits, shipped
from registers.reconciling.definitions import MOST_RULES, Terms

_TOLD = 20
_RULES_HELP = "YAML, as the how-to describes. Whoever hands it in does not approve it."


class RulesFile(forms.FileField):
    """A file of rules, as the text that it is."""

    def clean(self, data: Any, initial: Any = None) -> str:
        file = super().clean(data, initial)
        if not file:
            return ""
        if file.size > MOST_RULES:
            raise forms.ValidationError(f"Rules have at most {MOST_RULES // 1024} KB.")
        try:
            return str(file.read().decode("utf-8"))
        except UnicodeDecodeError:
            raise forms.ValidationError("The file is no text in UTF-8.") from None


class DefineForm(StaffForm):
    widths = {
        "account": "half",
        "owner": "half",
        "environment": "third",
        "starts_on": "third",
        "calendar": "third",
        "window_days": "half",
        "due_days": "half",
        "large": "half",
        "huge": "half",
    }

    title = forms.CharField(max_length=200, help_text="Such as Cards in Europe.")
    account = forms.CharField(
        max_length=120, help_text="As the bank and the ledger call it; not its number."
    )
    owner = forms.ChoiceField(label="Owner", help_text="Prepares it, and does not sign it.")
    shipped = forms.ChoiceField(
        label="Rules of the house",
        required=False,
        help_text="Checks that come with the house, as they stand; or hand in your own below.",
    )
    rules = RulesFile(label="Rules", required=False, help_text=_RULES_HELP)
    environment = forms.ChoiceField(choices=Evidence.Environment.choices)
    starts_on = DayField(label="First business day")
    calendar = forms.CharField(
        max_length=60, required=False, help_text="Name of a calendar of the rules."
    )
    window_days = forms.IntegerField(
        label="Days of files that a run reads",
        initial=45,
        min_value=1,
        max_value=definitions.LONGEST_WINDOW,
        help_text="Longer than anything takes to be settled.",
    )
    due_days = forms.IntegerField(
        label="Signed within (days)", initial=3, min_value=0, max_value=definitions.LONGEST_DUE
    )
    large = forms.CharField(
        label="The lead looks from", required=False, help_text="Such as EUR 1000, USD 1200.50"
    )
    huge = forms.CharField(label="The executive looks from", required=False)
    feeds = forms.CharField(
        label="Files that collectors bring",
        required=False,
        widget=forms.Textarea(attrs={"rows_wanted": 2}),
        help_text="A line for each side: its name = the short name of a source, such as processor "
        "= finix-transfers. Sides without a line are uploaded.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, workers())
        choices = [("", "None"), *((each.slug, each.title) for each in shipped.known().values())]
        self.fields["shipped"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        chosen, own = said.pop("shipped", ""), said.get("rules")
        if "rules" not in self.errors and bool(chosen) == bool(own):
            self.add_error("rules", "Choose rules of the house, or hand in a file of your own.")
        return {**said, "rules": shipped.get(chosen).text} if chosen else said

    def clean_large(self) -> dict[str, int]:
        return _amounts(self.cleaned_data["large"])

    def clean_huge(self) -> dict[str, int]:
        return _amounts(self.cleaned_data["huge"])

    def clean_feeds(self) -> dict[str, str]:
        found = {}
        for line in self.cleaned_data["feeds"].splitlines():
            leg, mark, source = line.partition("=")
            if line.strip() and not (mark and leg.strip() and source.strip()):
                raise forms.ValidationError(f"{line.strip()[:60]}: write it as bank = Statements.")
            if line.strip():
                found[leg.strip()] = _known_source(source.strip())
        return found


class RulesForm(StaffForm):
    rules = RulesFile(label="Rules", help_text=_RULES_HELP)
    reason = forms.CharField(
        label="Why they change", max_length=1000, widget=forms.Textarea(attrs={"rows_wanted": 3})
    )


class ChangeForm(StaffForm):
    widths = {"owner": "half", "due_days": "half", "ends_on": "half"}

    owner = forms.ChoiceField(label="Owner")
    due_days = forms.IntegerField(
        label="Signed within (days)", min_value=0, max_value=definitions.LONGEST_DUE
    )
    ends_on = DayField(label="Last business day", required=False)
    reason = forms.CharField(
        label="Why", max_length=1000, widget=forms.Textarea(attrs={"rows_wanted": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, workers())


class LimitForm(StaffForm):
    widths = {"role": "half", "currency": "half", "of_one": "half", "of_month": "half"}

    role = forms.ChoiceField(label="Role")
    currency = forms.CharField(max_length=3, min_length=3)
    of_one = forms.CharField(label="Of one break, at most", max_length=30)
    of_month = forms.CharField(label="In a month, all together", max_length=30)
    reason = forms.CharField(
        label="Why", max_length=1000, widget=forms.Textarea(attrs={"rows_wanted": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staff = Role.objects.filter(is_staff=True).order_by("title")
        self.fields["role"].choices = [(each.slug, each.title) for each in staff]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        currency = said.get("currency", "").upper()
        for name in ("of_one", "of_month"):
            if name in said:
                found = _amounts(f"{currency} {said[name]}")
                said[name] = next(iter(found.values()))
        return {**said, "currency": currency}


@site.page(
    "reconciliations/define/",
    name="reconciliation_define",
    needs=Capability.MANAGE_RECONCILIATIONS,
    methods=READ_AND_DO,
)
def define(request: HttpRequest) -> HttpResponseBase:
    form = DefineForm(
        request.POST or None, request.FILES or None, initial={"starts_on": words.today()}
    )
    if form.is_valid():
        said = {**form.cleaned_data, "owner": User.objects.get(pk=form.cleaned_data["owner"])}
        try:
            made = definitions.define(Terms(**said), by=person(request))
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:reconciliation", made.number)
    context = {
        "title": "Define a reconciliation",
        "intro": "From its first day on, every business day without a signed run is a gap.",
        "form": form,
        "button": "Define it",
        "cancel": reverse("admin:reconciliations"),
    }
    return site.render(request, "staff/form.html", context)


@site.page("reconciliations/rule-sets/", name="rule_sets", needs=Capability.VIEW)
def rule_sets(request: HttpRequest) -> HttpResponseBase:
    """Show the rule sets that come with the house."""
    context = {
        "title": "Rules of the house",
        "intro": "Checks that run on the engine of reconciliations. Start from one as it stands, "
        "or save it and name the columns of your own files.",
        "known": shipped.known().values(),
        **rights(request),
    }
    return site.render(request, "staff/rule_sets.html", context)


@site.page("reconciliations/rule-sets/<slug:slug>.yaml", name="rule_set", needs=Capability.VIEW)
def rule_set(_request: HttpRequest, slug: str) -> HttpResponseBase:
    """Send one as the file that it is."""
    try:
        text = shipped.get(slug).text
    except ReconcilingError:
        raise Http404 from None
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slug}.yaml"'
    return answer


@site.page(
    "reconciliations/<int:number>/rules/",
    name="reconciliation_rules",
    needs=Capability.MANAGE_RECONCILIATIONS,
    methods=READ_AND_DO,
)
def propose_rules(request: HttpRequest, number: int) -> HttpResponseBase:
    each = one(number)
    form = RulesForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        said = form.cleaned_data
        try:
            definitions.propose_rules(
                each, text=said["rules"], reason=said["reason"], by=person(request)
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:reconciliation", number)
    context = {
        "title": f"New rules for {each.ref}",
        "intro": "Raise the version in the file. Another person approves it before it is used.",
        "form": form,
        "button": "Hand them in",
        "cancel": reverse("admin:reconciliation", args=[number]),
    }
    return site.render(request, "staff/form.html", context)


@site.page(
    "reconciliations/<int:number>/rules/<int:version>/",
    name="reconciliation_rules_version",
    needs=Capability.VIEW,
)
def rules_page(request: HttpRequest, number: int, version: int) -> HttpResponseBase:
    return _shown_rules(request, number, version)


@site.page(
    "reconciliations/<int:number>/rules/<int:version>/approve/",
    name="reconciliation_rules_approve",
    needs=Capability.SIGN_RECONCILIATIONS,
    methods=DO,
)
def approve_rules(request: HttpRequest, number: int, version: int) -> HttpResponseBase:
    rules = _rules(number, version)
    note = typed(request, "note")
    done = attempt(
        request,
        lambda: definitions.approve_rules(rules, note=note, by=person(request)),
        done="Approved. Runs use these rules from now on.",
    )
    if done is None:
        return _shown_rules(request, number, version, note=note)
    return redirect("admin:reconciliation", number)


@site.page(
    "reconciliations/<int:number>/change/",
    name="reconciliation_change",
    needs=Capability.MANAGE_RECONCILIATIONS,
    methods=READ_AND_DO,
)
def change(request: HttpRequest, number: int) -> HttpResponseBase:
    each = one(number)
    initial = {"owner": each.owner_id, "due_days": each.due_days, "ends_on": each.ends_on}
    form = ChangeForm(request.POST or None, initial=initial)
    if form.is_valid():
        said = {**form.cleaned_data, "owner": User.objects.get(pk=form.cleaned_data["owner"])}
        try:
            definitions.change(each, **said, by=person(request))
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:reconciliation", number)
    context = {
        "title": f"Change {each.ref}",
        "form": form,
        "button": "Change it",
        "cancel": reverse("admin:reconciliation", args=[number]),
    }
    return site.render(request, "staff/form.html", context)


@site.page(
    "reconciliations/limits/",
    name="write_off_limits",
    needs=Capability.VIEW,
    methods=READ_AND_DO,
)
def write_off_limits(request: HttpRequest) -> HttpResponseBase:
    """Show the limits that count now; who manages reconciliations sets one."""
    form = LimitForm(request.POST or None)
    if form.is_valid():
        said = form.cleaned_data
        role = said.pop("role")
        try:
            limits.set_limit(role, **said, by=person(request))
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:write_off_limits")
    titles = dict(Role.objects.values_list("slug", "title"))
    today = words.today()
    context = {
        "title": "Limits of write-offs",
        "intro": "How much a role may let be written off, and what this month has used.",
        "rows": [
            (titles.get(each.role, each.role), each, limits.spent_in(each.currency, today))
            for each in limits.in_force()
        ],
        "form": form,
        **rights(request),
    }
    return site.render(request, "staff/write_off_limits.html", context)


def _rules(number: int, version: int) -> MatchingRules:
    found = MatchingRules.objects.select_related("reconciliation", "by", "approval__by")
    return get_object_or_404(found, reconciliation__number=number, number=version)


def _shown_rules(
    request: HttpRequest, number: int, version: int, *, note: str = ""
) -> HttpResponseBase:
    rules = _rules(number, version)
    context = {
        "title": f"{rules.name}, version {rules.stated_version}",
        "each": rules.reconciliation,
        "rules": rules,
        "approval": getattr(rules, "approval", None),
        "is_own": rules.by_id == person(request).pk,
        "note": note,
        **rights(request),
    }
    return site.render(request, "staff/reconciliation_rules.html", context)


def _known_source(name: str) -> str:
    """Return the name of a source or of a source system; a wrong one would bring nothing, ever."""
    if Source.objects.filter(slug=name).exists():
        return name
    if Evidence.objects.filter(source_system=name).exclude(run_ref="").exists():
        return name
    known = ", ".join(Source.objects.order_by("slug").values_list("slug", flat=True)[:_TOLD])
    raise forms.ValidationError(
        f"No source is called {name[:60]}. "
        + (f"There are: {known}." if known else "Connect the source first.")
    )


def _offer(form: forms.Form, people: list[User]) -> None:
    field: Any = form.fields["owner"]
    field.choices = [(each.pk, str(each)) for each in people]


def _amounts(text: str) -> dict[str, int]:
    """Read amounts such as EUR 1000, USD 1200.50 into minor units."""
    found = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        currency, _, amount = part.partition(" ")
        code = currency.upper()
        try:
            found[code] = parse(amount.strip(), EXPONENTS[code], Style())
        except (KeyError, ReconcileError) as error:
            message = f"{part[:40]} is no amount. Write it as EUR 1200.50."
            raise forms.ValidationError(message) from error
    return found
