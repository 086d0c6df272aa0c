"""Questionnaires of buyers in the staff door: all of them, taking one in, mapping its columns."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from xlsxwriter.utility import xl_col_to_name

from accounts.access import can
from accounts.capabilities import Capability
from audits.models import Engagement
from compliance import uploaded_lists
from compliance.staff.base import REFUSALS, person
from compliance.staff.forms import StaffForm
from compliance.staff.site import READ, READ_AND_DO, site
from readiness.buyers import desk, layout, library, replying
from readiness.buyers.desk import Look
from readiness.buyers.layout import Mapped
from readiness.errors import QuestionnaireError
from readiness.models import BuyerQuestion, BuyerQuestionnaire
from registers.models import Entry

_SHOWN = 50
_SHOWN_QUESTIONS = 5
_MOST_ENGAGEMENTS = 200
_COLUMNS = ("question", "number", "answer", "comment")


class UploadForm(StaffForm):
    widths = {"buyer": "half", "engagement": "half"}

    file = forms.FileField(
        label="Questionnaire (.xlsx)",
        help_text="As the buyer sent it, with all its sheets. It is kept as it is; a copy is "
        "filled.",
    )
    buyer = forms.CharField(label="Who sent it", max_length=200)
    engagement = forms.ModelChoiceField(
        queryset=Engagement.objects.none(),
        required=False,
        empty_label="None: as of today alone",
        help_text="Evidence counts only where it covers a day of its window.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["engagement"]
        # The field looks a choice up again, which no cut list allows.
        chosen.queryset = Engagement.objects.order_by("-pk")  # type: ignore[attr-defined]
        newest = list(Engagement.objects.order_by("-pk")[:_MOST_ENGAGEMENTS])
        named = [(each.pk, f"{each.ref} {each.title}") for each in newest]
        chosen.choices = [("", "None: as of today alone"), *named]  # type: ignore[attr-defined]
        chosen.initial = newest[0].pk if newest else None


class BeginForm(StaffForm):
    read_by = forms.EmailField(
        label="Who else has read them",
        help_text="The address of a second person. You stand for the words, they for the reading.",
    )


class ColumnsForm(StaffForm):
    """What the columns of one sheet hold."""

    widths = dict.fromkeys(("heading_row", "words", *_COLUMNS), "third")

    is_read = forms.BooleanField(label="Has questions", required=False)
    heading_row = forms.IntegerField(label="Row of the headings", min_value=1, max_value=1_048_576)
    words = forms.ChoiceField(label="Words for yes and no")
    question = forms.TypedChoiceField(label="Question", coerce=int, empty_value=None)
    number = forms.TypedChoiceField(label="Number", coerce=int, empty_value=None, required=False)
    answer = forms.TypedChoiceField(label="Answer", coerce=int, empty_value=None, required=False)
    comment = forms.TypedChoiceField(
        label="Comment and source", coerce=int, empty_value=None, required=False
    )

    def __init__(self, *args: Any, look: Look, guess: Mapped, **kwargs: Any) -> None:
        self.look, self.guess = look, guess
        initial = guess.to_json() | {"is_read": guess.question > 0, "words": guess.layout}
        super().__init__(*args, initial=initial, **kwargs)
        named = dict(layout.headings(guess, look.rows))
        last = max((len(cells) for _, cells in look.rows), default=0)
        places: list[tuple[Any, str]] = [
            (place, f"{xl_col_to_name(place - 1)} {named.get(place, '')[:40]}".strip())
            for place in range(1, last + 1)
        ]
        for name in _COLUMNS:
            self.fields[name].choices = [("", "None"), *places]  # type: ignore[attr-defined]
            self.fields[name].required = False
        self.fields["words"].choices = [  # type: ignore[attr-defined]
            (slug, f"{one.title}: {', '.join(one.words.values())}")
            for slug, one in layout.layouts().items()
        ]

    @property
    def mapped(self) -> Mapped:
        """What the form says, or what was guessed where it does not say it yet."""
        if not self.is_bound or not self.is_valid():
            return self.guess
        said = self.cleaned_data
        places = {name: said[name] or 0 for name in _COLUMNS}
        return Mapped(self.look.title, said["heading_row"], layout=said["words"], **places)

    @property
    def wanted(self) -> bool:
        if self.is_bound:
            return bool(self.is_valid() and self.cleaned_data["is_read"])
        return self.guess.question > 0

    @property
    def questions(self) -> list[layout.Question]:
        """The first questions, as they would be read."""
        return layout.questions(self.mapped, self.look.rows)[:_SHOWN_QUESTIONS]


@site.page("questionnaires/", name="questionnaires", needs=Capability.VIEW, methods=READ)
def shelf(request: HttpRequest) -> HttpResponseBase:
    """List the questionnaires, the newest first, with how far each has come."""
    done = Count("questions", filter=Q(questions__state=BuyerQuestion.State.ANSWERED))
    found = BuyerQuestionnaire.objects.select_related("engagement", "original")
    rows = found.annotate(asked=Count("questions"), answered=done).order_by("-number")[:_SHOWN]
    answers = Entry.objects.filter(register=library.REGISTER, is_active=True).count()
    context = {
        "title": "Questionnaires",
        "rows": rows,
        "answers": answers,
        "starters": len(library.fitting()) if not answers else 0,
        "register": library.REGISTER,
        "may_answer": can(request.user, Capability.WRITE_REPORTS),
        "may_keep": can(request.user, Capability.MANAGE_REGISTERS),
    }
    return site.render(request, "staff/questionnaires.html", context)


@site.page(
    "questionnaires/new/",
    name="questionnaire_new",
    needs=Capability.WRITE_REPORTS,
    methods=READ_AND_DO,
)
def upload(request: HttpRequest) -> HttpResponseBase:
    """Take the workbook of a buyer in; what is wrong with it is said here."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        said = form.cleaned_data
        file = said["file"]
        try:
            if file.size > desk.LARGEST:
                # What is beyond the limit of all uploads has no content any more.
                most = desk.LARGEST // 10**6
                raise QuestionnaireError(f"{file.name} is larger than {most} MB. Split it.")
            with uploaded_lists.on_disk(file) as path:
                made = desk.receive(
                    path,
                    filename=file.name,
                    buyer=said["buyer"],
                    engagement=said["engagement"],
                    by=person(request),
                )
        except REFUSALS as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("admin:questionnaire_columns", made.pk)
    context = {
        "title": "Take in a questionnaire",
        "intro": "You confirm its columns next. Nothing is answered without you.",
        "form": form,
        "button": "Take it in",
        "cancel": reverse("admin:questionnaires"),
    }
    return site.render(request, "staff/form.html", context)


@site.page(
    "questionnaires/library/",
    name="answer_library",
    needs=Capability.MANAGE_REGISTERS,
    methods=READ_AND_DO,
)
def begin(request: HttpRequest) -> HttpResponseBase:
    """Show the starter answers, and take them into an empty library."""
    form = BeginForm(request.POST or None)
    if form.is_valid():
        try:
            taken = replying.begin_library(by=person(request), read_by=form.cleaned_data["read_by"])
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, f"{taken} answers were taken over. Make each say what is so.")
            return redirect("admin:register", library.REGISTER)
    context = {
        "title": "Answers to begin with",
        "form": form,
        "starters": library.fitting(),
        "is_empty": library.is_empty(),
        "register": library.REGISTER,
    }
    return site.render(request, "staff/answer_library.html", context)


@site.page(
    "questionnaires/<int:pk>/columns/",
    name="questionnaire_columns",
    needs=Capability.WRITE_REPORTS,
    methods=READ_AND_DO,
)
def columns(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show what each sheet would be read as; by POST show it again, or have answers proposed."""
    questionnaire = get_object_or_404(BuyerQuestionnaire.objects.select_related("original"), pk=pk)
    if questionnaire.state != BuyerQuestionnaire.State.MAPPING:
        return redirect("admin:questionnaire", pk)
    sheets = _forms(request, questionnaire)
    problem = ""
    if request.method == "POST" and request.POST.get("then") == "propose":
        mapped = [one.mapped for one in sheets if one.wanted]
        if all(one.is_valid() for one in sheets):
            try:
                desk.map_columns(questionnaire, mapped=mapped, by=person(request))
            except REFUSALS as refusal:
                problem = str(refusal)
            else:
                return redirect("admin:questionnaire", pk)
    context = {
        "title": "What the columns hold",
        "questionnaire": questionnaire,
        "sheets": sheets,
        "problem": problem,
    }
    return site.render(request, "staff/questionnaire_columns.html", context)


def _forms(request: HttpRequest, questionnaire: BuyerQuestionnaire) -> list[ColumnsForm]:
    """Return a form for each sheet, those with questions first; each begins with the guess."""
    guesses = {one.sheet: one for one in desk.mappings(questionnaire)}
    found = [
        ColumnsForm(
            request.POST or None,
            prefix=f"sheet{place}",
            look=look,
            guess=guesses.get(look.title) or _blank(look),
        )
        for place, look in enumerate(desk.looks(questionnaire))
    ]
    return sorted(found, key=lambda one: one.guess.question == 0)


def _blank(look: Look) -> Mapped:
    return Mapped(look.title, look.rows[0][0] if look.rows else 1, 0)
