"""Quarantine in the staff door: what screening kept out, and the decisions about it."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from compliance import moments
from compliance.staff import words
from compliance.staff.base import REFUSALS, RoomAdmin, person
from compliance.staff.forms import StaffForm
from compliance.staff.site import READ_AND_DO, site
from evidence import checks, quarantine_deeds
from evidence.models import Evidence
from evidence.quarantine_models import Quarantined, QuarantineDecision

Deed = QuarantineDecision.Deed
WAITING = "waiting"
_BADGES = {
    WAITING: ("waiting", "Waits for a decision"),
    Deed.RELEASED: ("met", "Released"),
    Deed.REDACTED: ("done", "Redacted"),
    Deed.DESTROYED: ("inactive", "Destroyed"),
}
_SORTS = {"card": "Card number", "secret": "Secret", "unreadable": "Could not be looked into"}
_LONGEST_REASON = 2000
_BLOCK = 1024 * 1024


def state_of(row: Quarantined) -> str:
    """The last decision about a row whose decisions are at hand; or that it waits."""
    decisions = list(row.decisions.all())
    return decisions[-1].deed if decisions else WAITING


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(state), label) for state, (_, label) in _BADGES.items()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Quarantined]
    ) -> QuerySet[Quarantined]:
        about = QuarantineDecision.objects.filter(quarantined=OuterRef("pk"))
        match self.value():
            case "waiting":
                return queryset.filter(~Exists(about))
            case str(deed) if deed in Deed.values:
                return queryset.filter(Exists(about.filter(deed=deed)))
        return queryset


@admin.register(Quarantined, site=site)
class QuarantineAdmin(RoomAdmin):
    heading = "Quarantine"
    intro = "Files that seem to hold card numbers or secrets, sealed until somebody decides."
    empty_words = "Nothing lies in quarantine"
    empty_next = (
        "Screening found no card number and no secret in what came in. Should it find one, the"
        " file waits here until somebody decides."
    )
    list_display = ["item", "shows", "found", "sent", "state"]
    list_filter = [StateFilter]
    search_fields = ["number"]
    search_help_text = "QU-000123"
    detail_template = "staff/quarantined.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("sent_by")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip().upper().removeprefix("QU-")
        if not term:
            return queryset, False
        known = term.isdecimal() and len(term) < 19
        return queryset.filter(number=int(term)) if known else queryset.none(), False

    def dress(self, rows: Sequence[Any]) -> None:
        decisions = QuarantineDecision.objects.filter(quarantined__in=[row.pk for row in rows])
        latest = dict(decisions.order_by("pk").values_list("quarantined", "deed"))
        for row in rows:
            row.standing = latest.get(row.pk, WAITING)

    def detail(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        state = state_of(row)
        return {
            "title": row.title,
            "badge": _BADGES[state],
            "found": [
                (_SORTS.get(one["sort"], ""), one["what"], one["where"]) for one in row.findings
            ],
            "decisions": row.decisions.select_related("by", "evidence"),
            "deeds": _possible(row, request.user),
            "is_own": row.sent_by_id is not None and row.sent_by_id == request.user.pk,
            "is_final": state in {Deed.RELEASED, Deed.DESTROYED},
        }

    @admin.display(description="Item")
    def item(self, row: Any) -> SafeString:
        return words.whole(row.ref)

    @admin.display(description="What was sent")
    def shows(self, row: Any) -> SafeString:
        return words.lines(row.title, row.filename)

    @admin.display(description="What screening found")
    def found(self, row: Any) -> SafeString | str:
        sorts = [one["sort"] for one in row.findings]
        told = [f"{_SORTS.get(sort, sort)}: {sorts.count(sort)}" for sort in dict.fromkeys(sorts)]
        return ", ".join(told)

    @admin.display(description="Sent")
    def sent(self, row: Any) -> SafeString:
        return words.lines(moments.moment(row.received_at), str(row.sent_by or row.sender))

    @admin.display(description="State")
    def state(self, row: Any) -> SafeString:
        return words.badge(*_BADGES[row.standing])


class DecisionForm(StaffForm):
    """A reason, typed in by who decides."""

    reason = forms.CharField(
        max_length=_LONGEST_REASON, widget=forms.Textarea(attrs={"rows_wanted": 4})
    )
    confirmed = forms.BooleanField(label="I am sure", required=True)

    def perform(self, row: Quarantined, by: User) -> Evidence | None:
        raise TypeError(f"{type(self).__name__} decides nothing.")


class ReleaseForm(DecisionForm):
    confirmed = forms.BooleanField(label="This is a false alarm: no card number, no secret")

    def perform(self, row: Quarantined, by: User) -> Evidence | None:
        return quarantine_deeds.release(row, by=by, reason=self.cleaned_data["reason"])


class RedactForm(DecisionForm):
    cleaned = forms.FileField(
        label="Cleaned file",
        required=False,
        help_text="Leave it empty for text, CSV and JSON: what was found is masked here. Any other "
        "format: hand in a copy without it, which is screened again.",
    )
    confirmed = forms.BooleanField(label="The original stays sealed; the copy becomes evidence")

    def perform(self, row: Quarantined, by: User) -> Evidence | None:
        upload, reason = self.cleaned_data["cleaned"], self.cleaned_data["reason"]
        if not upload:
            return quarantine_deeds.redact(row, by=by, reason=reason)
        with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
            path = Path(folder) / "cleaned"
            with path.open("xb") as target:
                for chunk in upload.chunks(_BLOCK):
                    target.write(chunk)
            return quarantine_deeds.redact(
                row, by=by, reason=reason, cleaned=path, filename=upload.name
            )

    def clean_cleaned(self) -> Any:
        upload = self.cleaned_data["cleaned"]
        if upload and upload.size > settings.MAX_UPLOAD_BYTES:
            most = words.size(settings.MAX_UPLOAD_BYTES)
            raise forms.ValidationError(f"The file is larger than {most}.")
        return upload


class DestroyForm(DecisionForm):
    confirmed = forms.BooleanField(label="Nobody will ever be able to read it again")

    def perform(self, row: Quarantined, by: User) -> Evidence | None:
        quarantine_deeds.destroy(row, by=by, reason=self.cleaned_data["reason"])
        return None


@dataclass(frozen=True)
class _Choice:
    """One decision as the page offers it."""

    deed: Deed
    form: type[DecisionForm]
    label: str
    intro: str
    done: str
    is_dangerous: bool = False


class _Choices:
    """The decisions by the last part of their address."""

    known: ClassVar[dict[str, _Choice]] = {
        "release": _Choice(
            Deed.RELEASED,
            ReleaseForm,
            "Release it as a false alarm",
            "It becomes evidence as if it had come through, with the time at which it came.",
            "It is evidence now.",
        ),
        "redact": _Choice(
            Deed.REDACTED,
            RedactForm,
            "Store a redacted copy",
            "A copy without what was found becomes evidence; the log commits to what is missing.",
            "The redacted copy is evidence now; the original stays sealed.",
        ),
        "destroy": _Choice(
            Deed.DESTROYED,
            DestroyForm,
            "Destroy it",
            "Its key is removed, so that nobody can read it. This row and its leaf stay.",
            "It is destroyed. Its row and its leaf stay.",
            is_dangerous=True,
        ),
    }


@site.page(
    "evidence/quarantined/<int:pk>/do/<slug:decision>/",
    name="quarantine_do",
    needs=Capability.VIEW,
    methods=READ_AND_DO,
)
def do(request: HttpRequest, pk: int, decision: str) -> HttpResponseBase:
    """Ask for the reason of one decision, and take it; the room says who may and when."""
    choice = _Choices.known.get(decision)
    if choice is None:
        raise Http404
    row = get_object_or_404(Quarantined, pk=pk)
    by = person(request)
    if not can(by, quarantine_deeds.NEEDS[choice.deed]):
        raise PermissionDenied
    form = choice.form(request.POST or None, request.FILES or None)
    obstacle = quarantine_deeds.obstacle(row, choice.deed, by=by)
    if form.is_valid():
        try:
            evidence = form.perform(row, by)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, choice.done)
            return redirect(_checked(request, evidence) if evidence else _page(row))
    context = {
        "title": choice.label,
        "intro": f"{row.ref}: {row.title}. {choice.intro}",
        "form": form,
        "button": choice.label,
        "is_dangerous": choice.is_dangerous,
        "obstacle": obstacle,
        "cancel": _page(row),
    }
    return site.render(request, "staff/form.html", context)


def _checked(request: HttpRequest, evidence: Evidence) -> str:
    """Run what checks the item must pass, and lead to it."""
    try:
        checks.run(evidence, actor=f"user:{request.user.pk}")
    except REFUSALS as refusal:
        messages.warning(request, f"{evidence.ref} is in, but its checks could not run: {refusal}")
    return reverse("admin:evidence_evidence_change", args=[evidence.pk])


def _page(row: Quarantined) -> str:
    return reverse("admin:evidence_quarantined_change", args=[row.pk])


def _possible(row: Quarantined, user: Any) -> list[tuple[str, str, str]]:
    """The decisions that the person may take now: address, label, and what each does."""
    return [
        (slug, choice.label, choice.intro)
        for slug, choice in _Choices.known.items()
        if isinstance(user, User) and not quarantine_deeds.obstacle(row, choice.deed, by=user)
    ]


def page_of(ref: str) -> str:
    """Return where the page of a quarantined file is, by its reference."""
    number = int(ref.removeprefix("QU-"))
    return _page(Quarantined.objects.get(number=number))
