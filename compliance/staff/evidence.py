"""Evidence in the staff door: the list of all items, the page of one item, and the ledger."""

import re
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.access import can
from accounts.capabilities import Capability
from audits import scope
from compliance.staff import standing, words
from compliance.staff.base import RoomAdmin
from compliance.staff.item import facts_of
from compliance.staff.registers import naming
from compliance.staff.retention import retention_of
from compliance.staff.site import site
from controls.models import Expectation
from evidence import awaiting, exhibit
from evidence.models import Claim, Evidence, LedgerEntry
from registers import relations
from registers.models import Relation

_REF = re.compile(r"(?:EV-?)?0*(\d{1,9})", re.IGNORECASE)
TITLES_SEARCHED = 10_000
"""Words are looked for in the titles of so many of the newest items."""
_DIGEST = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)


def type_words(value: str) -> str:
    """The name of a type; a plug-in may bring one that we do not know."""
    known = dict(Expectation.EvidenceType.choices)
    return str(known.get(value, value))


class StandingFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(standing.REVIEW_WORDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Evidence]) -> QuerySet[Evidence]:
        match self.value():
            case standing.AWAITING:
                return awaiting.waiting().among(queryset)
            case standing.SUPERSEDED:
                return standing.superseded(queryset)
            case standing.ISSUED:
                return queryset.filter(evidence_type=awaiting.PACK)
            case str(decision) if decision in standing.REVIEW_WORDS:
                return standing.decided(queryset, decision)
        return queryset


class TypeFilter(admin.SimpleListFilter):
    """The known types as choices: asking the table for its values would read all of it."""

    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Expectation.EvidenceType.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Evidence]) -> QuerySet[Evidence]:
        return queryset.filter(evidence_type=self.value()) if self.value() else queryset


@admin.register(Evidence, site=site)
class EvidenceAdmin(RoomAdmin):
    intro = "Every item that was ever taken in. Nothing here can be changed or deleted."
    empty_words = "No evidence yet"
    empty_next = "Connect a source, or add the first item by hand."
    empty_links = [("Connect a source", "source_choose", Capability.MANAGE_SOURCES)]
    list_display = ["item", "shows", "of_controls", "covers", "received_at", "status"]
    list_filter = [StandingFilter, "area", TypeFilter]
    search_fields = ["ref"]
    search_help_text = "EV-000123, control, run, SHA-256 or words of a title"
    detail_template = "staff/evidence.html"
    buttons = [("Add evidence", "hand_in", Capability.SUBMIT_EVIDENCE)]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look only where an index leads, so that a search costs the same however much there is."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if _DIGEST.fullmatch(term):
            return queryset.filter(blob_id=term.lower()), False
        if number := _REF.fullmatch(term):
            return queryset.filter(ref=f"EV-{int(number[1]):06d}"), False
        if term.upper().startswith("RUN-"):
            return queryset.filter(run_ref=term.upper()), False
        asked = Expectation.objects.filter(Q(control__ref=term.upper()) | Q(slug=term.lower()))
        if expectations := list(asked.values_list("pk", flat=True)):
            claims = Claim.objects.filter(expectation__in=expectations)
            return queryset.filter(pk__in=claims.values("evidence")), False
        last = Evidence.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        return queryset.filter(pk__gt=last - TITLES_SEARCHED, title__icontains=term), False

    def dress(self, rows: Sequence[Any]) -> None:
        found = standing.of(rows)
        for row in rows:
            row.standing = found[row.pk]

    def detail(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        facts = facts_of(row, request.user)
        return {
            **facts,
            "retention": retention_of(row, request.user),
            "naming": naming(relations.naming(Relation.EVIDENCE, row.ref)),
            "evidence_type": type_words(row.evidence_type),
            "sealable_for": scope.engagements_of(row) if facts["population"] else [],
            "may_seal": can(request.user, Capability.MANAGE_ENGAGEMENTS),
        }

    @admin.display(description="Item")
    def item(self, row: Any) -> SafeString:
        named = words.whole(row.ref)
        return words.lines(named, f"version {row.version}") if row.version > 1 else named

    @admin.display(description="Title")
    def shows(self, row: Any) -> SafeString:
        return words.lines(row.title, row.source_system)

    @admin.display(description="Controls")
    def of_controls(self, row: Any) -> SafeString:
        return format_html_join(" ", "{}", ((words.tag(ref),) for ref in row.standing.controls))

    @admin.display(description="Covers")
    def covers(self, row: Any) -> SafeString:
        return words.whole(words.period(row.covers_from, row.covers_to))

    @admin.display(description="Review and checks")
    def status(self, row: Any) -> SafeString:
        stands = row.standing
        review = words.badge(stands.review, stands.review_words)
        return words.stacked(review, words.badge(stands.checks, stands.check_words))


@admin.register(LedgerEntry, site=site)
class LedgerAdmin(RoomAdmin):
    heading = "Ledger"
    intro = "The append-only log. Every deed that matters is a leaf, and no leaf ever changes."
    empty_words = "The log has no leaf yet"
    empty_next = (
        "The first deed writes one: loading the catalogue, inviting somebody, taking an item in."
    )
    ordering = ["-index"]
    list_display = ["place", "kind", "subject", "actor", "recorded_at", "hash"]
    search_fields = ["subject"]
    search_help_text = "Index, or subject such as EV-000123"
    detail_template = "staff/leaf.html"
    is_found = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.isdecimal():
            return queryset.filter(index=int(term)), False
        return queryset.filter(subject=term), False

    def detail(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {"proof": exhibit.proof(row)}

    @admin.display(description="Index")
    def place(self, row: Any) -> str:
        return f"{row.index:,}"

    @admin.display(description="Leaf hash")
    def hash(self, row: Any) -> SafeString | str:
        return words.short_digest(bytes(row.leaf_hash).hex())
