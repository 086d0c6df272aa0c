"""Readiness in the staff door: the score, questions with answers and proof, common mistakes."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.access import can
from accounts.capabilities import Capability
from compliance.staff import readiness_links
from compliance.staff.base import REFUSALS, attempt, person
from compliance.staff.forms import StaffForm
from compliance.staff.site import DO, READ_AND_DO, site
from compliance.staff.surveying import with_survey
from controls.errors import ControlsError
from controls.readiness_file import Entry, Kind
from readiness import answers, programme, snapshot
from readiness.errors import ReadinessError
from readiness.models import Answer
from readiness.score import Verdict
from readiness.standing import Backing
from readiness.survey import Question, Survey

_HINDRANCES = 8
BACKING_MARKS = {
    Backing.PROVEN: "met",
    Backing.UNREVIEWED: "awaiting",
    Backing.PARTLY: "partial",
    Backing.CLAIM: "none",
    Backing.CONTRADICTED: "failing",
}
ANSWER_MARKS = {"yes": "passed", "no": "failed", "not_applicable": "exempt"}
VERDICTS = {
    Verdict.FOUND: ("failing", "Found"),
    Verdict.CLEAR: ("met", "Not found"),
    Verdict.NOT_JUDGED: ("unchecked", "Not judged"),
}
_STATEMENTS = {
    Verdict.FOUND: ("none", "Not shown"),
    Verdict.CLEAR: ("met", "Shown"),
    Verdict.NOT_JUDGED: ("unchecked", "Not judged"),
}
_ELSEWHERE = frozenset({Kind.QUESTION, Kind.MISTAKE, Kind.PHASE, Kind.STEP})


class AnswerForm(StaffForm):
    value = forms.ChoiceField(
        label="Answer", choices=Answer.Value.choices, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        widget=forms.Textarea,
        required=False,
        max_length=answers.LONGEST_REASON,
        help_text="Needed where it does not apply. Kept with the answer; leave names out.",
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


@site.page("readiness/", name="readiness", needs=Capability.VIEW)
@with_survey
def readiness(request: HttpRequest, survey: Survey) -> HttpResponseBase:
    """Show the score with what keeps it down, and every question by its group."""
    found = survey.score
    may_answer = can(request.user, Capability.MANAGE_READINESS)
    context = {
        "title": "Readiness",
        "score": found,
        "hindrances": found.hindrances[:_HINDRANCES],
        "groups": [
            (_titled(group), part, [_asked(one) for one in survey.questions if _is_of(one, group)])
            for group, part in survey.groups.items()
        ],
        "mistakes": [(one, *VERDICTS[one.judgement.verdict]) for one in survey.mistakes],
        "may_answer": may_answer,
        "next": next(_unanswered(), "") if may_answer else "",
    }
    return site.render(request, "staff/readiness.html", context)


@site.page("readiness/questions/<slug:question>/", name="readiness_question", needs=Capability.VIEW)
@with_survey
def question_page(request: HttpRequest, survey: Survey, question: str) -> HttpResponseBase:
    """Show one question: what stands behind it today, and every answer it ever had."""
    found = next((one for one in survey.questions if one.entry.id == question), None)
    if found is None:
        raise Http404
    today = survey.facts.today
    context = {
        "title": found.entry.text,
        "question": _asked(found),
        "standings": [
            {
                "standing": one,
                "mark": BACKING_MARKS[one.backing(today)],
                "words": one.backing(today).words,
                "lack": one.lack(today),
                "hand_in": readiness_links.hand_in(request, str(one.key)),
            }
            for one in found.standings
        ],
        "history": Answer.objects.filter(question=question).select_related("by"),
        "marks": ANSWER_MARKS,
        "may_answer": can(request.user, Capability.MANAGE_READINESS),
    }
    return site.render(request, "staff/readiness_question.html", context)


@site.page(
    "readiness/questions/<slug:question>/answer/",
    name="readiness_answer",
    needs=Capability.MANAGE_READINESS,
    methods=READ_AND_DO,
)
def answer(request: HttpRequest, question: str) -> HttpResponseBase:
    entry = entry_of(Kind.QUESTION, question)
    last = Answer.objects.filter(question=question).order_by("-number").first()
    initial: dict[str, Any] = {"seen": last.number if last else 0}
    if last:
        initial |= {"value": last.value, "reason": last.reason}
    form = AnswerForm(request.POST or None, initial=initial)
    if form.is_valid():
        by, given = person(request), form.cleaned_data
        try:
            answers.answer(question, by=by, **given)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return _onwards(request, question)
    open_ones = list(_unanswered())
    others = len(open_ones) - (question in open_ones)
    context = {
        "title": entry.text,
        "intro": (
            "A yes counts only while accepted evidence shows it. Every answer stays on record."
            + (f" Still to answer after this one: {others}." if others else "")
        ),
        "form": form,
        "button": "Answer",
        "also": ("next", "Answer and go on" if others else "Answer and see the gaps")
        if open_ones
        else None,
        "cancel": reverse("admin:readiness_question", args=[question]),
    }
    return site.render(request, "staff/form.html", context)


def _onwards(request: HttpRequest, question: str) -> HttpResponseBase:
    """Lead on from an answer: to the next open question where that was asked for."""
    if request.POST.get("then") != "next":
        return redirect("admin:readiness_question", question)
    if following := next(_unanswered(), None):
        return redirect("admin:readiness_answer", following)
    messages.success(request, "Every question is answered. This is what is missing.")
    return redirect("admin:gaps")


def _unanswered() -> Iterator[str]:
    """Yield the questions without an answer, in the order of the programme."""
    answered = set(Answer.objects.order_by().values_list("question", flat=True).distinct())
    for entry in programme.programme().entries(Kind.QUESTION):
        if entry.id not in answered:
            yield entry.id


@site.page(
    "readiness/snapshot/",
    name="readiness_snapshot",
    needs=Capability.MANAGE_READINESS,
    methods=DO,
)
def take_snapshot(request: HttpRequest) -> HttpResponseBase:
    by = person(request)
    evidence = attempt(
        request,
        lambda: snapshot.take(by=by),
        done="The answers are kept as they stand now, as a population with its IPE record.",
    )
    if evidence is None:
        return redirect("admin:readiness")
    return redirect("admin:evidence_evidence_change", evidence.pk)


@site.page("readiness/mistakes/<slug:mistake>/", name="readiness_mistake", needs=Capability.VIEW)
@with_survey
def mistake_page(request: HttpRequest, survey: Survey, mistake: str) -> HttpResponseBase:
    """Show one common mistake with the rows that give it away."""
    found = next((one for one in survey.mistakes if one.entry.id == mistake), None)
    if found is None:
        raise Http404
    context = {
        "title": found.entry.text,
        "mistake": found,
        "mark": VERDICTS[found.judgement.verdict],
        "rows": [(row, readiness_links.of_row(request, row)) for row in found.judgement.rows],
        "standings": survey.facts.standings_of(found.entry.expectations),
    }
    return site.render(request, "staff/readiness_mistake.html", context)


@site.page("readiness/programme/", name="readiness_programme", needs=Capability.VIEW)
@with_survey
def programme_page(request: HttpRequest, survey: Survey) -> HttpResponseBase:
    """Show what else the programme asks, such as rules and signals, and what shows each."""
    files = programme.programme().files
    context = {
        "title": "The rest of the programme",
        "lists": [
            (file.title, [_stated(survey, entry) for entry in file.entries])
            for kind, file in files.items()
            if kind not in _ELSEWHERE
        ],
    }
    return site.render(request, "staff/readiness_programme.html", context)


def entry_of(kind: Kind, name: str) -> Entry:
    """Return the entry of an address, or raise 404."""
    try:
        return programme.entry(kind, name)
    except (ReadinessError, ControlsError) as error:
        raise Http404 from error


def _titled(group: str) -> str:
    return group.replace("_", " ").capitalize()


def _is_of(one: Question, group: str) -> bool:
    return (one.entry.group or "") == group


def _asked(one: Question) -> dict[str, Any]:
    """Return a question in the words and marks of its line."""
    answered = one.answer
    claims = answered is not None and answered.value == Answer.Value.YES
    is_silent = one.backing is Backing.CLAIM and not claims
    return {
        "entry": one.entry,
        "answer": answered,
        "answer_mark": ANSWER_MARKS[answered.value] if answered else "none",
        "answer_words": answered.get_value_display() if answered else "Not answered",
        "mark": BACKING_MARKS[one.backing],
        "words": "Nothing yet" if is_silent else one.backing.words,
        "is_shown": one.asked.is_shown,
    }


def _stated(survey: Survey, entry: Entry) -> tuple[Entry, str, str, str]:
    """Return an entry with mark and words for what the data says of it."""
    judgement = survey.shown(entry)
    if judgement is None:
        return entry, "issued", "Built in", ""
    return entry, *_STATEMENTS[judgement.verdict], judgement.reason
