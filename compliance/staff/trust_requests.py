"""Requests of buyers in the staff door: decide, revoke, and the log of who got what and when."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.safestring import SafeString

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from audits.buyers import deciding, documents
from audits.models import BuyerDecision, BuyerDocument, BuyerHandOut, BuyerRequest
from compliance.staff import table_files, words
from compliance.staff.base import RoomAdmin, attempt, person, typed
from compliance.staff.site import DO, READ, site

_NEEDS = Capability.SHARE_DOCUMENTS
_PAGE = "trust/requests/<int:pk>/"
_State = BuyerRequest.State
_MARKS = {
    _State.WAITING: "awaiting",
    _State.APPROVED: "accepted",
    _State.DECLINED: "returned",
    _State.REVOKED: "withdrawn",
    _State.ENDED: "expired",
}
_EXPORTED = 100_000
_HEADER = (
    *("Taken at (UTC)", "Document", "Item", "Receiver", "Company", "E-mail address", "Request"),
    *("SHA-256 of the copy", "SHA-256 of the original", "Address", "Browser", "Leaf"),
)


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(one.value, one.label) for one in _State]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


class DocumentFilter(admin.SimpleListFilter):
    title = "document"
    parameter_name = "document"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = BuyerDocument.objects.order_by("-pk")[: documents.SHOWN]
        return [(str(one.pk), one.title) for one in known]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value() or ""
        if wanted.isdecimal() and len(wanted) < 19:
            return queryset.filter(grant__document=int(wanted))
        return queryset


@admin.register(BuyerRequest, site=site)
class BuyerRequestAdmin(RoomAdmin):
    needs = _NEEDS
    heading = "Requests of buyers"
    intro = "Who asked for documents and accepted the agreement; each is approved or declined."
    empty_words = "Nobody has asked yet"
    empty_next = "Requests come from the trust page once it is open and offers a document."
    empty_links = [("Go to the trust page", "trust", Capability.SHARE_DOCUMENTS)]
    list_display = ["asker", "purpose_in_short", "asked_at", "state"]
    list_filter = [StateFilter]
    search_fields = ["company"]
    search_help_text = "Company, name or address"
    detail_template = "staff/buyer_request.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return deciding.with_state(super().get_queryset(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip().replace("\0", "")
        if not term:
            return queryset, False
        fits = Q(company__icontains=term) | Q(name__icontains=term) | Q(email__icontains=term)
        return queryset.filter(fits | Q(ref__iexact=term)), False

    def detail(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        decision = BuyerDecision.objects.filter(request=row).select_related("by").first()
        grants = (
            decision.grants.select_related("document__evidence").annotate(taken=Count("hand_outs"))
            if decision
            else ()
        )
        offered = list(documents.offered())
        taken = BuyerHandOut.objects.filter(grant__decision__request=row)
        return {
            "title": f"{row.company}, {row.name}",
            "found": row,
            "mark": _MARKS[row.state],
            "label": _State(row.state).label,
            "wanted": BuyerDocument.objects.filter(pk__in=row.wanted),
            "offered": [(one, one.pk in row.wanted) for one in offered],
            "decision": decision,
            "grants": grants,
            "revocation": getattr(decision, "revocation", None),
            "taken": taken.select_related("grant__document"),
            "usual": (deciding.USUAL_DAYS, deciding.USUAL_DOWNLOADS),
            "most": (deciding.MOST_DAYS, deciding.MOST_DOWNLOADS),
            "may_decide": can(request.user, _NEEDS),
        }

    @admin.display(description="Who asks")
    def asker(self, row: Any) -> SafeString:
        return words.lines(f"{row.company}, {row.name}", f"{row.ref} · {row.email}")

    @admin.display(description="What for")
    def purpose_in_short(self, row: Any) -> str:
        return str(row.purpose) if len(row.purpose) < 90 else f"{row.purpose[:88]}…"

    @admin.display(description="State")
    def state(self, row: Any) -> SafeString:
        return words.badge(_MARKS[row.state], str(_State(row.state).label))


@admin.register(BuyerHandOut, site=site)
class BuyerHandOutAdmin(RoomAdmin):
    needs = _NEEDS
    heading = "Hand-outs"
    intro = "Who got which document and when; each copy bears its receiver, and each is a leaf."
    empty_words = "Nothing was handed out yet. Copies are taken by the link of an approved request."
    list_display = ["document", "receiver", "at", "copy", "leaf"]
    list_filter = [DocumentFilter]
    list_select_related = ["grant__document", "grant__decision__request"]
    search_fields = ["copy_sha256"]
    search_help_text = "Company, name, address or digest of a copy"
    buttons = [("Export as CSV", "hand_outs_export", _NEEDS)]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip().replace("\0", "")
        if not term:
            return queryset, False
        asked = "grant__decision__request__"
        fits = Q(copy_sha256__istartswith=term)
        for name in ("company", "name", "email"):
            fits |= Q(**{f"{asked}{name}__icontains": term})
        return queryset.filter(fits), False

    @admin.display(description="Document")
    def document(self, row: Any) -> str:
        return str(row.grant.document)

    @admin.display(description="Receiver")
    def receiver(self, row: Any) -> SafeString:
        asked = row.grant.decision.request
        return words.lines(f"{asked.company}, {asked.name}", f"{asked.ref} · {asked.email}")

    @admin.display(description="SHA-256 of the copy")
    def copy(self, row: Any) -> SafeString | str:
        return words.short_digest(row.copy_sha256)

    @admin.display(description="Leaf")
    def leaf(self, row: Any) -> str:
        return str(row.ledger_entry_id)


@site.page("trust/hand-outs.csv", name="hand_outs_export", needs=_NEEDS, methods=READ)
def export(request: HttpRequest) -> HttpResponseBase:
    """Send the whole log of hand-outs as CSV, the newest first."""
    del request
    rows = BuyerHandOut.objects.select_related(
        "grant__document__evidence", "grant__decision__request"
    )
    name = f"hand-outs-{words.today().isoformat()}.csv"
    return table_files.as_csv(name, _HEADER, _lines(rows[:_EXPORTED]))


def _lines(rows: QuerySet[BuyerHandOut]) -> Iterator[Sequence[Any]]:
    for row in rows:
        grant, asked = row.grant, row.grant.decision.request
        yield (
            *(row.at.isoformat(timespec="seconds"), grant.document.title),
            *(grant.document.evidence.ref, asked.name, asked.company, asked.email, asked.ref),
            *(row.copy_sha256, grant.digest, row.ip_address, row.user_agent),
            str(row.ledger_entry_id),
        )


@site.page(f"{_PAGE}approve/", name="buyer_approve", needs=_NEEDS, methods=DO)
def approve(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand over the documents that were ticked; the mail with the link goes out by itself."""
    keys = [int(one) for one in request.POST.getlist("documents") if _is_number(one)]
    days, downloads = (_whole(request.POST.get(name, "")) for name in ("days", "downloads"))

    def deed(found: BuyerRequest, by: User) -> object:
        return deciding.approve(found, keys=keys, days=days, downloads=downloads, by=by)

    return _do(request, pk, deed, "The request is approved; the link is on its way by mail.")


@site.page(f"{_PAGE}decline/", name="buyer_decline", needs=_NEEDS, methods=DO)
def decline(request: HttpRequest, pk: int) -> HttpResponseBase:
    reason = typed(request, "reason")

    def deed(found: BuyerRequest, by: User) -> object:
        return deciding.decline(found, reason=reason, by=by)

    return _do(request, pk, deed, "The request is declined; whoever asked gets a mail.")


@site.page(f"{_PAGE}revoke/", name="buyer_revoke", needs=_NEEDS, methods=DO)
def revoke(request: HttpRequest, pk: int) -> HttpResponseBase:
    reason = typed(request, "reason")

    def deed(found: BuyerRequest, by: User) -> object:
        return deciding.revoke(_decision(found), reason=reason, by=by)

    return _do(request, pk, deed, "The approval is revoked; its link opens nothing more.")


@site.page(f"{_PAGE}send/", name="buyer_send", needs=_NEEDS, methods=DO)
def send_again(request: HttpRequest, pk: int) -> HttpResponseBase:
    def deed(found: BuyerRequest, by: User) -> None:
        deciding.send_again(_decision(found), by=by)

    return _do(request, pk, deed, "A new link is on its way; the one before it ends.")


def _do(
    request: HttpRequest, pk: int, deed: Callable[[BuyerRequest, User], object], done: str
) -> HttpResponseBase:
    found, by = get_object_or_404(BuyerRequest, pk=pk), person(request)
    attempt(request, lambda: deed(found, by), done=done)
    return redirect("admin:audits_buyerrequest_change", pk)


def _decision(found: BuyerRequest) -> BuyerDecision:
    return get_object_or_404(BuyerDecision.objects.select_related("request"), request=found)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _whole(text: str) -> int:
    """Return a number that was typed; 0, which every deed refuses, for anything else."""
    return int(text) if _is_number(text) else 0
