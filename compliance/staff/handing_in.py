"""The form by which people hand in evidence: a file, what it shows, and for which days."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from accounts.access import actor
from accounts.capabilities import Capability
from accounts.models import User
from compliance.staff import (
    finder,
    handing_in_tables,
    handling_form,
    held_uploads,
    quarantine,
    words,
)
from compliance.staff.base import REFUSALS, person
from compliance.staff.forms import DayField, MomentField
from compliance.staff.handling_form import HandlingForm
from compliance.staff.site import READ_AND_DO, site
from controls.models import Control, Expectation, Risk
from evidence import checks, intake
from evidence.errors import QuarantinedError
from evidence.models import CheckResult, Evidence
from evidence.population import PopulationFacts


class HandInForm(HandlingForm):
    layout = "staff/parts/hand_in_form.html"
    widths = {
        "covers_from": "third",
        "covers_to": "third",
        "collected_at": "third",
        "evidence_type": "half",
        "area": "half",
        "kind": "half",
        "environment": "half",
        "source_system": "half",
        "sensitivity": "half",
        "owner": "half",
        "related_risk": "half",
    }

    claims = forms.ModelMultipleChoiceField(
        label="Counts for",
        queryset=Expectation.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What this item proves. It covers no more days than it really shows.",
    )
    is_looking = False
    """Whether it came back to look further, and left its file behind."""
    file = forms.FileField(label="File")
    title = forms.CharField(
        max_length=200, help_text="What it shows, such as Restore test of October."
    )
    covers_from = DayField(label="Covers from")
    covers_to = DayField(label="Covers to")
    collected_at = MomentField(label="Collected at", help_text="When it was taken from its system.")
    evidence_type = forms.ChoiceField(label="Type", choices=Expectation.EvidenceType.choices)
    kind = forms.ChoiceField(choices=Evidence.Kind.choices, initial=Evidence.Kind.DOCUMENT)
    area = forms.ChoiceField(choices=Control.Area.choices)
    environment = forms.ChoiceField(choices=Evidence.Environment.choices)
    source_system = forms.CharField(
        label="Source system",
        max_length=200,
        help_text="Where it comes from, as its people call it.",
    )
    sensitivity = forms.ChoiceField(
        choices=Evidence.Sensitivity.choices, initial=Evidence.Sensitivity.INTERNAL
    )
    owner = forms.CharField(max_length=120, required=False)
    related_risk = forms.ModelChoiceField(
        label="Related risk", queryset=Risk.objects.all(), required=False, empty_label="None"
    )

    def __init__(self, *args: Any, sent: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        claims: Any = self.fields["claims"]
        claims.queryset = Expectation.objects.select_related("control").order_by(
            "control__ref", "slug"
        )
        claims.label_from_instance = _named
        chosen = self["claims"].value() or ()
        finder.offer(claims, "claims", chosen=chosen, sent=sent or QueryDict())
        self.fields["file"].help_text = (
            f"Up to {words.size(settings.MAX_UPLOAD_BYTES)}. Files with card numbers or secrets "
            "go to quarantine, and are no evidence until a reviewer says so."
        )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.MAX_UPLOAD_BYTES:
            raise forms.ValidationError(
                f"The file has {words.size(file.size)}; this page takes "
                f"{words.size(settings.MAX_UPLOAD_BYTES)} at most. Split it, put it into the "
                "folder of a file source, or raise MAX_UPLOAD_BYTES."
            )
        return file


_NAMES = frozenset({*HandInForm.base_fields, *handling_form.names()}) - {"file"}
_BACK, _UNREAD = "back", "unread"


@site.page(
    "evidence/evidence/add/",
    name="hand_in",
    needs=Capability.SUBMIT_EVIDENCE,
    methods=READ_AND_DO,
)
def hand_in(request: HttpRequest) -> HttpResponseBase:
    """Take in one file; what intake refuses is said on the form, with everything still typed in.

    A table whose columns are expected is read first, and shown before anything is kept.
    """
    before = _superseded(request)
    waiting = request.POST.get(handing_in_tables.HELD, "")
    with held_uploads.found(waiting, by=person(request)) as held:
        form = _form(request, before, held)
        answer = _taken_in(request, form, before) if form.is_valid() else None
    if answer:
        return answer
    context = {
        "title": f"New version of {before.ref}" if before else "Add evidence",
        "intro": (
            "It supersedes the earlier version, which stays readable for ever."
            if before
            else "What is handed in becomes a leaf of the log. It can be superseded, never changed."
        ),
        "form": form,
        "button": "Hand it in",
        "cancel": reverse("admin:evidence_evidence_changelist"),
    }
    return site.render(request, "staff/hand_in.html", context)


def _taken_in(
    request: HttpRequest, form: HandInForm, before: Evidence | None
) -> HttpResponseBase | None:
    """Hand in what is no table, and read what is one; None where the form says a refusal."""
    told = _told(form)
    if (
        request.POST.get(handing_in_tables.DO) == _UNREAD
        or not handing_in_tables.concerns(told)
        or handing_in_tables.is_held_back(told)
    ):
        return _handed_in(request, form, before, None)
    return _read(request, form, before, told)


def _form(
    request: HttpRequest, before: Evidence | None, held: "UploadedFile[bytes] | None"
) -> HandInForm:
    """Return the form: as it begins, as it was typed to look further, or as it was handed in."""
    sent = request.POST
    if finder.is_looking(sent) or sent.get(handing_in_tables.DO) == _BACK:
        typed = {name: sent.get(name) for name in _NAMES if name in sent}
        form = HandInForm(initial={**typed, "claims": sent.getlist("claims")}, sent=sent)
        form.is_looking = bool(request.FILES or held)
        return form
    files = request.FILES or ({"file": held} if held else None)
    return HandInForm(sent or None, files, initial=_initial(request, before), sent=sent)


def _read(
    request: HttpRequest, form: HandInForm, before: Evidence | None, told: handing_in_tables.Told
) -> HttpResponseBase | None:
    """Show what was read of a table, or hand in what was looked at."""
    by, sent = person(request), request.POST
    with handing_in_tables.read(told, sent) as step:
        if handing_in_tables.may_hand_in(step, sent):
            return _handed_in(request, form, before, step.population(by=by))
        return handing_in_tables.page(request, step, names=sorted(_NAMES), by=by)


def _handed_in(
    request: HttpRequest,
    form: HandInForm,
    before: Evidence | None,
    population: PopulationFacts | None,
) -> HttpResponseBase | None:
    """Take it in and lead on; None where intake refuses it, which the form then says."""
    by = person(request)
    try:
        item = _received(form, before, population, by=by)
    except QuarantinedError as refusal:
        messages.warning(request, str(refusal))
        return redirect(quarantine.page_of(refusal.refs[None]))
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        return None
    held_uploads.drop(request.POST.get(handing_in_tables.HELD, ""), by=by)
    _check(request, item)
    return redirect(_onward(request, item))


def _told(form: HandInForm) -> handing_in_tables.Told:
    answers = form.cleaned_data
    return handing_in_tables.Told(
        upload=answers["file"],
        claims=tuple(answers["claims"]),
        source_system=answers["source_system"],
        environment=answers["environment"],
        collected_at=answers["collected_at"],
        handling=form.handling(),
    )


def _received(
    form: HandInForm, before: Evidence | None, population: PopulationFacts | None, *, by: User
) -> Evidence:
    answers = form.cleaned_data
    upload = answers["file"]
    upload.seek(0)
    submission = intake.Submission(
        content=upload.file,
        filename=upload.name,
        title=answers["title"],
        evidence_type=answers["evidence_type"],
        kind=answers["kind"],
        area=answers["area"],
        source_system=answers["source_system"],
        environment=answers["environment"],
        covers_from=answers["covers_from"],
        covers_to=answers["covers_to"],
        collected_at=answers["collected_at"],
        owner=answers["owner"],
        sensitivity=answers["sensitivity"],
        prepared_by=by,
        claims=tuple(answers["claims"]),
        population=population,
        supersedes=before,
        related_risk=answers["related_risk"],
        handling=form.handling(),
    )
    return intake.receive(submission, actor=actor(by))


def _check(request: HttpRequest, item: Evidence) -> None:
    """Run what checks the item must pass: what no check could read must not look like proof."""
    try:
        results = checks.run(item, actor=actor(person(request)))
    except REFUSALS as refusal:
        messages.warning(request, f"{item.ref} is in, but its checks could not run: {refusal}")
        return
    if any(result.state == CheckResult.State.ERROR for result in results):
        messages.warning(
            request,
            f"{item.ref} is in, but a check of what it counts for could not read it. Checks read "
            "tables: hand in the list as .csv or .xlsx, and it is read and checked.",
        )


def _onward(request: HttpRequest, item: Evidence) -> str:
    """Lead back to the request that the item is to answer, or to the item."""
    asked = request.GET.get("request", "")
    if asked.isdecimal() and len(asked) < 19:
        return f"{reverse('admin:request_answer', args=[int(asked)])}?evidence={item.ref}"
    return reverse("admin:evidence_evidence_change", args=[item.pk])


def _superseded(request: HttpRequest) -> Evidence | None:
    key = request.GET.get("supersedes", "")
    if not key:
        return None
    return get_object_or_404(Evidence, pk=int(key) if key.isdecimal() and len(key) < 19 else 0)


def _initial(request: HttpRequest, before: Evidence | None) -> dict[str, Any]:
    """Sensible answers to begin with: those of the earlier version, or of what is asked for."""
    today = words.today()
    initial: dict[str, Any] = {
        "covers_from": today,
        "covers_to": today,
        "collected_at": timezone.now(),
        "owner": str(request.user),
    }
    if before:
        same = ("title", "evidence_type", "kind", "area", "environment", "source_system")
        initial |= {name: getattr(before, name) for name in (*same, "sensitivity", "owner")}
        initial |= {"covers_from": before.covers_from, "covers_to": before.covers_to}
        initial["related_risk"] = before.related_risk_id
        initial["claims"] = list(before.claims.values_list("expectation", flat=True))
        return initial
    asked = request.GET.get("expectation", "")
    wanted = (
        Expectation.objects.filter(pk=int(asked)) if asked.isdecimal() and len(asked) < 19 else ()
    )
    for expectation in wanted:
        initial |= {
            "title": expectation.title,
            "evidence_type": expectation.evidence_type,
            "kind": expectation.kind,
            "area": expectation.control.area,
            "claims": [expectation.pk],
        }
    return initial


def _named(expectation: Expectation) -> str:
    return f"{expectation.control.ref}  {expectation.title}"
