"""Typed forms in the staff door: which there are, what was handed in, and drafts that are open."""

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.access import can
from accounts.capabilities import Capability
from compliance.staff import foreseen
from compliance.staff.base import PER_PAGE, attempt, person
from compliance.staff.site import DO, site
from controls.models import Expectation
from evidence.models import Evidence
from registers.errors import UnknownFormError
from registers.form_models import FormDraft, HandedForm
from registers.forms import drafts, registry, rendering, shelf
from registers.forms.base import Answers
from registers.forms.registry import Kind

_DRAFTS = 20


def named(slug: str) -> Kind:
    """Return the form of an address, or raise 404."""
    try:
        return registry.get(slug)
    except UnknownFormError as error:
        raise Http404 from error


@site.page("forms/", name="forms", needs=Capability.VIEW)
def forms(request: HttpRequest) -> HttpResponseBase:
    """Show every form with what it is for, when it was last handed in, and one's own drafts."""
    known, last = registry.forms(), shelf.latest()
    served = {slug for kind in known.values() for slug in kind.declared.serves}
    expected = Expectation.objects.select_related("control").in_bulk(served, field_name="slug")
    context = {
        "title": "Forms",
        "shelves": [
            {
                "kind": kind,
                "last": last.get(kind.slug),
                "serves": [expected[slug] for slug in kind.declared.serves if slug in expected],
            }
            for kind in known.values()
        ],
        "drafts": _open_drafts(request),
        "may_submit": can(request.user, Capability.SUBMIT_EVIDENCE),
    }
    return site.render(request, "staff/forms.html", context)


@site.page("forms/<slug:slug>/", name="form_kind", needs=Capability.VIEW)
def form_kind(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Show one form with what it serves and everything that was handed in by it."""
    kind = named(slug)
    rows, after = shelf.of_kind(slug), request.GET.get("after", "")
    if after.isdecimal() and len(after) <= 18:
        rows = rows.filter(pk__lt=int(after))
    found = list(rows[: PER_PAGE + 1])
    context = {
        "title": kind.declared.title,
        "intro": kind.declared.purpose,
        "kind": kind,
        "serves": drafts.expectations_of(kind),
        "rows": found[:PER_PAGE],
        "next": found[PER_PAGE - 1].pk if len(found) > PER_PAGE else None,
        "is_first": not after,
        "drafts": [(draft, of) for draft, of in _open_drafts(request) if of == kind],
        "may_submit": can(request.user, Capability.SUBMIT_EVIDENCE),
    }
    return site.render(request, "staff/form_kind.html", context)


@site.page(
    "forms/<slug:slug>/start/", name="form_start", needs=Capability.SUBMIT_EVIDENCE, methods=DO
)
def start(request: HttpRequest, slug: str) -> HttpResponseBase:
    return redirect("admin:form_draft", drafts.begin(named(slug), by=person(request)).pk)


@site.page(
    "forms/drafts/<int:pk>/discard/",
    name="form_discard",
    needs=Capability.SUBMIT_EVIDENCE,
    methods=DO,
)
def discard(request: HttpRequest, pk: int) -> HttpResponseBase:
    by = person(request)
    draft = get_object_or_404(FormDraft, pk=pk, by=by)
    attempt(request, lambda: drafts.discard(draft, by=by), done="The draft is thrown away.")
    return redirect("admin:forms")


@site.page("forms/handed/<int:pk>/", name="form_handed", needs=Capability.VIEW)
def handed_page(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show what was handed in, in words, with the item that it became and its versions."""
    handed = get_object_or_404(HandedForm.objects.select_related("evidence", "by"), pk=pk)
    kind, item = named(handed.kind), handed.evidence
    versions = Evidence.objects.filter(uid=item.uid).order_by("-version")
    newest = versions[0]
    context = {
        "title": item.title,
        "kind": kind,
        "handed": handed,
        "item": item,
        "claims": item.claims.select_related("expectation__control"),
        "versions": versions.select_related("handed_form"),
        "newest": newest if newest.pk != item.pk else None,
        "may_submit": can(request.user, Capability.SUBMIT_EVIDENCE) and newest.pk == item.pk,
        **told(kind, shelf.answers_of(handed).answers),
    }
    return site.render(request, "staff/form_handed.html", context)


@site.page(
    "forms/handed/<int:pk>/correct/",
    name="form_correct",
    needs=Capability.SUBMIT_EVIDENCE,
    methods=DO,
)
def correct(request: HttpRequest, pk: int) -> HttpResponseBase:
    handed = get_object_or_404(HandedForm.objects.select_related("evidence"), pk=pk)
    named(handed.kind)
    by = person(request)
    draft = attempt(
        request,
        lambda: drafts.begin_correction(handed, by=by),
        done="Everything that it said is here. What you hand in now supersedes it.",
    )
    if draft is None:
        return redirect("admin:form_handed", pk)
    return redirect("admin:form_draft", draft.pk)


def told(kind: Kind, answers: Answers | None) -> dict[str, object]:
    """Return the answers in words, as pages show them."""
    if answers is None:
        return {"answers": [], "heads": [], "lines": []}
    lines = [rendering.shown(kind.line_questions, values) for _, values in answers.lines]
    return {
        "answers": rendering.shown(kind.questions, answers.values),
        "heads": [asked.label for asked in kind.line_questions.values()],
        "lines": lines,
        "covers": (answers.covers_from, answers.covers_to),
    }


def expected_times(kind: Kind, answers: Answers) -> dict[str, object]:
    """Return the expected times that a form will cover, as many as a page shows."""
    expectations = drafts.expectations_of(kind)
    seen = foreseen.of(answers, expectations)
    return {
        "serves": expectations,
        "seen": seen[: foreseen.MOST],
        "unseen": max(0, len(seen) - foreseen.MOST),
    }


def _open_drafts(request: HttpRequest) -> list[tuple[FormDraft, Kind]]:
    known = registry.forms()
    rows = drafts.open_drafts(person(request)).select_related("supersedes")[:_DRAFTS]
    return [(draft, known[draft.kind]) for draft in rows if draft.kind in known]
