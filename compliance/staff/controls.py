"""The catalogue in the staff door: controls with their wording, criteria, expectations, risks."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from audits.models import Walkthrough
from compliance.staff import words
from compliance.staff.base import RoomAdmin
from compliance.staff.registers import naming
from compliance.staff.site import site
from controls.cadence import Cadence
from controls.models import Control, ControlMapping, Criterion, Expectation, Risk
from evidence.models import Claim
from registers import relations
from registers.models import Relation

_CLAIMS_SHOWN = 10
_WALKED_SHOWN = 10


class _Words(RoomAdmin):
    """A list of the catalogue, which is small enough to be searched by any word."""

    searched: Sequence[str] = ("ref", "title")
    search_fields = ["ref"]
    empty_words = "The catalogue is empty"
    empty_next = "Load it with manage.py load_catalogue; what it holds then stands here."
    search_help_text = "Reference or words of the title"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        for word in search_term.split():
            fits = Q()
            for name in self.searched:
                fits |= Q(**{f"{name}__icontains": word})
            queryset = queryset.filter(fits)
        return queryset, False


@admin.register(Control, site=site)
class ControlAdmin(_Words):
    intro = (
        "What we say that we do. The catalogue is data in files; load_catalogue brings changes in."
    )
    list_display = ["ref", "title", "area", "owner_role", "nature", "criteria_served", "expected"]
    list_filter = ["area", "owner_role", "nature"]
    detail_template = "staff/control.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # A control's own framework comes first: its ties are written before those of other files.
        ties = ControlMapping.objects.select_related("criterion__framework").order_by("pk")
        return super().get_queryset(request).prefetch_related(Prefetch("mappings", ties))

    def dress(self, rows: Sequence[Any]) -> None:
        found = Expectation.objects.filter(control__in=rows).order_by()
        counted = dict(found.values_list("control").annotate(count=Count("pk")))
        for row in rows:
            row.expected_count = counted.get(row.pk, 0)

    def detail(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        today = words.today()
        return {
            "title": row.title,
            "wording": row.wording_on(today),
            "versions": row.versions.order_by("-number"),
            "mappings": _own_first(row),
            "expectations": row.expectations.prefetch_related("checks", "sources").order_by("slug"),
            "risks": row.risks.all(),
            "naming": naming(relations.naming(Relation.CONTROL, row.ref)),
            "walkthroughs": [(one, one.said) for one in _walked(row)],
            "claims": Claim.objects.filter(expectation__control=row)
            .select_related("evidence", "expectation")
            .order_by("-evidence_id")[:_CLAIMS_SHOWN],
        }

    @admin.display(description="Criteria")
    def criteria_served(self, row: Any) -> SafeString:
        """Name the criteria of the control's own framework, and count those of others."""
        mappings = list(row.mappings.all())
        own = [
            each for each in mappings if each.criterion.framework == mappings[0].criterion.framework
        ]
        others = len(mappings) - len(own)
        tags = format_html_join(" ", "{}", ((words.tag(each.criterion.ref),) for each in own))
        return format_html("{} and {} of other frameworks", tags, others) if others else tags

    @admin.display(description="Expects")
    def expected(self, row: Any) -> str:
        return words.plural(row.expected_count, "item of evidence", "kinds of evidence")


def _walked(control: Control) -> QuerySet[Walkthrough]:
    """Return the latest walkthroughs that auditors recorded of a control, in any engagement."""
    found = Walkthrough.objects.filter(control=control).select_related("engagement", "made_by")
    return found.order_by("-pk")[:_WALKED_SHOWN]


def _own_first(control: Control) -> list[ControlMapping]:
    """Return its ties by framework, those of its own framework first: they were written first."""
    mappings = list(control.mappings.select_related("criterion__framework").order_by("pk"))
    own = mappings[0].criterion.framework_id if mappings else None
    return sorted(
        mappings,
        key=lambda each: (
            each.criterion.framework_id != own,
            each.criterion.framework.title,
            each.criterion.position,
        ),
    )


@admin.register(Criterion, site=site)
class CriterionAdmin(_Words):
    intro = "What the frameworks ask for, in our own words, and which controls answer it."
    list_display = ["ref", "title", "category", "section_title", "answered_by"]
    list_filter = ["framework"]
    list_select_related = ["framework"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("controls")

    @admin.display(description="Controls")
    def answered_by(self, row: Any) -> SafeString:
        refs = [(words.tag(each.ref),) for each in row.controls.all()]
        return format_html_join(" ", "{}", refs) if refs else words.badge("missed", "No control")


@admin.register(Expectation, site=site)
class ExpectationAdmin(_Words):
    intro = "The evidence that each control must leave, and how often."
    list_display = ["what", "of_control", "rhythm", "allowed", "kind", "comes_from"]
    list_filter = ["kind", "cadence", "control__area"]
    list_select_related = ["control"]
    searched = ("slug", "title", "control__ref")

    @admin.display(description="Evidence")
    def what(self, row: Any) -> SafeString:
        return words.lines(row.title, row.slug)

    @admin.display(description="Control")
    def of_control(self, row: Any) -> SafeString:
        return words.tag(row.control.ref)

    @admin.display(description="How often")
    def rhythm(self, row: Any) -> str:
        return Cadence(row.cadence).words

    @admin.display(description="Days allowed")
    def allowed(self, row: Any) -> str:
        return str(row.days_allowed)

    @admin.display(description="Comes from")
    def comes_from(self, row: Any) -> str:
        return row.collector or "by hand"


@admin.register(Risk, site=site)
class RiskAdmin(_Words):
    intro = "Risks that controls answer and that evidence may refer to."
    list_display = ["ref", "title", "area", "answered_by"]
    list_filter = ["area"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("controls")

    @admin.display(description="Controls")
    def answered_by(self, row: Any) -> SafeString:
        return format_html_join(" ", "{}", ((words.tag(each.ref),) for each in row.controls.all()))
