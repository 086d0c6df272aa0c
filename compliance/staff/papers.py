"""Reports in the staff door: the kinds, what each asks for, and those that were written before."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.access import can
from accounts.capabilities import Capability
from audits import days
from audits.models import Engagement
from compliance.staff import words
from compliance.staff.base import REFUSALS, person
from compliance.staff.forms import DayField, StaffForm
from compliance.staff.site import DO, READ, site
from jobs.models import Job
from merchants.models import ComplianceForm
from reports.errors import UnknownReportError
from reports.written import making, registry
from reports.written.registry import Asked, Kind, Need

_MOST_ENGAGEMENTS = 200
_MOST_JOBS = 5
_ON_THE_WAY = (Job.State.RUNNING, Job.State.WAITING, Job.State.FAILED)


@dataclass(frozen=True)
class Line:
    """A paper on the shelf: what it is, what it asks for, and where it is asked for."""

    title: str
    sentence: str
    asks: str
    address: str
    deed: str


class ReportForm(StaffForm):
    """What one kind of report must be told."""

    widths = {"start": "half", "end": "half"}

    engagement = forms.ModelChoiceField(queryset=Engagement.objects.none(), empty_label=None)
    start = DayField(label="From")
    end = DayField(label="To")
    subject = forms.CharField(max_length=120)
    as_of = DayField(
        label="As of the end of",
        required=False,
        help_text="Left empty, it is as of now. An earlier day shows what was known by its end.",
    )
    whole = forms.BooleanField(
        required=False,
        label="All rows in the PDF",
        help_text=(
            "Else the PDF shows the first 400 rows of a table. The Excel file always has all."
            " A minute makes some hundred pages."
        ),
    )

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted: dict[str, Need] = {
            "engagement": Need.ENGAGEMENT,
            "start": Need.PERIOD,
            "end": Need.PERIOD,
            "subject": Need.SUBJECT,
        }
        for name, need in wanted.items():
            if need not in kind.needs:
                del self.fields[name]
        if not kind.goes_back:
            del self.fields["as_of"]
        if "engagement" in self.fields:
            newest = Engagement.objects.order_by("-pk")[:_MOST_ENGAGEMENTS]
            chosen = self.fields["engagement"]
            # The field looks a choice up again, which no cut list allows.
            chosen.queryset = Engagement.objects.order_by("-pk")  # type: ignore[attr-defined]
            named = [(each.pk, f"{each.ref} {each.title}") for each in newest]
            chosen.choices = named  # type: ignore[attr-defined]
        if "subject" in self.fields:
            self.fields["subject"].label = kind.subject

    def asked(self) -> Asked:
        """Return what was asked for, as of now or of the end of a day."""
        said, now = self.cleaned_data, making.now()
        day = said.get("as_of")
        return Asked(
            at=days.end_of(day) if day else now,
            engagement=said.get("engagement"),
            start=said.get("start"),
            end=said.get("end"),
            subject=said.get("subject", ""),
            made_at=now if day else None,
            whole=said["whole"],
        )


@site.page("reports/", name="papers", needs=Capability.VIEW, methods=READ)
def shelf(request: HttpRequest) -> HttpResponseBase:
    """List the kinds with a sentence each, and the newest reports."""
    context = {
        "title": "Reports",
        "lines": _lines(may_write=can(request.user, Capability.WRITE_REPORTS)),
        "earlier": making.earlier(),
        "jobs": _jobs(),
    }
    return site.render(request, "staff/papers.html", context)


@site.page("reports/<slug:slug>/", name="paper", needs=Capability.VIEW, methods=READ)
def one_kind(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Show what a kind asks for, and its reports that were written before."""
    kind = _kind(slug)
    return _page(request, slug, ReportForm(initial=_initial(request), kind=kind))


@site.page(
    "reports/<slug:slug>/write/", name="paper_write", needs=Capability.WRITE_REPORTS, methods=DO
)
def write(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Have a report of a kind written in the background, and lead to its progress."""
    form = ReportForm(request.POST, kind=_kind(slug))
    if form.is_valid():
        try:
            job = making.ask(slug, form.asked(), by=person(request))
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, "The report is being written. Both files appear here.")
            return redirect("admin:job", job.pk)
    return _page(request, slug, form)


def _lines(*, may_write: bool) -> list[Line]:
    """Return every kind, and the papers of merchants, which lie with their forms."""
    deed = "Write" if may_write else "Open"
    lines = [
        Line(kind.title, kind.sentence, _asks(kind), reverse("admin:paper", args=[slug]), deed)
        for slug, kind in registry.kinds().items()
    ]
    signed = f"{reverse('admin:merchants')}?state={ComplianceForm.State.COMPLETE}"
    lines.append(
        Line(
            "SAQ and attestation of compliance (AoC)",
            "The self-assessment of a merchant with its attestation as one signed PDF, on the page "
            "of its form.",
            "a complete form",
            signed,
            "Choose",
        )
    )
    return sorted(lines, key=lambda each: each.title)


def _asks(kind: Kind) -> str:
    return ", ".join(
        kind.subject if need is Need.SUBJECT else str(need.value) for need in kind.needs
    )


def _kind(slug: str) -> Kind:
    try:
        return registry.get(slug)
    except UnknownReportError:
        raise Http404 from None


def _page(request: HttpRequest, slug: str, form: ReportForm) -> HttpResponseBase:
    kind = _kind(slug)
    context = {
        "title": kind.title,
        "kind": kind,
        "slug": slug,
        "form": form,
        "lacks_engagement": Need.ENGAGEMENT in kind.needs and not Engagement.objects.exists(),
        "earlier": making.earlier(slug),
        "jobs": _jobs(),
        "may_write": can(request.user, Capability.WRITE_REPORTS),
    }
    return site.render(request, "staff/paper.html", context)


def _jobs() -> list[Job]:
    """Reports that are being written, or that could not be."""
    asked = Job.objects.filter(kind=making.JOB).order_by("-pk")[:_MOST_JOBS]
    return [job for job in asked if job.state in _ON_THE_WAY]


def _initial(request: HttpRequest) -> dict[str, Any]:
    """Propose the chosen engagement, the quarter so far, and the subject that a link named."""
    wanted = request.GET.get("engagement", "")
    today: date = words.today()
    return {
        "engagement": int(wanted) if wanted.isdecimal() and len(wanted) < 18 else None,
        "start": today.replace(month=3 * ((today.month - 1) // 3) + 1, day=1),
        "end": today,
        "subject": request.GET.get("subject", "").replace("\0", "")[:120],
    }
