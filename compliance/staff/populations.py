"""Populations in the staff door: the list, the page of one, and the form that seals one."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.capabilities import Capability
from accounts.models import User
from audits import populations, reverse_exceptions, scope, walkthroughs
from audits.confidence import Frequency
from audits.models import Draw, Engagement, SealedPopulation
from audits.populations import MOST_LAG, Definition, TieOut
from audits.sampling import Method
from audits.tallies import tallies_of
from compliance.staff import words
from compliance.staff.base import REFUSALS, RoomAdmin, person
from compliance.staff.forms import StaffForm
from compliance.staff.site import READ_AND_DO, site
from controls.models import Control
from evidence import exhibit
from evidence.models import Evidence, Population


@admin.register(SealedPopulation, site=site)
class SealedPopulationAdmin(RoomAdmin):
    heading = "Populations"
    intro = "Lists that were sealed for an audit. Auditors draw their samples from these."
    empty_words = "Nothing is sealed yet"
    empty_next = (
        "A population is sealed on the page of an item with rows, for an engagement; samples"
        " are drawn from it."
    )
    empty_links = [("Go to the evidence", "evidence_evidence_changelist", Capability.VIEW)]
    list_display = ["population", "of_control", "covers", "items", "gaps", "tie_out", "draws"]
    list_select_related = ["engagement", "control"]
    search_fields = ["ref"]
    search_help_text = "Reference such as ENG-2026-1/P1"
    detail_template = "staff/population.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip().upper()
        return (queryset.filter(ref=term) if term else queryset), False

    def dress(self, rows: Sequence[Any]) -> None:
        made = Draw.objects.filter(population__in=[row.pk for row in rows])
        counts = Counter(made.values_list("population", flat=True))
        for row in rows:
            row.drawn, row.told = counts[row.pk], row.said

    def detail(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        made = row.draws.select_related("drawn_by", "population").order_by("-number")
        return {
            "title": f"Population {row.ref}",
            "said": row.said,
            "retrieved_at": datetime.fromisoformat(row.said["retrieved_at"]),
            "frequency": Frequency(row.said["frequency"]).words,
            "draws": [(one, Method(one.method).words, tallies_of(one)) for one in made],
            "reverse_tests": reverse_exceptions.summed(
                row.reverse_tests.select_related("made_by", "population").order_by("-number")
            ),
            "is_walked": walkthroughs.is_walked(row.engagement, row.control),
            "proof": exhibit.proof(row.ledger_entry),
        }

    @admin.display(description="Population")
    def population(self, row: Any) -> SafeString:
        return words.lines(row.told["definition"][:120], row.ref)

    @admin.display(description="Control")
    def of_control(self, row: Any) -> SafeString:
        return words.tag(row.control.ref)

    @admin.display(description="Period")
    def covers(self, row: Any) -> SafeString:
        return words.whole(words.period(row.period_from, row.period_to))

    @admin.display(description="Items")
    def items(self, row: Any) -> str:
        return f"{row.row_count:,}"

    @admin.display(description="Gaps of ids")
    def gaps(self, row: Any) -> SafeString | str:
        ids = row.told["profile"]["ids"]
        if not ids or not ids["is_sequence"]:
            return "no sequence" if ids else words.NOTHING
        if ids["missing"] or ids["duplicates"] or ids["blank"]:
            return words.badge("partial", f"{ids['missing']:,} missing")
        return words.badge("complete", "None")

    @admin.display(description="Tie-out")
    def tie_out(self, row: Any) -> SafeString | str:
        tied = row.told["tie_out"]
        if not tied:
            return words.NOTHING
        if tied["difference"]:
            return words.badge("partial", f"Differs by {tied['difference']:,}")
        return words.badge("complete", "Agrees")

    @admin.display(description="Draws")
    def draws(self, row: Any) -> str:
        return str(row.drawn)


class SealForm(StaffForm):
    widths = {
        "control": "half",
        "evidence": "half",
        "date_column": "half",
        "id_column": "half",
        "frequency": "half",
        "lag_days": "half",
        "tie_source": "half",
        "tie_count": "half",
    }

    evidence = forms.CharField(
        label="Item", max_length=20, help_text="A table, such as EV-000123; its latest version."
    )
    control = forms.ChoiceField(label="Control")
    further = forms.CharField(
        label="Further items",
        max_length=600,
        required=False,
        help_text=(
            "Where the list comes in parts, such as twelve months: the others, with spaces "
            "between. They must follow each other without a gap."
        ),
    )
    definition = forms.CharField(
        label="What is one item?",
        max_length=2000,
        widget=forms.Textarea(),
        help_text="In words: what one row is, what is in and what is out. Auditors read it first.",
    )
    date_column = forms.CharField(
        label="Column of dates",
        max_length=100,
        required=False,
        help_text="For the counts by month, days without items, and draws by month.",
    )
    id_column = forms.CharField(
        label="Column of ids",
        max_length=100,
        required=False,
        help_text="For the gap test: whole numbers, or one prefix with a number.",
    )
    frequency = forms.ChoiceField(
        label="The control is applied",
        choices=[(one.value, one.words) for one in Frequency],
        help_text="Proposes how large a sample is. The auditor decides.",
    )
    lag_days = forms.IntegerField(
        label="Days to settle",
        min_value=0,
        max_value=MOST_LAG,
        initial=0,
        help_text="So long after the period the source may still gain events.",
    )
    gap_note = forms.CharField(
        label="Why are there gaps?", max_length=2000, required=False, widget=forms.Textarea()
    )
    tie_source = forms.CharField(
        label="Second source",
        max_length=200,
        required=False,
        help_text="Another system that counts the same, such as the deployments of the period.",
    )
    tie_count = forms.IntegerField(label="Its own count", min_value=0, required=False)
    tie_evidence = forms.CharField(
        label="Item that shows its count",
        max_length=20,
        required=False,
        help_text="Optional, such as EV-000124. Without a count of yours, its rows are counted.",
    )
    tie_explanation = forms.CharField(
        label="What is the difference made of?",
        max_length=2000,
        required=False,
        widget=forms.Textarea(),
    )
    reason = forms.CharField(
        label="Why is the same table sealed again?",
        max_length=2000,
        required=False,
        widget=forms.Textarea(),
        help_text="Only where it was sealed for this control before.",
    )

    def __init__(self, *args: Any, engagement: Engagement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        expected = scope.expectations_of(engagement).order_by().values("control")
        known = Control.objects.filter(pk__in=expected).order_by("ref")
        self.fields["control"].choices = [  # type: ignore[attr-defined]
            (one.ref, f"{one.ref} {one.title}") for one in known
        ]

    def clean_evidence(self) -> Evidence:
        return _item(self.cleaned_data["evidence"])

    def clean_further(self) -> list[Evidence]:
        return [_item(ref) for ref in self.cleaned_data["further"].replace(",", " ").split()]

    def clean_tie_evidence(self) -> Evidence | None:
        said = self.cleaned_data["tie_evidence"]
        return _item(said) if said else None

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        other = said.get("tie_evidence")
        if other and said.get("tie_count") is None:
            counted = Population.objects.filter(evidence=other).first()
            if counted is None:
                self.add_error("tie_count", f"{other.ref} is no table. Give the count yourself.")
            else:
                said["tie_count"] = counted.row_count
        has_count = said.get("tie_count") is not None
        if has_count != bool(said.get("tie_source")) and "tie_count" not in self.errors:
            self.add_error("tie_source", "Give the second source and its count, or neither.")
        return said

    @property
    def definition_of_items(self) -> Definition:
        said = self.cleaned_data
        return Definition(
            words=said["definition"],
            date_column=said["date_column"],
            id_column=said["id_column"],
            frequency=Frequency(said["frequency"]),
            lag_days=said["lag_days"],
            gap_note=said["gap_note"],
        )

    @property
    def tie_out(self) -> TieOut | None:
        said = self.cleaned_data
        if said["tie_count"] is None:
            return None
        return TieOut(
            said["tie_count"], said["tie_source"], said["tie_evidence"], said["tie_explanation"]
        )


@site.page(
    "audits/engagement/<int:pk>/populations/add/",
    name="population_seal",
    needs=Capability.MANAGE_ENGAGEMENTS,
    methods=READ_AND_DO,
)
def seal(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Seal a population for an engagement; what is refused is said on the form."""
    engagement = get_object_or_404(Engagement, pk=pk)
    form = SealForm(request.POST or None, engagement=engagement, initial=_initial(request))
    if form.is_valid():
        try:
            sealed = _sealed(form, engagement, by=person(request))
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, f"{sealed.ref} is sealed. Its auditor may draw from it now.")
            return redirect("admin:audits_sealedpopulation_change", sealed.pk)
    context = {
        "title": "Seal a population",
        "intro": (
            f"For {engagement}. Once it is sealed it can no longer be changed, and the auditor "
            "enters a nonce and draws from it."
        ),
        "form": form,
        "button": "Seal it",
        "cancel": reverse("admin:audits_engagement_change", args=[pk]),
    }
    return site.render(request, "staff/form.html", context)


def _sealed(form: SealForm, engagement: Engagement, *, by: User) -> SealedPopulation:
    return populations.seal_population(
        engagement,
        control=Control.objects.get(ref=form.cleaned_data["control"]),
        evidence=form.cleaned_data["evidence"],
        definition=form.definition_of_items,
        tie_out=form.tie_out,
        reason=form.cleaned_data["reason"],
        further=form.cleaned_data["further"],
        by=by,
    )


def _initial(request: HttpRequest) -> dict[str, Any]:
    """Begin with the item from whose page the person comes, and with its likely columns."""
    ref = request.GET.get("evidence", "").replace("\0", "")
    found = Population.objects.filter(evidence__ref=ref).select_related("evidence").first()
    if found is None:
        return {}
    columns = found.columns
    dated = (one["name"] for one in columns if one["type"] in {"date", "timestamp"})
    named = (one["name"] for one in columns if one["name"].endswith("id"))
    claim = found.evidence.claims.select_related("expectation__control").first()
    return {
        "evidence": ref,
        "control": claim.expectation.control.ref if claim else None,
        "date_column": next(dated, ""),
        "id_column": next(named, ""),
    }


def _item(ref: str) -> Evidence:
    found = Evidence.objects.filter(ref=ref.strip().upper()).first()
    if found is None:
        raise forms.ValidationError(f"There is no item {ref!r}. Write it as EV-000123.")
    return found
