"""One questionnaire of a buyer in the staff door: proposals to confirm, own words, the copy."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.access import can
from accounts.capabilities import Capability
from compliance.staff import words
from compliance.staff.base import PER_PAGE, REFUSALS, attempt, person
from compliance.staff.forms import StaffForm
from compliance.staff.site import DO, READ, READ_AND_DO, site
from jobs.models import Job
from readiness.buyers import desk, outcome, replying
from readiness.buyers.layout import SHORT
from readiness.buyers.library import Library
from readiness.buyers.replying import Seen
from readiness.errors import QuestionnaireError
from readiness.models import BuyerQuestion, BuyerQuestionnaire, BuyerReply
from registers.models import Entry
from reports.filled import issue

REFRESH_SECONDS = 2
_STATES = BuyerQuestion.State
_FILTERS = (
    (_STATES.PROPOSED, "Proposed", "waiting"),
    (_STATES.OPEN, "No proposal", "missed"),
    (_STATES.ANSWERED, "Answered", "active"),
    (_STATES.LEFT, "Left unanswered", "inactive"),
)
_MARKS = {state.value: (mark, label) for state, label, mark in _FILTERS}


class ReplyForm(StaffForm):
    widths = {"short": "half"}

    short = forms.ChoiceField(
        label="In short",
        required=False,
        choices=[("", "Words only"), *((one, one.capitalize()) for one in SHORT)],
    )
    text = forms.CharField(
        label="In words",
        required=False,
        widget=forms.Textarea,
        max_length=replying.LONGEST,
        help_text="Leave it empty to leave the question unanswered.",
    )
    says_the_same = forms.BooleanField(
        label="It says what the answer of the library says, so that its evidence counts",
        required=False,
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, entry: Entry | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if entry is None:
            del self.fields["says_the_same"]


@site.page("questionnaires/<int:pk>/", name="questionnaire", needs=Capability.VIEW, methods=READ)
def one(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show how far a questionnaire is, and a page of its questions with their proposals."""
    questionnaire = _found(pk)
    states = BuyerQuestionnaire.State
    context: dict[str, Any] = {
        "title": f"Questionnaire of {questionnaire.buyer}",
        "questionnaire": questionnaire,
        "states": states,
        "may_answer": can(request.user, Capability.WRITE_REPORTS),
        "may_teach": can(request.user, Capability.MANAGE_REGISTERS),
    }
    if questionnaire.state == states.PROPOSING:
        context |= _progress(questionnaire)
    if questionnaire.state == states.OPEN:
        context |= _open(request, questionnaire)
    return site.render(request, "staff/questionnaire.html", context)


@site.page(
    "questionnaires/<int:pk>/confirm/",
    name="questionnaire_confirm",
    needs=Capability.WRITE_REPORTS,
    methods=DO,
)
def confirm(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Answer the ticked questions as proposed."""
    questionnaire, by = _found(pk), person(request)
    teach = bool(request.POST.get("teach")) and can(by, Capability.MANAGE_REGISTERS)

    def deed() -> int:
        chosen = _chosen(request.POST.getlist("question"))
        return replying.confirm(questionnaire, chosen=chosen, by=by, teach=teach)

    attempt(request, deed, done="Confirmed. The questions are answered as they were proposed.")
    return redirect(f"{reverse('admin:questionnaire', args=[pk])}?show=proposed")


@site.page(
    "questionnaires/<int:pk>/propose/",
    name="questionnaire_propose",
    needs=Capability.WRITE_REPORTS,
    methods=DO,
)
def propose_again(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Look once more for what nobody has answered: the library may have learnt."""
    questionnaire = _found(pk)
    attempt(
        request,
        lambda: desk.propose_again(questionnaire, by=person(request)),
        done="The library was asked again.",
    )
    return redirect("admin:questionnaire", pk)


@site.page(
    "questionnaires/<int:pk>/fill/",
    name="questionnaire_fill",
    needs=Capability.WRITE_REPORTS,
    methods=DO,
)
def fill(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Have a copy of the workbook filled in the background."""
    questionnaire = _found(pk)
    try:
        issue.ask(questionnaire, by=person(request))
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The workbook is being filled. It appears here as evidence.")
    return redirect("admin:questionnaire", pk)


@site.page(
    "questionnaires/<int:pk>/questions/<int:place>/",
    name="questionnaire_reply",
    needs=Capability.WRITE_REPORTS,
    methods=READ_AND_DO,
)
def reply(request: HttpRequest, pk: int, place: int) -> HttpResponseBase:
    """Answer one question in own words, beginning from what stands or is proposed."""
    question = get_object_or_404(
        BuyerQuestion.objects.select_related("questionnaire", "proposed"),
        questionnaire=pk,
        place=place,
    )
    last = question.replies.order_by("-number").first()
    entry = last.entry if last else question.proposed
    initial = {"seen": last.number if last else 0, "says_the_same": True, **_begun(last, entry)}
    form = ReplyForm(request.POST or None, initial=initial, entry=entry)
    if form.is_valid():
        said = form.cleaned_data
        kept = entry if said.pop("says_the_same", False) else None
        try:
            replying.reply(question, by=person(request), entry=kept, **said)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:questionnaire", pk)
    context = {
        "title": f"Answer {question.number or question}",
        "intro": question.text,
        "form": form,
        "button": "Keep this answer",
        "cancel": reverse("admin:questionnaire", args=[pk]),
    }
    return site.render(request, "staff/form.html", context)


def _begun(last: BuyerReply | None, entry: Entry | None) -> dict[str, Any]:
    """Return the words from which an answer begins: those that stand, else those proposed."""
    if last:
        return {"short": last.short, "text": last.text}
    said = entry.values if entry else {}
    return {"short": said.get("short") or "", "text": said.get("answer") or ""}


def _found(pk: int) -> BuyerQuestionnaire:
    known = BuyerQuestionnaire.objects.select_related("original", "engagement", "by")
    return get_object_or_404(known, pk=pk)


def _chosen(sent: list[str]) -> dict[int, Seen]:
    """Return what was ticked: question, answer and version, parted by colons."""
    chosen = {}
    for each in sent:
        parts = each.split(":")
        if len(parts) != 3 or not all(one.isdecimal() and len(one) < 18 for one in parts):
            raise QuestionnaireError
        question, entry, version = map(int, parts)
        chosen[question] = Seen(entry, version)
    return chosen


def _progress(questionnaire: BuyerQuestionnaire) -> dict[str, Any]:
    job = Job.objects.filter(key=desk.job_key(questionnaire)).first()
    total = job.progress_total if job else 0
    percent = min(100, 100 * job.progress_done // total) if job and total else None
    failed = job is not None and job.state == Job.State.FAILED
    return {"job": job, "percent": percent, "has_failed": failed, "refresh": REFRESH_SECONDS}


def _open(request: HttpRequest, questionnaire: BuyerQuestionnaire) -> dict[str, Any]:
    """Return the counts by state, one page of questions, and the copies that are kept."""
    wanted = request.GET.get("show", "")
    counted = questionnaire.questions.values_list("state").annotate(count=Count("pk")).order_by()
    counts = dict(counted)
    after = request.GET.get("after", "")
    found = questionnaire.questions.order_by("place").select_related("proposed")
    if wanted in _MARKS:
        found = found.filter(state=wanted)
    if after.isdecimal() and len(after) <= 9:
        found = found.filter(place__gt=int(after))
    page = list(found[: PER_PAGE + 1])
    shown = page[:PER_PAGE]
    return {
        "total": sum(counts.values()),
        "wanted": wanted,
        "filters": [
            (state.value, label, mark, counts.get(state.value, 0), state.value == wanted)
            for state, label, mark in _FILTERS
            if counts.get(state.value)
        ],
        "questions": _rows(questionnaire, shown),
        "more": shown[-1].place if len(page) > PER_PAGE else 0,
        "is_first": not after,
        "can_confirm": any(each.state == _STATES.PROPOSED for each in shown),
        "filled": issue.earlier(questionnaire),
        "jobs": issue.jobs(questionnaire),
    }


def _rows(
    questionnaire: BuyerQuestionnaire, questions: list[BuyerQuestion]
) -> list[dict[str, Any]]:
    """Return what a page says of its questions: the proposal with its backing, or the answer."""
    library = Library(questionnaire.engagement)
    lines = outcome.lines(questionnaire, questions, library=library)
    rows = []
    for question, line in zip(questions, lines, strict=True):
        answer = library.answers.get(question.proposed_id) if question.proposed_id else None
        is_proposed = question.state == _STATES.PROPOSED and answer is not None
        backed = library.backed(answer) if answer and is_proposed else line.backed
        mark, word = _MARKS[question.state]
        rows.append(
            {
                "question": question,
                "line": line,
                "answer": answer if is_proposed else None,
                "backed": backed,
                "is_overdue": answer is not None and answer.is_overdue(words.today()),
                "mark": mark,
                "word": word,
            }
        )
    return rows
