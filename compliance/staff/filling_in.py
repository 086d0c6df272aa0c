"""A typed form being filled in: keep it, add lines, attach files, look at it, hand it in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.capabilities import Capability
from accounts.models import User
from compliance import uploaded_lists
from compliance.staff import typed_forms, words
from compliance.staff.base import REFUSALS, person, typed
from compliance.staff.forms import StaffForm, dress
from compliance.staff.site import READ_AND_DO, site
from registers.errors import FormError
from registers.form_models import FormDraft
from registers.forms import attachments, drafts, handing_in, reading
from registers.forms.base import Asks, Attached, Question
from registers.forms.reading import ZONE
from registers.forms.registry import Kind

_DROP = "drop-"
_SEEN = "draft_seen"
_PEOPLE = 200
_NOT_KEPT = "This looks like a card number or a secret; not kept."
_AGAIN = "Nothing was kept: choose this file again."
_HALF = {
    Asks.INTEGER,
    Asks.DECIMAL,
    Asks.BOOLEAN,
    Asks.DATE,
    Asks.MOMENT,
    Asks.DURATION,
    Asks.CHOICE,
    Asks.PERSON,
}
_INPUTS: Mapping[Asks, dict[str, str]] = {
    Asks.DATE: {"type": "date"},
    Asks.MOMENT: {"type": "datetime-local"},
    Asks.INTEGER: {"inputmode": "numeric"},
    Asks.DECIMAL: {"inputmode": "decimal"},
    Asks.PERSON: {"type": "email", "list": "people"},
}


class FillInForm(StaffForm):
    """The questions of a form with what was typed; the form itself says what does not fit."""

    def __init__(self, kind: Kind, draft: FormDraft) -> None:
        super().__init__(data=draft.given)
        self.kind = kind
        self.attached = attachments.of(draft)
        for name, asked in kind.questions.items():
            self._ask(name, asked)
        if kind.has_times:
            self.fields[ZONE] = _zone_field()
            dress(self.fields[ZONE], width="half")
        for number in range(draft.lines):
            for name, asked in kind.line_questions.items():
                self._ask(reading.place(number, name), asked)
        # Whether a question is optional is only shown here; what is missing the form says itself.
        self.full_clean()
        for name, field in self.fields.items():
            wanted = reading.question(kind, name)
            field.required = bool(wanted and wanted.required)

    @property
    def heading_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if not name.startswith("lines-")]

    @property
    def line_groups(self) -> list[tuple[int, list[forms.BoundField], bool]]:
        """The lines with room: number, fields, and whether any answer of it does not fit."""
        count = len(self.kind.line_questions)
        names = [name for name in self.fields if name.startswith("lines-")]
        groups = [names[start : start + count] for start in range(0, len(names), count or 1)]
        return [
            (number, [self[name] for name in group], any(name in self.errors for name in group))
            for number, group in enumerate(groups, 1)
        ]

    def add_problems(self, problems: Mapping[str, str]) -> None:
        """Say beside each question what does not fit."""
        for name, sentence in problems.items():
            self.add_error(name if name in self.fields else None, sentence)

    def _ask(self, name: str, asked: Question) -> None:
        field = _field(asked, self.attached.get(name))
        self.fields[name] = field
        dress(field, width="half" if asked.asks in _HALF else "")


@site.page(
    "forms/drafts/<int:pk>/",
    name="form_draft",
    needs=Capability.SUBMIT_EVIDENCE,
    methods=READ_AND_DO,
)
def fill_in(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show a draft; by POST keep all that was typed, right or wrong, then do what was asked."""
    by = person(request)
    draft = get_object_or_404(FormDraft.objects.select_related("handed"), pk=pk, by=by)
    if draft.handed and request.method != "POST":
        return redirect("admin:form_handed", draft.handed_id)
    kind = typed_forms.named(draft.kind)
    if request.method != "POST":
        problems = drafts.read(draft).problems if "look" in request.GET else {}
        return _page(request, kind, draft, problems)
    deed = typed(request, "do")
    kept = _kept(request, draft, by, more=deed == "more")
    if deed == "auto":
        return _told_the_script(draft, kept)
    if kept.problems:
        return _page(request, kind, draft, kept.problems, stale=kept.refused)
    if deed == "check":
        return _looked_at(request, kind, draft)
    messages.success(request, "Kept. You may close this page and come back.")
    return redirect("admin:form_draft", pk)


@site.page(
    "forms/drafts/<int:pk>/confirm/",
    name="form_confirm",
    needs=Capability.SUBMIT_EVIDENCE,
    methods=READ_AND_DO,
)
def confirm(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show what will be handed in and what it covers; by POST hand it in."""
    by = person(request)
    draft = get_object_or_404(FormDraft.objects.select_related("supersedes"), pk=pk, by=by)
    kind = typed_forms.named(draft.kind)
    if request.method == "POST":
        try:
            handed = handing_in.hand_in(draft, by=by, seen=typed(request, "seen"))
        except REFUSALS as refusal:
            messages.error(request, str(refusal))
            return redirect(reverse("admin:form_draft", args=[pk]) + "?look=1")
        messages.success(request, f"Handed in as {handed.evidence.ref}.")
        return redirect("admin:form_handed", handed.pk)
    answers = None if draft.handed_id else drafts.read(draft).answers
    if answers is None:
        return redirect(reverse("admin:form_draft", args=[pk]) + "?look=1")
    context = {
        "title": f"Hand in: {kind.declared.title}",
        "kind": kind,
        "draft": draft,
        "seen_stamp": drafts.stamp_of(draft),
        "checks": handing_in.foresee(kind, answers),
        **typed_forms.told(kind, answers),
        **typed_forms.expected_times(kind, answers),
    }
    return site.render(request, "staff/form_confirm.html", context)


def _looked_at(request: HttpRequest, kind: Kind, draft: FormDraft) -> HttpResponseBase:
    """Go on to what it covers, or back to what does not fit."""
    problems = drafts.read(draft).problems
    if problems:
        return _page(request, kind, draft, problems)
    return redirect("admin:form_confirm", draft.pk)


@dataclass(frozen=True)
class _Kept:
    """What was not kept, each with the reason, and whether that is everything."""

    problems: Mapping[str, str]
    refused: bool = False


def _kept(request: HttpRequest, draft: FormDraft, by: User, *, more: bool) -> _Kept:
    """Keep what was typed and attached; what is refused is in the draft for showing it again."""
    given = {name: str(text) for name, text in request.POST.items()}
    places = typed_forms.named(draft.kind).questions.items()
    files = [name for name, asked in places if asked.asks is Asks.FILE]
    try:
        secrets = drafts.keep(
            draft,
            given=given,
            by=by,
            more_lines=drafts.MORE_LINES if more else 0,
            seen=typed(request, _SEEN),
        )
    except REFUSALS as refusal:
        problems = dict.fromkeys(drafts.show_again(draft, given=given), _NOT_KEPT)
        # No page can fill in a file again.
        problems |= dict.fromkeys((name for name in files if name in request.FILES), _AGAIN)
        return _Kept({"": str(refusal), **problems}, refused=True)
    problems = dict.fromkeys(secrets, _NOT_KEPT)
    for name in files:
        try:
            if f"{_DROP}{name}" in request.POST:
                drafts.detach(draft, question=name, by=by)
            if (upload := request.FILES.get(name)) is not None:
                _attach(draft, name, upload, by)
        except REFUSALS as refusal:
            problems[name] = str(refusal)
    return _Kept(problems)


def _told_the_script(draft: FormDraft, kept: _Kept) -> JsonResponse:
    """Say what was not kept, and hand on the stamp that the next keeping must have seen."""
    told = {"problem": next(iter(kept.problems.values()), "")}
    if not kept.refused:
        told["seen"] = drafts.stamp_of(draft)
    return JsonResponse(told, status=409 if kept.problems else 200)


def _attach(draft: FormDraft, name: str, upload: "UploadedFile[bytes]", by: User) -> None:
    if (upload.size or 0) > attachments.LARGEST:
        # What is beyond the limit of all uploads has no content any more.
        raise FormError(
            f"{upload.name} has {words.size(upload.size)}; {words.size(attachments.LARGEST)} are "
            "the most. Hand it in as an item of its own, and name that item here."
        )
    with uploaded_lists.on_disk(upload) as path:
        drafts.attach(draft, question=name, path=path, filename=upload.name or "", by=by)


def _page(
    request: HttpRequest,
    kind: Kind,
    draft: FormDraft,
    problems: Mapping[str, str],
    *,
    stale: bool = False,
) -> HttpResponseBase:
    """Show a draft; a stale one is what was typed, with the stamp that it was typed upon."""
    form = FillInForm(kind, draft)
    form.add_problems(problems)
    staff = User.objects.filter(is_active=True, is_staff=True).order_by("email")
    context: dict[str, Any] = {
        "title": kind.declared.title,
        "intro": kind.declared.purpose,
        "kind": kind,
        "draft": draft,
        "form": form,
        "stale": stale,
        "seen_stamp": (stale and typed(request, _SEEN)) or drafts.stamp_of(draft),
        "people": staff.values_list("email", flat=True)[:_PEOPLE],
        "most_lines": reading.MOST_LINES,
        "has_room": draft.lines < reading.MOST_LINES,
    }
    return site.render(request, "staff/form_fill_in.html", context)


def _field(asked: Question, attached: Attached | None) -> forms.Field:
    common: dict[str, Any] = {"label": asked.label, "required": False, "help_text": asked.help}
    if asked.asks is Asks.FILE:
        field = forms.FileField(**common)
        field.cs_attached = attached  # type: ignore[attr-defined]
        field.help_text = asked.help or f"Up to {words.size(attachments.LARGEST)}."
        return field
    if asked.asks is Asks.CHOICE:
        choices = [("", ""), *((choice, choice) for choice in asked.choices)]
        return forms.CharField(widget=forms.Select(choices=choices), **common)
    if asked.asks is Asks.BOOLEAN:
        choices = [("", ""), ("yes", "yes"), ("no", "no")]
        return forms.CharField(widget=forms.Select(choices=choices), **common)
    if asked.asks is Asks.PARAGRAPH:
        return forms.CharField(widget=_paragraph(), strip=False, **common)
    widget = forms.TextInput(attrs={**_INPUTS.get(asked.asks, {}), "autocomplete": "off"})
    return forms.CharField(widget=widget, strip=False, **common)


def _paragraph() -> forms.Widget:
    # A limit of the field would be told in Django's words; here the form says what does not fit.
    return forms.Textarea(attrs={"maxlength": drafts.LONGEST})


def _zone_field() -> forms.Field:
    home = str(words.zone())
    zones = [(home, home), *([("UTC", "UTC")] if home != "UTC" else [])]
    return forms.CharField(
        label="Times of this form are those of",
        required=False,
        widget=forms.Select(choices=zones),
        help_text="Kept with each time, and told beside it.",
    )
