"""What management writes for the report, in the staff door: description and assertion."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts import journal
from accounts.access import can
from accounts.capabilities import Capability
from audits import assertion, description
from audits.completeness import Section, needed
from audits.models import Assertion, Engagement
from compliance.staff.base import REFUSALS, attempt, person, typed
from compliance.staff.forms import StaffForm
from compliance.staff.site import DO, READ_AND_DO, site

_PAGE = "audits/engagement/<int:pk>/"


class SectionForm(StaffForm):
    text = forms.CharField(
        required=False, max_length=description.LONGEST_TEXT, widget=forms.Textarea
    )
    based_on = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].widget.attrs["rows"] = 14


class AssertionForm(StaffForm):
    text = forms.CharField(widget=forms.Textarea)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].widget.attrs["rows"] = 14


def status_of(engagement: Engagement) -> dict[str, Any]:
    """How far the description is, in numbers, for the page of the engagement."""
    lacks = description.lacks(engagement)
    return {"lacking": sum(len(found) for found in lacks.values())}


@site.page(f"{_PAGE}description/", name="engagement_description", needs=Capability.VIEW)
def overview(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every section with its text, its writer, and what it lacks."""
    engagement = get_object_or_404(Engagement.objects.select_related("framework"), pk=pk)
    texts, known = description.current(engagement), description.described(engagement)
    lacks, asked = description.lacks(engagement), needed(known)
    sections = [
        {
            "section": one,
            "row": texts.get(one),
            "lacks": lacks.get(one, []),
            "is_needed": one in asked,
        }
        for one in Section
    ]
    context = {
        "title": "Description of the system",
        "engagement": engagement,
        "sections": sections,
        "about_scope": lacks.get(None, []),
        "may_manage": can(request.user, Capability.MANAGE_ENGAGEMENTS)
        and engagement.closed_at is None,
    }
    return site.render(request, "staff/engagement_description.html", context)


@site.page(
    f"{_PAGE}description/<str:section>/",
    name="engagement_section",
    needs=Capability.MANAGE_ENGAGEMENTS,
    methods=READ_AND_DO,
)
def write(request: HttpRequest, pk: int, section: str) -> HttpResponseBase:
    engagement = get_object_or_404(Engagement, pk=pk)
    if section not in set(Section):
        raise Http404
    named = Section(section)
    row = description.current(engagement).get(named)
    page = reverse("admin:engagement_description", args=[pk])
    given = {"text": row.text if row else "", "based_on": row.number if row else 0}
    form = SectionForm(request.POST or None, initial=given)
    if form.is_valid():
        by = person(request)
        try:
            description.write_section(engagement, section=section, by=by, **form.cleaned_data)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect(page)
    context = {
        "title": f"{named} {named.heading}",
        "intro": named.hint,
        "form": form,
        "button": "Save",
        "cancel": page,
    }
    return site.render(request, "staff/form.html", context)


@site.page(
    f"{_PAGE}assertion/",
    name="engagement_assertion",
    needs=Capability.VIEW,
)
def show_assertion(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The latest version to read and sign, and the one that was signed."""
    engagement = get_object_or_404(Engagement.objects.select_related("framework"), pk=pk)
    standing = assertion.standing(engagement)
    latest = standing.latest
    is_open = engagement.closed_at is None
    context = {
        "title": "Management's assertion",
        "engagement": engagement,
        "latest": latest,
        "signed": standing.signed,
        "is_latest_signed": bool(
            latest and standing.signed and standing.signed.assertion_id == latest.pk
        ),
        "digest": journal.digest(latest.text) if latest else "",
        "may_write": can(request.user, Capability.MANAGE_ENGAGEMENTS) and is_open,
        "may_sign": can(request.user, Capability.SIGN_ASSERTION) and is_open,
    }
    return site.render(request, "staff/engagement_assertion.html", context)


@site.page(
    f"{_PAGE}assertion/write/",
    name="assertion_write",
    needs=Capability.MANAGE_ENGAGEMENTS,
    methods=READ_AND_DO,
)
def write_assertion(request: HttpRequest, pk: int) -> HttpResponseBase:
    engagement = get_object_or_404(Engagement.objects.select_related("framework"), pk=pk)
    latest = assertion.standing(engagement).latest
    page = reverse("admin:engagement_assertion", args=[pk])
    words = latest.text if latest else assertion.draft(engagement)
    form = AssertionForm(request.POST or None, initial={"text": words})
    if form.is_valid():
        by = person(request)
        try:
            assertion.write_assertion(engagement, text=form.cleaned_data["text"], by=by)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect(page)
    context = {
        "title": "Write the assertion",
        "intro": "Drafted from the record. Saving makes a new version; what was signed stays.",
        "form": form,
        "button": "Save this version",
        "cancel": page,
    }
    return site.render(request, "staff/form.html", context)


@site.page(
    "audits/assertion/<int:pk>/sign/",
    name="assertion_sign",
    needs=Capability.SIGN_ASSERTION,
    methods=DO,
    fresh=True,
)
def sign(request: HttpRequest, pk: int) -> HttpResponseBase:
    version = get_object_or_404(Assertion.objects.select_related("engagement"), pk=pk)
    by = person(request)
    digest, position = typed(request, "text_sha256"), typed(request, "position")
    attempt(
        request,
        lambda: assertion.sign_assertion(version, text_sha256=digest, position=position, by=by),
        done="The assertion is signed.",
    )
    return redirect("admin:engagement_assertion", version.engagement_id)
